import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { describe, it } from 'node:test';
import { encodeInsns } from '../../src/bpf/index.ts';
import { compile } from '../../src/compiler/index.ts';
import { createSource } from '../../src/compiler/language/index.ts';
import { type BpfMap, createMap, loadProg, ProgLoadError, possibleCpuCount } from '../../src/kernel/index.ts';
import type { Program } from '../../src/program/index.ts';
import { LiveMachine } from '../../src/runtime/index.ts';
import { relocate } from '../../src/runtime/relocate.ts';
import { type KernelProfile, kernelProfiles, verifyProg } from '../../src/verifier/index.ts';
import { badProgs, lineOf, programOf } from '../support/bad-progs.ts';
import { ownScripts, scriptPath } from '../support/own-scripts.ts';
import { requireRoot } from '../support/requirements.ts';
import { withDescriptors } from '../support/vm-pair.ts';
import { mapRelocs } from '../support/vm-program.ts';
import { randomProg, randomProgMap } from '../support/vm-random.ts';

const RANDOM_PROGS = Number(process.env['TETRACE_PROPERTY_RUNS'] ?? 300);

/** How the verifier's log names an instruction. */
const placePatterns = [
  /unreachable insn (\d+)/,
  /jump out of range from insn (\d+)/,
  /infinite loop detected at insn (\d+)/,
  /jump into the middle of ldimm64 insn (\d+)/,
];

/** The instruction that a log is about: where it says so, else the last one it followed. */
function placeIn(log: string): number | undefined {
  for (const pattern of placePatterns) {
    const match = pattern.exec(log);
    if (match?.[1] !== undefined) return Number(match[1]);
  }
  let last: number | undefined;
  for (const match of log.matchAll(/^(\d+): (?:\([0-9a-f]{2}\)|R\d)/gm)) last = Number(match[1]);
  return last;
}

/** The profile of the running kernel: its own, else that of the next one that has one. */
const running: KernelProfile = (() => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const isOlder = ({ name }: KernelProfile): boolean => {
    const [itsMajor = 0, itsMinor = 0] = name.split('.').map(Number);
    return itsMajor < major || (itsMajor === major && itsMinor < minor);
  };
  const profiles: readonly KernelProfile[] = Object.values(kernelProfiles);
  return profiles.find((profile) => !isOlder(profile)) ?? kernelProfiles['7.2'];
})();

/** What a script of our own is compiled to here; undefined when this kernel lacks what it needs. */
function compiled(machine: LiveMachine, file: string): Program | undefined {
  const source = createSource(file, readFileSync(file, 'latin1'));
  const options = { isUnsafe: true, mode: 'run', runtimeWarnings: 'default', includeFiles: [] } as const;
  const { target } = machine;
  return compile({ source, target, positional: ['1', '2'], environment: {}, options }).program;
}

describe('the light verifier', () => {
  it('refuses no script of our own that this kernel accepts', (t) => {
    if (!requireRoot(t)) return;
    const places = { environment: {}, includeDirs: [], debugInfoDirs: [], unsafe: true };
    const machine = new LiveMachine({ ...places, disabledFeatures: new Set() });
    let accepted = 0;
    for (const file of [...ownScripts.map((script) => scriptPath(script.file)), 'examples/tetris.bt']) {
      const program = compiled(machine, file);
      if (program === undefined) continue;
      const loading = machine.backend(false).load(program, { constants: [] });
      if (!loading.ok) continue;
      loading.loaded[Symbol.dispose]();
      accepted++;
      for (const index of program.progs.keys()) {
        const verdict = verifyProg(program, index, running);
        assert.equal(verdict.kind, 'not-refused', `${file}: ${JSON.stringify(verdict)}`);
      }
    }
    assert.ok(accepted > 5, `${accepted} scripts were accepted`);
    t.diagnostic(`${accepted} scripts`);
  });

  it('says of bad programs what this kernel says', (t) => {
    if (!requireRoot(t)) return;
    const wrong: string[] = [];
    let compared = 0;
    for (const bad of badProgs) {
      const program = programOf(bad);
      const prog = program.progs[0];
      const maps: BpfMap[] = program.bpfMaps.map((spec) => createMap(spec, possibleCpuCount()));
      const insns = relocate(prog.insns, prog.relocs, {
        mapFd: (index) => maps[index]!.fd.raw,
        kfunc: () => ({ id: 0, fdIndex: 0 }),
        ksym: () => ({ id: 0, fd: 0 }),
      });
      try {
        // One way of a million instructions fills any log: it is followed once, not once more for each larger log.
        const logging = bad.isLong ? ({ logLevel: 1, logSize: 1 << 20 } as const) : {};
        using _loaded = loadProg({ type: prog.type, insns, license: bad.license }, logging);
        wrong.push(`${bad.name}: this kernel accepts it`);
      } catch (error) {
        if (!(error instanceof ProgLoadError)) throw error;
        const place = placeIn(error.log);
        const line = place === undefined ? undefined : lineOf(bad, place);
        if (line === undefined) continue;
        compared++;
        if (line !== bad.wrong) wrong.push(`${bad.name}: line ${line}, not ${bad.wrong}: ${error.reason}`);
      } finally {
        for (const map of maps) map[Symbol.dispose]();
      }
    }
    assert.deepEqual(wrong, []);
    t.diagnostic(`${badProgs.length} refused, ${compared} of them with a place`);
  });

  it('refuses no random program that this kernel accepts', (t) => {
    if (!requireRoot(t)) return;
    let accepted = 0;
    using map = createMap(randomProgMap, 1);
    for (let seed = 1; seed <= RANDOM_PROGS; seed++) {
      const { insns } = randomProg(seed);
      const prog = {
        name: 'random',
        type: 'BPF_PROG_TYPE_SYSCALL',
        insns: encodeInsns(insns),
        relocs: mapRelocs(insns),
        lines: [],
        funcs: [],
        sleepable: true,
      } as const;
      try {
        using _loaded = loadProg({
          type: prog.type,
          insns: encodeInsns(withDescriptors(insns, [map])),
          license: 'GPL',
          isSleepable: true,
        });
      } catch (error) {
        if (!(error instanceof ProgLoadError)) throw error;
        continue;
      }
      accepted++;
      const verdict = verifyProg({ bpfMaps: [randomProgMap], progs: [prog], license: 'GPL' }, 0, running, {
        budget: 100_000,
      });
      assert.equal(verdict.kind, 'not-refused', `seed ${seed}: ${JSON.stringify(verdict)}`);
    }
    t.diagnostic(`${accepted} accepted`);
  });
});
