import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFunc, printFunc } from '../ir/index.ts';
import { placeSlots } from './place-slots.ts';

const options = { onStackLimit: 32, stackBudget: 512, scratchBase: 0 };

/** The order in which the function calls. */
function calls(text: string): readonly string[] {
  return [...printFunc(placeSlots(parseFunc(text), options).func).matchAll(/call(?:Kfunc)? (\w+)\(/g)].map(
    ([, name]) => name ?? '',
  );
}

const record = (before: string): string => `func main(v0) prog {
  slot s0 64 align 8
b0:
  v1 = mapFd 0
  v2 = const 16
  v3 = const 0
  v4 = call ringbuf_reserve(v1, v2, v3) writes
  v5 = eq v4 v3
  branch v5 b2 b1
b1:
  ${before}
  v7 = call ringbuf_submit(v4, v3) writes
  jump b2
b2:
  return v3
}
`;

test('scratch memory is found before a record is reserved: the check for NULL must not end the prog while one is held', () => {
  const used = 'v6 = slot s0\n  v8 = call get_current_comm(v6, v2) writes';
  assert.deepEqual(calls(record(used)), [
    'map_lookup_elem',
    'ringbuf_reserve',
    'get_current_comm',
    'ringbuf_submit',
  ]);
});

test('behind the record, and where it could not be reserved, nothing is held any more', () => {
  const text = record('v6 = const 1').replace(
    'b2:\n  return v3',
    'b2:\n  v9 = slot s0\n  v10 = call get_current_comm(v9, v2) writes\n  return v3',
  );
  assert.deepEqual(calls(text), ['ringbuf_reserve', 'ringbuf_submit', 'map_lookup_elem', 'get_current_comm']);
});

test('scratch memory is found before an iterator begins', () => {
  const text = `func main(v0) prog {
  slot s0 64 align 8
  slot s1 8 align 8 stack
b0:
  v1 = const 0
  v2 = const 9
  v3 = slot s1
  v4 = callKfunc bpf_iter_num_new(v3, v1, v2)
  jump b1
b1:
  v5 = callKfunc bpf_iter_num_next(v3)
  branch v5 b2 b3
b2:
  v6 = slot s0
  v7 = call get_current_comm(v6, v2) writes
  jump b1
b3:
  v8 = callKfunc bpf_iter_num_destroy(v3)
  return v1
}
`;
  assert.deepEqual(calls(text), [
    'map_lookup_elem',
    'bpf_iter_num_new',
    'bpf_iter_num_next',
    'get_current_comm',
    'bpf_iter_num_destroy',
  ]);
});
