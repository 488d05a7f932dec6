import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Btf,
  BtfBuilder,
  BtfError,
  buildProgBtf,
  declarationText,
  definitionText,
  typeText,
} from './index.ts';

const member = (name: string, type: number, bitOffset: number, bitfieldSize = 0) => ({
  name,
  type,
  bitOffset,
  bitfieldSize,
});

/** A small BTF with one of most kinds; names say what the ids are. */
function sample() {
  const builder = new BtfBuilder();
  const types = {
    int: builder.addInt('int', 4, 'signed'),
    char: builder.addInt('char', 1, 'signed'),
    u64: builder.addInt('unsigned long long', 8, 'unsigned'),
    constChar: builder.add({ kind: 'const', type: 2 }),
    constCharPtr: builder.add({ kind: 'ptr', type: 4 }),
    name16: builder.add({ kind: 'array', type: 2, indexType: 1, length: 16 }),
    anonymous: builder.add({
      kind: 'union',
      name: '',
      size: 8,
      members: [member('all', 3, 0), member('low', 1, 0)],
    }),
    task: builder.add({
      kind: 'struct',
      name: 'task',
      size: 40,
      members: [
        member('pid', 1, 0),
        member('flag', 1, 32, 3),
        member('rest', 1, 35, 29),
        member('', 7, 64),
        member('comm', 6, 128),
        member('next', 9, 256),
      ],
    }),
    taskPtr: builder.add({ kind: 'ptr', type: 10 }),
    userTask: builder.add({ kind: 'type_tag', name: 'user', type: 8 }),
    proto: builder.add({
      kind: 'func_proto',
      returns: 1,
      params: [
        { name: 'who', type: 9 },
        { name: 'text', type: 5 },
      ],
      variadic: true,
    }),
    func: builder.add({ kind: 'func', name: 'wake', type: 11, linkage: 'static' }),
    fnPtr: builder.add({ kind: 'ptr', type: 11 }),
    pidT: builder.add({ kind: 'typedef', name: 'pid_t', type: 1 }),
    state: builder.add({
      kind: 'enum',
      name: 'state',
      size: 4,
      signed: true,
      values: [
        { name: 'DEAD', value: -1n },
        { name: 'RUNNING', value: 0n },
      ],
    }),
    wide: builder.add({
      kind: 'enum64',
      name: 'wide',
      size: 8,
      signed: false,
      values: [{ name: 'BIG', value: 1n << 40n }],
    }),
    constPtr: builder.add({ kind: 'const', type: 9 }),
  };
  return { bytes: builder.finish(), types };
}

test('what the builder wrote, the reader reads', () => {
  const { bytes, types } = sample();
  const btf = Btf.parse(bytes);
  assert.equal(btf.typeCount, Object.keys(types).length + 1);
  assert.deepEqual(btf.type(types.name16), {
    kind: 'array',
    type: types.char,
    indexType: types.int,
    length: 16,
  });
  assert.deepEqual(btf.type(types.state), {
    kind: 'enum',
    name: 'state',
    size: 4,
    signed: true,
    values: [
      { name: 'DEAD', value: -1n },
      { name: 'RUNNING', value: 0n },
    ],
  });
  const wide = btf.type(types.wide);
  assert.ok(wide.kind === 'enum64' && wide.values[0]?.value === 1n << 40n);
  const proto = btf.prototypeOf(types.func);
  assert.deepEqual(
    proto?.params.map((param) => param.name),
    ['who', 'text'],
  );
  assert.equal(proto?.variadic, true);
  assert.deepEqual(btf.pointerTags(types.taskPtr), ['user']);
  assert.equal(btf.sizeOf(types.task), 40);
  assert.equal(btf.sizeOf(types.name16), 16);
  assert.equal(btf.sizeOf(types.func), undefined);
  assert.equal(btf.alignOf(types.task), 8);
  assert.equal(btf.compositeId(types.userTask), types.task);
  assert.equal(btf.resolve(types.pidT), types.int);
});

test('look-ups by name, before and after the name table is built', () => {
  const { bytes, types } = sample();
  const btf = Btf.parse(bytes);
  for (let round = 0; round < 4; round++) {
    assert.equal(btf.find('task', 'struct'), types.task);
    assert.equal(btf.find('task', 'union'), undefined);
    assert.equal(btf.find('wake', 'func'), types.func);
    assert.equal(btf.find('ask'), undefined);
    assert.ok(btf.hasFunction('wake'));
    for (const name of ['task', 'who', 'text', 'pid_t', 'RUNNING', 'BIG', 'ake', '', 'no such name'])
      assert.ok(!btf.hasFunction(name), name);
    assert.equal(btf.find('no such name'), undefined);
    assert.equal(btf.find(''), undefined);
  }
  assert.deepEqual([...btf.idsOfKind('ptr')], [types.constCharPtr, types.taskPtr, types.fnPtr]);
});

test('members are found through anonymous ones, with offsets from the outer struct', () => {
  const { bytes, types } = sample();
  const btf = Btf.parse(bytes);
  assert.deepEqual(btf.findMember(types.task, 'low'), {
    name: 'low',
    type: types.int,
    bitOffset: 64,
    bitfieldSize: 0,
    owner: types.anonymous,
  });
  assert.equal(btf.findMember(types.task, 'rest')?.bitfieldSize, 29);
  assert.equal(btf.findMember(types.task, 'none'), undefined);
  assert.deepEqual(
    [...btf.flatMembers(types.task)].map((m) => m.name),
    ['pid', 'flag', 'rest', 'all', 'low', 'comm', 'next'],
  );
});

test('types print as C', () => {
  const { bytes, types } = sample();
  const btf = Btf.parse(bytes);
  assert.equal(typeText(btf, types.constCharPtr), 'const char *');
  assert.equal(typeText(btf, types.name16), 'char[16]');
  assert.equal(declarationText(btf, types.name16, 'comm'), 'char comm[16]');
  assert.equal(
    typeText(btf, types.fnPtr),
    'int (*)(struct task *, const char *, ...)'
      .replace('task *,', 'task *who,')
      .replace('char *,', 'char *text,'),
  );
  assert.equal(declarationText(btf, types.constPtr, 'p'), 'struct task * const p');
  assert.equal(typeText(btf, 0), 'void');
  assert.equal(
    definitionText(btf, types.task),
    'struct task {\n\tint pid;\n\tint flag: 3;\n\tint rest: 29;\n\tunion {\n\t\tunsigned long long all;\n\t\tint low;\n\t};\n\tchar comm[16];\n\tstruct task *next;\n};',
  );
  assert.equal(definitionText(btf, types.state), 'enum state {\n\tDEAD = -1,\n\tRUNNING = 0,\n};');
  assert.equal(definitionText(btf, types.pidT), 'typedef int pid_t;');
});

/** A BTF of the C types that definitions are tried with, and one struct over them, as text. */
function definitionOf(
  kind: 'struct' | 'union',
  size: number,
  members: (types: Record<'char' | 'int' | 'long' | 'constChar', number>) => ReturnType<typeof member>[],
): string | undefined {
  const builder = new BtfBuilder();
  const char = builder.addInt('char', 1, 'signed');
  const types = {
    char,
    int: builder.addInt('int', 4, 'signed'),
    long: builder.addInt('long', 8, 'signed'),
    constChar: builder.add({ kind: 'const', type: char }),
  };
  const id = builder.add({ kind, name: 's', size, members: members(types) });
  return definitionText(Btf.parse(builder.finish()), id);
}

test('gaps that C would not leave by itself are written out', () => {
  const cases: readonly (readonly [string | undefined, readonly string[], string])[] = [
    [
      definitionOf('struct', 16, ({ char, long }) => [member('tag', char, 0), member('value', long, 64)]),
      ['char tag', 'long value'],
      '}',
    ],
    [
      definitionOf('struct', 64, ({ int }) => [member('a', int, 0), member('b', int, 256)]),
      ['int a', 'long: 64', 'long: 64', 'long: 64', 'int b', 'long: 64', 'long: 64', 'long: 64'],
      '}',
    ],
    [
      definitionOf('struct', 8, ({ int }) => [member('a', int, 0, 3), member('b', int, 8, 2)]),
      ['int a: 3', 'char: 5', 'int b: 2', 'long: 0'],
      '}',
    ],
    [
      definitionOf('struct', 9, ({ char, long }) => [member('tag', char, 0), member('value', long, 8)]),
      ['char tag', 'long value'],
      '} __attribute__((packed))',
    ],
    [definitionOf('struct', 0, () => []), [], ''],
    [
      definitionOf('union', 8, ({ char, int }) => [member('a', char, 0), member('b', int, 0)]),
      ['char a', 'int b'],
      '}',
    ],
    [
      definitionOf('union', 6, ({ char, int }) => [member('a', char, 0), member('b', int, 0)]),
      ['char a', 'int b'],
      '} __attribute__((packed))',
    ],
  ];
  for (const [text, lines, end] of cases) {
    const word = text?.split(' ')[0];
    const expected =
      end === '' ? 'struct s {};' : `${word} s {\n${lines.map((l) => `\t${l};\n`).join('')}${end};`;
    assert.equal(text, expected);
  }
});

test('an enum that is nowhere defined is declared', () => {
  const builder = new BtfBuilder();
  const id = builder.add({ kind: 'enum', name: 'later', size: 4, signed: false, values: [] });
  assert.equal(definitionText(Btf.parse(builder.finish()), id), 'enum later;');
});

test('a split BTF continues the ids and strings of its base', () => {
  const base = Btf.parse(sample().bytes);
  const { bytes } = splitSample(base);
  const split = Btf.parse(bytes, base);
  assert.equal(split.firstId, base.typeCount);
  const id = split.find('mod_state', 'struct');
  assert.equal(id, base.typeCount);
  assert.equal(split.type(id!).kind, 'struct');
  assert.equal(split.find('task', 'struct'), base.find('task', 'struct'));
  assert.equal(split.nameOf(id!), 'mod_state');
  for (let round = 0; round < 8; round++) assert.equal(split.find('mod_state', 'struct'), id);
  assert.equal(split.findMember(id!, 'owner')?.type, base.find('task', 'struct'));
  assert.equal(base.find('mod_state'), undefined);
  assert.deepEqual([split.hasFunction('wake'), split.hasFunction('mod_state')], [true, false]);
});

/**
 * A split BTF made from a stand-alone one, as the kernel has them for modules: the empty string at the start of its strings goes, and
 * names count from the end of the base's.
 */
function splitSample(base: Btf) {
  const builder = new BtfBuilder();
  const owner = base.find('task', 'struct')!;
  builder.add({ kind: 'struct', name: 'mod_state', size: 40, members: [member('owner', owner, 0)] });
  const whole = builder.finish();
  const view = new DataView(whole.buffer);
  const [HEADER_SIZE, STRINGS_AT, STRINGS_LENGTH] = [24, 16, 20];
  for (const at of [HEADER_SIZE, HEADER_SIZE + 12])
    view.setUint32(at, view.getUint32(at, true) - 1 + base.stringLength, true);
  const strings = HEADER_SIZE + view.getUint32(STRINGS_AT, true);
  const bytes = new Uint8Array([...whole.subarray(0, strings), ...whole.subarray(strings + 1)]);
  const length = new DataView(bytes.buffer);
  length.setUint32(STRINGS_LENGTH, length.getUint32(STRINGS_LENGTH, true) - 1, true);
  return { bytes };
}

test('broken headers are named', () => {
  const { bytes } = sample();
  assert.throws(() => Btf.parse(new Uint8Array(3)), BtfError);
  assert.throws(() => Btf.parse(new Uint8Array(64)), /begins with 0x0/);
  const swapped = bytes.slice();
  swapped.set([0xeb, 0x9f]);
  assert.throws(() => Btf.parse(swapped), /big-endian/);
  assert.throws(() => Btf.parse(bytes.subarray(0, bytes.length - 1)), BtfError);
});

test('types that contain themselves end in an error, not in a hang', () => {
  const builder = new BtfBuilder();
  builder.add({ kind: 'struct', name: 'bomb', size: 8, members: [member('', 1, 0), member('', 1, 0)] });
  builder.add({ kind: 'typedef', name: 'loop', type: 2 });
  builder.add({ kind: 'array', type: 3, indexType: 3, length: 2 });
  builder.add({ kind: 'ptr', type: 99 });
  const btf = Btf.parse(builder.finish());
  assert.throws(() => btf.findMember(1, 'x'), BtfError);
  assert.throws(() => btf.alignOf(1), BtfError);
  assert.throws(() => btf.resolve(2), BtfError);
  assert.throws(() => btf.sizeOf(3), BtfError);
  assert.throws(() => btf.alignOf(3), BtfError);
  assert.throws(() => typeText(btf, 3), BtfError);
  assert.throws(() => typeText(btf, 4), BtfError);
  assert.throws(() => btf.type(99), BtfError);
});

test('damaged bytes give answers or a BtfError', () => {
  const { bytes } = sample();
  const change = fc.tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const damaged = bytes.slice();
      for (const [at, value] of changes) damaged[at] = value;
      try {
        const btf = Btf.parse(damaged);
        for (let id = 0; id < btf.typeCount; id++) {
          for (const ask of [
            () => typeText(btf, id),
            () => definitionText(btf, id),
            () => btf.sizeOf(id),
            () => btf.alignOf(id),
            () => btf.findMember(id, 'low'),
            () => btf.prototypeOf(id),
            () => btf.pointerTags(id),
          ]) {
            try {
              ask();
            } catch (error) {
              if (!(error instanceof BtfError)) throw error;
            }
          }
        }
        btf.find('task');
      } catch (error) {
        if (!(error instanceof BtfError)) throw error;
      }
    }),
    { seed: 11, numRuns: 500 },
  );
});

test('BTF of a prog: functions and completed lines', () => {
  const at = (insn: number, line: number) => ({ insn, file: 'a.bt', text: `line ${line}`, line, column: 3 });
  const prog = buildProgBtf(
    [
      { name: 'tracepoint:a:b', insn: 0, params: ['pointer'] },
      { name: 'loop body', insn: 10, params: ['u64', 'pointer'] },
    ],
    [at(2, 5), at(4, 6), at(4, 7), at(12, 8)],
  );
  const btf = Btf.parse(prog.btf);
  const view = new DataView(prog.funcInfo.buffer);
  assert.equal(btf.nameOf(view.getUint32(4, true)), 'tracepoint_a_b');
  assert.equal(btf.nameOf(view.getUint32(12, true)), 'loop_body');
  const lines = new DataView(prog.lineInfo.buffer);
  const rows = Array.from({ length: prog.lineCount }, (_unused, row) => [
    lines.getUint32(row * 16, true),
    btf.string(lines.getUint32(row * 16 + 8, true)),
    lines.getUint32(row * 16 + 12, true) >>> 10,
  ]);
  assert.deepEqual(rows, [
    [0, 'line 5', 5],
    [2, 'line 5', 5],
    [4, 'line 7', 7],
    [10, 'line 7', 7],
    [12, 'line 8', 8],
  ]);
});

const kernelBtf = '/sys/kernel/btf/vmlinux';
test("the running kernel's BTF", { skip: existsSync(kernelBtf) ? false : 'this kernel has no BTF' }, () => {
  const btf = Btf.parse(readFileSync(kernelBtf));
  const task = btf.find('task_struct', 'struct');
  assert.ok(task !== undefined);
  const comm = btf.findMember(task, 'comm');
  assert.ok(comm !== undefined);
  assert.equal(btf.sizeOf(comm.type), 16);
  assert.match(typeText(btf, comm.type), /^char\[/);
  const somewhere = Array.from({ length: 20 }, (_, index) => Math.floor((btf.typeCount * index) / 20));
  for (const name of [...somewhere.map((id) => btf.nameOf(id)), 'vfs_read', 'read', 'file', 'list_head'])
    assert.equal(btf.hasFunction(name), btf.find(name, 'func') !== undefined, name);
  const open = btf.find('vfs_read', 'func');
  assert.ok(open !== undefined);
  assert.deepEqual(
    btf.prototypeOf(open)?.params.map((param) => typeText(btf, param.type)),
    ['struct file *', 'char *', 'size_t', 'loff_t *'],
  );
  assert.match(
    definitionText(btf, btf.find('list_head', 'struct')!) ?? '',
    /^struct list_head \{\n\tstruct list_head \*next;/,
  );
});
