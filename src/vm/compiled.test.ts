import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeTarget } from '../../tests/support/fake-target.ts';
import { engines } from '../../tests/support/vm-program.ts';
import { compile } from '../compiler/index.ts';
import { createSource } from '../compiler/language/index.ts';
import type { Feature, Program } from '../program/index.ts';
import { createMachine, createQuietEnvironment, type Engine } from './index.ts';

/** Compiles a script for a machine with four CPUs. */
function compileFor(text: string, without: readonly Feature[]): Program {
  const { program, diagnostics } = compile({
    source: createSource('test.bt', text),
    target: fakeTarget({ without }),
    positional: [],
    environment: {},
    options: { isUnsafe: true, mode: 'run', runtimeWarnings: 'all', includeFiles: [] },
  });
  assert.ok(program, JSON.stringify(diagnostics));
  return program;
}

/** Runs all progs in order, on two CPUs by turns: the records, and what is in the maps. */
function runAll(program: Program, engine: Engine, rounds = 1): unknown {
  const environment = createQuietEnvironment({
    seed: 3,
    timeNs: 1_000_000_007n,
    task: { pid: 77, tid: 78, comm: 'quiet' },
  });
  const result = createMachine(program, { environment, engine, cpus: 4, ringBytes: 65536 });
  assert.ok(result.ok, result.ok ? '' : result.rejection.log);
  const { machine } = result;
  const records: string[] = [];
  const retvals: number[] = [];
  for (const cpu of Array.from({ length: rounds }, () => [1, 3]).flat()) {
    for (const index of program.progs.keys()) {
      const run = machine.run(index, { cpu, ctx: new Uint8Array(256) });
      assert.ok(run.ok, run.ok ? '' : machine.describe(run.fault));
      retvals.push(run.retval);
      machine.drain((record) => {
        records.push(Array.from(record, (byte) => byte.toString(16).padStart(2, '0')).join(''));
        return true;
      });
    }
  }
  const maps = program.bpfMaps.map((spec, index) =>
    /RINGBUF|PERF|PROG|STACK/.test(spec.type)
      ? []
      : machine.maps
          .entries(index)
          .map(({ key, values }) => `${key}: ${values.map((value) => value.join(' ')).join(' | ')}`)
          .sort(),
  );
  assert.equal(machine.lost(), 0n);
  return { records, retvals, maps };
}

const scripts: Readonly<Record<string, string>> = {
  'scalars and counts':
    'begin { @a = 5; @b = @a * 3 - 1; @c = count(); @d = sum(@b); @e = avg(7); printf("%d %d\\n", @a, @b); }',
  'keys of many kinds':
    'begin { @[1, "two", (3, 4)] = 5; @s["x"] = "y"; @n[nsecs] = pid; @n[tid] = 1; delete(@s["x"]); print(len(@n)); }',
  loops:
    'begin { $i = 0; while ($i < 20) { @q[$i] = $i * $i; if ($i == 15) { break; } $i++; } unroll(3) { @u++; } }',
  'loops over maps':
    'begin { @m[1] = 10; @m[2] = 20; @m[3] = 30; for ($kv : @m) { @sum += (uint64)$kv.0 * (uint64)$kv.1; } print(@sum); }',
  histograms:
    'begin { $i = 0; while ($i < 30) { @h = hist($i * $i); @l = lhist($i, 0, 100, 10); $i++; } @mx = max(9); @mn = min(-4); }',
  strings:
    'begin { $s = "hello"; @len = strlen($s); if ($s == "hello") { printf("%s %s\\n", $s, comm); } @c[comm, cpu] = count(); }',
  'division by zero': 'begin { $z = @unset; @x = 7 / $z; @y = 7 % $z; }',
  'numbers of all sizes':
    'begin { $a = (int8)200; $b = (uint16)-1; @r = ($a, $b, (int32)-5 / 2, (uint64)-1 >> 3, -7 % 3); print(@r); }',
};

/** What older kernels lack decides between forms of loops; visiting a map has one form only. */
const variants: readonly (readonly Feature[])[] = [[], ['bpf-loop', 'cpu-v4', 'map-lookup-percpu-elem']];

describe('compiled scripts', () => {
  for (const [name, text] of Object.entries(scripts)) {
    for (const without of variants) {
      it(`${name}${without.length > 0 ? `, without ${without.join(', ')}` : ''}`, () => {
        const program = compileFor(text, without);
        const outcomes = engines.map((engine) => runAll(program, engine));
        assert.deepEqual(outcomes[1], outcomes[0]);
      });
    }
  }

  // One of these does all its work in a single run: callbacks change over while their caller is interpreted.
  const long = 'begin { for ($i : 0..20000) { @t += $i; if ($i & 1) { @odd[$i & 15]++; } } }';
  for (const [name, text] of Object.entries({ ...scripts, 'a long loop': long })) {
    it(`${name}: interpreted at first and translated later`, (t) => {
      const instances = t.mock.method(WebAssembly, 'Instance').mock;
      const callbacks: readonly Feature[] = ['open-coded-iterators'];
      for (const without of [...variants, callbacks]) {
        const program = compileFor(text, without);
        const rounds = text === long ? 1 : 400;
        const before = instances.callCount();
        assert.deepEqual(runAll(program, 'adaptive', rounds), runAll(program, 'interpreter', rounds));
        assert.equal(instances.callCount() - before, 1);
        runAll(program, 'adaptive');
        assert.equal(instances.callCount() - before, text === long ? 2 : 1);
      }
    });
  }

  it('compute what the script says', () => {
    const program = compileFor(
      'begin { @a = 5; $i = 0; while ($i < 10) { @a += $i; $i++; } @k["x"] = @a + 1; }',
      [],
    );
    for (const engine of engines) {
      const result = createMachine(program, { environment: createQuietEnvironment(), engine, cpus: 4 });
      assert.ok(result.ok);
      const run = result.machine.run(0, {});
      assert.ok(run.ok, run.ok ? '' : result.machine.describe(run.fault));
      const storage = program.maps.find((map) => map.name === '@k')!.storage;
      assert.ok(storage.kind === 'hash');
      const [entry] = result.machine.maps.entries(storage.map);
      const [value] = entry!.values;
      assert.equal(new DataView(value!.buffer).getBigInt64(0, true), 51n, engine);
    }
  });
});
