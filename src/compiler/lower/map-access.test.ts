import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeKernel } from '../../../tests/support/fake-kernel.ts';
import { lowerText } from '../../../tests/support/lower-script.ts';
import { errnos } from '../../base/index.ts';
import { updateFlags } from '../../bpf/index.ts';
import { evaluate, Memory, type World } from '../ir/index.ts';

/**
 * Runs `begin { STATEMENT }` on a map whose value other CPUs make and delete between the calls: `meets` has what each look-up (found or not) and each
 * update (the number it returns) meets. What the calls were, the value that is left, and the reports.
 */
function runAmongOthers(statement: string, meets: readonly (boolean | number)[]) {
  const { progs } = lowerText(`begin { ${statement} }`, { target: fakeKernel() });
  const memory = new Memory();
  const value = new Uint8Array(64);
  const valueAt = memory.add(value);
  const globalsAt = memory.add(new Uint8Array(4096));
  const record = new Uint8Array(64);
  const recordAt = memory.add(record);
  const calls: string[] = [];
  const reports: bigint[] = [];
  const rest = [...meets];
  const world: World = {
    memory,
    mapFd: BigInt,
    mapValue: () => globalsAt,
    callHelper(helper, args) {
      switch (helper) {
        case 'map_lookup_elem':
          calls.push('look up');
          return rest.shift() === true ? valueAt : 0n;
        case 'map_update_elem':
          calls.push(args[3] === BigInt(updateFlags.BPF_NOEXIST) ? 'put new' : 'put');
          // An int in the lower half of the register, as older kernels leave it.
          return BigInt.asUintN(32, BigInt(rest.shift() ?? assert.fail('one update too many')));
        case 'ringbuf_reserve':
          return recordAt;
        case 'ringbuf_submit':
          reports.push(memory.load(recordAt + 8n, 8, true));
          return 0n;
        case 'get_current_pid_tgid':
          return 7n << 32n;
        case 'get_smp_processor_id':
          return 0n;
        default:
          assert.fail(`no helper ${helper} here`);
      }
    },
  };
  for (const { funcs } of progs) evaluate(funcs, [memory.add(new Uint8Array(512))], world);
  assert.deepEqual(rest, [], 'nothing else was met');
  return { calls, value: new DataView(value.buffer).getBigUint64(0, true), reports };
}

const EEXIST = -errnos.EEXIST.number;
const E2BIG = -errnos.E2BIG.number;

const made = ['look up', 'put new', 'look up'];
const madeAgain = [...made, 'put', 'look up'];

for (const [what, statement] of Object.entries({
  'an aggregation': '@a[1] = count();',
  'a bucket': '@a[1] = hist(7);',
  'an array': 'let $row : int64[2]; if (pid > 1) { @a[1][0] = 1; } else { @a[2] = $row; }',
})) {
  const run = (...meets: readonly (boolean | number)[]) => runAmongOthers(statement, meets);

  test(`${what} is made where there is none, whoever comes first`, () => {
    assert.deepEqual(run(true), { calls: ['look up'], value: 1n, reports: [] });
    assert.deepEqual(run(false, 0, true), { calls: made, value: 1n, reports: [] });
    assert.deepEqual(run(false, EEXIST, true), { calls: made, value: 1n, reports: [] });
  });

  test(`${what} is made again where another CPU made and deleted it`, () => {
    assert.deepEqual(run(false, EEXIST, false, 0, true), { calls: madeAgain, value: 1n, reports: [] });
  });

  test(`${what} that does not fit is reported, one that is deleted at once is not`, () => {
    assert.deepEqual(run(false, E2BIG, false), { calls: made, value: 0n, reports: [BigInt(E2BIG)] });
    assert.deepEqual(run(false, EEXIST, false, E2BIG, false), {
      calls: madeAgain,
      value: 0n,
      reports: [BigInt(E2BIG)],
    });
    assert.deepEqual(run(false, 0, false), { calls: made, value: 0n, reports: [] });
    assert.deepEqual(run(false, EEXIST, false, 0, false), { calls: madeAgain, value: 0n, reports: [] });
  });
}
