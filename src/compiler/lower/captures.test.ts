import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText } from '../../../tests/support/check-script.ts';
import { fakeKernel } from '../../../tests/support/fake-kernel.ts';
import { type LocalIndex, type TypedBody, walkStatements } from '../typed/index.ts';
import { findCaptures } from './captures.ts';
import { readBeforeAssigned } from './definite-assignment.ts';
import type { Loop } from './loop-form.ts';

function bodyOf(script: string): TypedBody {
  const { program, text } = checkText(script, { target: fakeKernel() });
  const body = program?.probes[0];
  if (!body) throw new Error(text);
  return body;
}

function namesOf(body: TypedBody, locals: Iterable<LocalIndex>): readonly string[] {
  return [...locals].map((local) => body.locals[local]!.name).sort();
}

function mapLoopsOf(body: TypedBody): readonly Loop[] {
  const loops: Loop[] = [];
  walkStatements(body.statements, {
    enter: (statement) => {
      if (statement.kind === 'for-map') loops.push(statement);
    },
  });
  return loops;
}

const forms = {
  isFunction: (loop: Loop): boolean => loop.kind === 'for-map' || loop.kind === 'repeat',
  isOutlined: (loop: Loop): boolean => loop.kind === 'repeat',
};

test('a callback captures what belongs to a function around it, and keeps what only it uses', () => {
  const body = bodyOf(
    'begin { $n = 0; $k = 1; @a[1] = 2; for $x : @a { $own = $x.1; for $y : @a { $n += $own + $y.1; } } print($n); print($k); }',
  );
  const captures = findCaptures(body, forms);
  const [outer, inner] = mapLoopsOf(body);
  assert.deepEqual(namesOf(body, captures.capturedBy(outer!)), ['$n']);
  assert.deepEqual(namesOf(body, captures.capturedBy(inner!)), ['$n', '$own']);
  assert.deepEqual(namesOf(body, captures.inMemory), ['$n', '$own']);
  const owners = body.locals.map(({ name }, local) => [name, captures.ownerOf(local)] as const);
  assert.deepEqual(
    new Map(owners),
    new Map([
      ['$n', undefined],
      ['$k', undefined],
      ['$x', outer],
      ['$own', outer],
      ['$y', inner],
    ]),
  );
});

test('a loop that is no callback captures nothing', () => {
  const body = bodyOf('begin { $n = 0; for $i : 0..9 { $n += $i; } print($n); }');
  assert.deepEqual(namesOf(body, findCaptures(body, forms).inMemory), []);
});

test('a variable whose address is taken lives in memory', () => {
  const body = bodyOf('begin { $n = 5; $p = &$n; print(*$p); }');
  assert.deepEqual(namesOf(body, findCaptures(body, forms).inMemory), ['$n']);
});

test('a return inside a callback leaves the probe, also through the loop around it', () => {
  const body = bodyOf(
    'begin { @a[1] = 2; for $x : @a { for $y : @a { return; } } for $z : @a { print($z); } }',
  );
  const captures = findCaptures(body, forms);
  assert.deepEqual(
    mapLoopsOf(body).map((loop) => captures.leavesFrom(loop)),
    [true, true, false],
  );
});

const assignments: readonly (readonly [script: string, unassigned: readonly string[]])[] = [
  ['begin { $a = comm; print($a); }', []],
  ['begin { if (pid > 5) { $a = comm; print($a); } }', []],
  ['begin { let $a : string[16]; if (pid > 5) { $a = comm; } else { $a = "x"; } print($a); }', []],
  ['begin { let $t : struct task_struct; if (pid > 5) { $t = *curtask; } print($t.pid); }', ['$t']],
  ['begin { let $t : struct task_struct; while (pid > 5) { $t = *curtask; } print($t.pid); }', ['$t']],
];
for (const [script, unassigned] of assignments) {
  test(`read before assigned: ${script}`, () => {
    const body = bodyOf(script);
    assert.deepEqual(namesOf(body, readBeforeAssigned(body.statements, [])), unassigned);
  });
}

test('what an outlined loop shares lies in cells, what only its rounds use does not', () => {
  const body = bodyOf('begin { $n = 0; $m = 1; unroll(9) { $own = 2; $n += $own; } print($n); print($m); }');
  const captures = findCaptures(body, forms);
  assert.deepEqual(namesOf(body, captures.inCells), ['$n']);
  assert.deepEqual(namesOf(body, captures.inMemory), ['$n']);
});
