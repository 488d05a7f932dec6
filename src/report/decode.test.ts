import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf } from '../../tests/support/encode-value.ts';
import { ReportRun, silentLookups } from '../../tests/support/report-run.ts';
import {
  bool,
  int32,
  pointerTo,
  type StructTableData,
  sizeOf,
  structTableFrom,
  type Type,
  uint8,
  uint16,
  uint32,
  uint64,
} from '../types/index.ts';
import { createStringReader } from './byte-text.ts';
import { createDecodeContext, decodeValue } from './decode.ts';
import { DecodeError, UnprintableTypeError } from './decode-error.ts';
import { jsonString, valueJson } from './json.ts';
import { type TextContext, valueText } from './text.ts';

const types: StructTableData = {
  structs: {
    'struct outer': {
      name: 'struct outer',
      union: false,
      size: 24,
      align: 8,
      fields: [
        { name: 'flags', type: uint32, offset: 0, bitfield: { shift: 0, width: 3 } },
        { name: 'delta', type: int32, offset: 0, bitfield: { shift: 3, width: 5 } },
        { name: '', type: uint8, offset: 1, bitfield: { shift: 0, width: 2 } },
        {
          name: 'mode',
          type: { kind: 'enum', name: 'mode', size: 4, signed: false },
          offset: 1,
          bitfield: { shift: 2, width: 2 },
        },
        { name: 'set', type: bool, offset: 1, bitfield: { shift: 7, width: 1 } },
        { name: '', type: { kind: 'struct', name: 'union inner' }, offset: 8 },
        { name: 'name', type: { kind: 'string', size: 4 }, offset: 16 },
        { name: 'where', type: { kind: 'string', size: 4 }, offset: 20, location: 'data_loc' },
      ],
    },
    'union inner': {
      name: 'union inner',
      union: true,
      size: 8,
      align: 8,
      fields: [
        { name: 'whole', type: uint64, offset: 0 },
        { name: 'half', type: uint16, offset: 0 },
        { name: 'link', type: pointerTo({ kind: 'struct', name: 'struct outer' }, 'kernel'), offset: 0 },
      ],
    },
    'struct wide': {
      name: 'struct wide',
      union: false,
      size: 16,
      align: 8,
      fields: [{ name: 'odd', type: uint64, offset: 0, bitfield: { shift: 5, width: 62 } }],
    },
    'struct empty': { name: 'struct empty', union: false, size: 0, align: 1, fields: [] },
  },
  enums: {
    mode: {
      name: 'mode',
      size: 4,
      signed: false,
      values: [
        { name: 'OFF', value: 0n },
        { name: 'ON', value: 2n },
        { name: 'ALIAS', value: 2n },
      ],
    },
  },
};
const context = createDecodeContext(structTableFrom(types));
const text: TextContext = { lookups: silentLookups, truncationTrailer: '..' };
const struct = (name: string): Type => ({ kind: 'struct', name });

test('bitfields, anonymous members, dynamic strings', () => {
  const bytes = new Uint8Array(24);
  bytes[0] = 0b11110_101;
  bytes[1] = 0b1000_10_11;
  bytes.set([1, 2], 8);
  bytes.set(bytesOf('abc'), 16);
  bytes.set([8, 0, 4, 0], 20);
  const run = new ReportRun({ types }).print(struct('struct outer'), bytes);
  assert.equal(
    run.stdout,
    '{ .flags = 5, .delta = -2, .mode = ON, .set = true, .whole = 513, .half = 513, .link = 0x201, .name = abc, .where = 262152 }\n',
  );
});

test('a bitfield that runs over nine bytes', () => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, 0xffff_ffff_ffff_ffe0n, true);
  bytes[8] = 0b101;
  const value = decodeValue(struct('struct wide'), context, bytes);
  assert.deepEqual(value, {
    kind: 'record',
    fields: [{ name: 'odd', value: { kind: 'int', value: (0b101n << 59n) | ((1n << 59n) - 1n) } }],
  });
});

test('structs without members', () => {
  const run = new ReportRun({ types }).print(struct('struct empty'), new Uint8Array(0));
  assert.equal(run.stdout, '{}\n');
  assert.equal(
    new ReportRun({ types, format: 'json' }).print(struct('struct empty'), new Uint8Array(0)).stdout,
    '{"type": "value", "data": {}}\n',
  );
});

test('a buffer longer than its room is cut', () => {
  const bytes = new Uint8Array([255, 255, 255, 255, 65, 66]);
  assert.deepEqual(decodeValue({ kind: 'buffer', capacity: 2 }, context, bytes), {
    kind: 'buffer',
    bytes: 'AB',
  });
});

test('names and times come from lookups', () => {
  const lookups = {
    userName: (uid: bigint) => (uid === 0n ? 'root' : undefined),
    cgroupPath: (id: bigint, filter: string) => `unified:/${id}/${filter}`,
    bootToWallNs: () => 1_795_351_131_000_000_000n,
  };
  const run = new ReportRun({ lookups })
    .print({ kind: 'username' }, 0)
    .print({ kind: 'username' }, 5)
    .print({ kind: 'cgroupPath', filter: '*' }, 7)
    .print({ kind: 'timestamp', clock: 'boot', format: '%H:%M:%S.%f' }, 1_000_002_000n)
    .print({ kind: 'timestamp', clock: 'tai', format: '%Y' }, 86_400_000_000_000n)
    .print({ kind: 'timestamp', clock: 'tai', format: '%Y' }, 5n);
  assert.equal(run.stdout, 'root\n\nunified:/7/*\n12:38:52.000002\n1970\n(?)\n');
});

test('whole histograms and series are not values', () => {
  assert.throws(
    () => decodeValue({ kind: 'hist', bits: 0 }, context, new Uint8Array(8)),
    UnprintableTypeError,
  );
  const run = new ReportRun().print({ kind: 'hist', bits: 0 }, 1);
  assert.equal(run.stderr, 'ERROR: unable to convert type: hist_t\n');
  assert.equal(run.stdout, '');
});

test('the string reader gives what is there, however often it is asked', () => {
  const read = createStringReader();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const whole = String.fromCharCode(...bytes);
      const expected = whole.split('\0')[0];
      assert.equal(read(bytes, 0, bytes.length), expected);
      assert.equal(read(bytes.slice(), 0, bytes.length), expected);
    }),
    { seed: 8 },
  );
});

const { type: anyType } = fc.letrec<{ type: Type }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Type>(
      { kind: 'none' },
      { kind: 'bool' },
      uint8,
      int32,
      uint64,
      { kind: 'enum', name: 'mode', size: 4, signed: true },
      { kind: 'string', size: 5 },
      { kind: 'buffer', capacity: 6 },
      { kind: 'inet' },
      { kind: 'mac' },
      { kind: 'username' },
      { kind: 'ksym' },
      { kind: 'usym' },
      { kind: 'kstack', mode: 'perf', limit: 2 },
      { kind: 'ustack', mode: 'build_id', limit: 2 },
      { kind: 'timestamp', clock: 'tai', format: '%c' },
      { kind: 'cgroupPath', filter: '' },
      { kind: 'max', signed: true },
      { kind: 'stats', signed: false },
      struct('struct outer'),
      struct('struct wide'),
    ),
    fc.array(tie('type'), { maxLength: 3 }).map((elements): Type => ({ kind: 'tuple', elements })),
    tie('type').map((of): Type => ({ kind: 'array', of, length: 2 })),
  ),
}));

test('any bytes are a value of any type, or too short, which is one error', () => {
  fc.assert(
    fc.property(anyType, fc.uint8Array({ maxLength: 200 }), fc.nat(20), (type, bytes, offset) => {
      const fits = offset + sizeOf(type, context.table) <= bytes.length;
      if (!fits) {
        assert.throws(() => decodeValue(type, context, bytes, offset), DecodeError);
        return;
      }
      const value = decodeValue(type, context, bytes, offset);
      assert.equal(typeof valueText(value, text), 'string');
      JSON.parse(jsonString(valueJson(value, text)));
      JSON.parse(valueJson(value, text));
    }),
    { seed: 9, numRuns: 500 },
  );
});
