import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkFunc, type Func, parseFunc } from '../ir/index.ts';
import { type NoteOptions, noteEvents, whyUnnotable } from './note-events.ts';

const options: NoteOptions = {
  ring: 1,
  losses: 2,
  ringLimit: 4096,
  probe: 7,
  bootClock: 'ktime_get_boot_ns',
  followsPointers: false,
  ctx: { kind: 'bytes', bytes: 24, locations: [{ offset: 8, relative: false }] },
};

const reading = parseFunc(`
func f(v0) prog {
  slot s0 16 align 8
b0:
  v1 = slot s0
  v2 = const 16
  v3 = load.8 v0+16
  v4 = call probe_read_user_str(v1 v2 v3) writes
  v5 = call map_delete_elem(v3 v1) writes
  v6 = call ktime_get_ns() reads
  v7 = call probe_read_kernel_str(v1 v2 v1) writes
  return v6
}`);

const helpersOf = ({ blocks }: Func): string[] =>
  blocks.flatMap(({ insns }) => insns.flatMap((insn) => (insn.op === 'call' ? [insn.helper] : [])));

describe('a noted prog', () => {
  test('is sound, and has no block more than before', () => {
    const noted = noteEvents(reading, options);
    assert.deepEqual(checkFunc(noted, { isFinal: true }), []);
    assert.equal(noted.blocks.length, reading.blocks.length);
  });

  test('sends the event, its texts, and what helpers tell of the outside', () => {
    const helpers = helpersOf(noteEvents(reading, options));
    // The event, its one text, the text that was read, the clock; not the map and not its own memory.
    assert.equal(helpers.filter((helper) => helper === 'ringbuf_output').length, 4);
    assert.deepEqual(
      helpers.filter((helper) => helpersOf(reading).includes(helper) && helper !== 'probe_read_kernel_str'),
      ['probe_read_user_str', 'map_delete_elem', 'ktime_get_ns'],
    );
  });

  test('of a perf event takes the registers from where they are', () => {
    const noted = noteEvents(reading, { ...options, ctx: { kind: 'perf', registerBytes: 168 } });
    assert.deepEqual(checkFunc(noted, { isFinal: true }), []);
    assert.equal(helpersOf(noted).filter((helper) => helper === 'ringbuf_output').length, 3);
  });

  test('tells what it loads by pointers that its ctx holds', () => {
    const following = parseFunc(`
func f(v0) prog {
  slot s0 8 align 8
b0:
  v1 = load.8 v0+8
  v2 = load.4 v1+20
  v3 = load.8 v1+64
  v4 = load.2 v3+2
  v5 = slot s0
  store.8 v5+0 v4
  v6 = load.8 v5+0
  v7 = add v2 v6
  return v7
}`);
    const count = (followsPointers: boolean): number => {
      const noted = noteEvents(following, {
        ...options,
        ctx: { kind: 'bytes', bytes: 16, locations: [] },
        followsPointers,
      });
      assert.deepEqual(checkFunc(noted, { isFinal: true }), []);
      return helpersOf(noted).filter((helper) => helper === 'ringbuf_output').length;
    };
    assert.deepEqual([count(false), count(true)], [1, 4]);
  });

  test('what cannot be noted is named', () => {
    const why = (body: string, role = 'prog') =>
      whyUnnotable(parseFunc(`func f(v0) ${role} {\nb0:\n  ${body}\n  return v1\n}`));
    assert.equal(why('v1 = ksym runqueues'), 'it reads the kernel variable runqueues');
    assert.equal(why('v1 = callKfunc bpf_task_from_pid(v0)'), 'it calls bpf_task_from_pid()');
    assert.equal(
      why('v1 = call get_prandom_u32() writes', 'callback'),
      'a loop in it calls bpf_get_prandom_u32()',
    );
    assert.equal(why('v1 = call get_prandom_u32() writes'), undefined);
  });
});
