/**
 * Ten errors that have nothing to do with each other give ten diagnostics, and no eleventh that only follows from one of them.
 *
 * Each row is a piece of a script with one error; `N` in it becomes a number of its own, so that no two pieces share a name.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compile } from '../../src/compiler/index.ts';
import { createSource, renderDiagnostics } from '../../src/compiler/language/index.ts';
import { fakeKernel } from '../support/fake-kernel.ts';

const COUNT = 10;

interface Stage {
  /** Pieces with one error each. */
  readonly wrong: readonly string[];
  /** Pieces without an error, to stand between them. */
  readonly right: readonly string[];
  readonly script: (pieces: readonly string[]) => string;
}

const inProbe = (pieces: readonly string[]): string => `begin {\n  ${pieces.join('\n  ')}\n}\n`;
const atTop = (pieces: readonly string[]): string => `${pieces.join('\n')}\nbegin { }\n`;
const alone = (pieces: readonly string[]): string => `${pieces.join('\n')}\n`;

const stages: Readonly<Record<string, Stage>> = {
  'syntax of statements': {
    wrong: [
      '$aN = ;',
      'print(1 +);',
      '$bN = (1;',
      '1.2.3.4 = 5;',
      'let 5;',
      '$cN += ;',
      'print(];',
      '"text" = 1;',
      '$dN = 09;',
      '$eN = "\\q";',
    ],
    right: ['$okN = 1;', 'print("fine");', 'if (1) { $inN = 2; }'],
    script: inProbe,
  },
  'syntax of probes': {
    wrong: [
      'interval:s:N { print( }',
      'tracepoint:sched:sched_switch /pid == / { }',
      'macro mN( { 1 }',
      'fn fN($a) : int64 { return 1; }',
      'let @mN = hash();',
      'interval:ms:N { $x = }',
    ],
    right: ['interval:us:1N { $x = 1; }', 'macro okN(a) { a }', 'let @okN = hash(5);'],
    script: alone,
  },
  config: {
    wrong: [
      'no_such_keyN = 1;',
      'max_strlen = abcN;',
      'stack_mode = sidewaysN;',
      'missing_probes = perhapsN;',
      'print_maps_on_exit = neverN;',
    ],
    right: ['max_probes = 1N;', 'license = "GPL";'],
    script: (pieces) => `config = {\n  ${pieces.join('\n  ')}\n}\nbegin { }\n`,
  },
  imports: {
    wrong: ['import "nopeN.bt";', 'import "no/folderN";', 'import "N.h";', 'import "stdlib/N";'],
    right: ['import "stdlib";', 'import "stdlib/test";'],
    script: (pieces) => `${pieces.join('\n')}\nbegin { }\n`,
  },
  'C definitions': {
    wrong: ['#include "nowhereN.h"', '#error stop N', '#unknown N', '#define 5N x', '#undef', '#include N'],
    right: ['#define OK_N N', '#undef OK_N'],
    script: atTop,
  },
  'attach points': {
    wrong: [
      'tracepoint:sched:none_N { }',
      'tracepoint:none:noneN { }',
      'nothingN:x { }',
      'interval:parsec:N { }',
      'uprobe:/bin/app:noneN { }',
      'software:noneN:1 { }',
    ],
    right: ['interval:s:N { }', 'kprobe:vfs_read { }'],
    script: alone,
  },
  'names, types and calls': {
    wrong: [
      'print($nowhereN);',
      'noSuchN();',
      'print(noneN);',
      'strncmp("a");',
      '$aN = 1; $aN = "text";',
      '@mN = 1; @mN = "text";',
      '@kN[1] = 1; @kN["x"] = 1;',
      'print("a" * N);',
      'print(curtask->none_N);',
      'print(sizeof(struct noneN));',
      'print((struct noneN)5);',
      'printf("%d", "text N");',
      'break;',
      'let $lN : noneN_t;',
      'print((1, 2).7N);',
      'print(*"textN");',
      '@sN = count(); @sN = sum(1);',
      'print($nowhereN + 1, 2);',
      '@oN = hist(1, 99);',
    ],
    right: ['$okN = (1, "x"); print($okN.1);', '@goodN[comm] = count();', 'print(pid + N);'],
    script: inProbe,
  },
  'what the target cannot run': {
    wrong: [
      'print(strstr(str(uptr((int8 *)N)), str(uptr((int8 *)N))));',
      '$fN = strcontains(str(uptr((int8 *)N)), str(kptr((int8 *)N))); print($fN);',
      'if (strcontains(str(uptr((int8 *)N)), str(uptr((int8 *)N)))) { print(N); }',
      'for $iN : 0..3 { print(strstr(str(uptr((int8 *)N)), str(uptr((int8 *)N)))); }',
      '@tN["k"] = tseries(1, 1s, 100000); _ = delete(@tN, "k");',
    ],
    right: ['print(strstr("aN", "N"));', '@goodN[comm] = count();'],
    script: inProbe,
  },
  macros: {
    wrong: ['print(one(1, 2, N));', 'print(one());', 'print(needs(5, N));', '$vN = needs("x", N);'],
    right: ['print(one(N));', '$okN = 1; needs($okN, 1);'],
    script: (pieces) => `macro one(x) { x }\nmacro needs($v, x) { $v = x; 1 }\n${inProbe(pieces)}`,
  },
};

function errorsOf(script: string): readonly string[] {
  const { diagnostics } = compile({
    source: createSource('stdin', script),
    target: fakeKernel(),
    positional: [],
    environment: {},
    options: { isUnsafe: true, mode: 'run', runtimeWarnings: 'default', includeFiles: [] },
  });
  return diagnostics
    .filter(({ severity }) => severity === 'error')
    .map((diagnostic) => renderDiagnostics([diagnostic]));
}

function numbered(piece: string, number: number): string {
  // A capital N inside a name of the language stands for no number.
  return piece.replaceAll(/N(?![a-z])/g, String(number));
}

describe('ten independent errors of one stage give ten diagnostics', () => {
  for (const [name, stage] of Object.entries(stages)) {
    const { wrong, right, script } = stage;
    test(`${name}: each piece is wrong by itself, once`, () => {
      for (const piece of wrong) {
        const text = script([numbered(piece, 1)]);
        assert.equal(errorsOf(text).length, 1, `${text}${errorsOf(text).join('')}`);
      }
      for (const piece of right) {
        const text = script([numbered(piece, 1)]);
        assert.deepEqual(errorsOf(text), [], text);
      }
    });

    test(name, () => {
      const pieces = fc.tuple(
        fc.array(fc.constantFrom(...wrong), { minLength: COUNT, maxLength: COUNT }),
        fc.array(fc.tuple(fc.nat({ max: COUNT }), fc.constantFrom(...right)), { maxLength: 6 }),
      );
      fc.assert(
        fc.property(pieces, ([errors, between]) => {
          const all = [...errors];
          for (const [at, piece] of between) all.splice(at, 0, piece);
          const text = script(all.map((piece, index) => numbered(piece, index + 1)));
          const found = errorsOf(text);
          assert.equal(found.length, COUNT, `${text}\n${found.join('')}`);
        }),
        { seed: 10, numRuns: 40 },
      );
    });
  }
});
