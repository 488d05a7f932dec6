import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTracepointFormat } from './tracepoint-format.ts';

const text = `name: sample
ID: 316
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;

	field:char prev_comm[16];	offset:8;	size:16;	signed:0;
	field:__data_loc char[] filename;	offset:24;	size:4;	signed:0;
	field:const char __attribute__((user)) * name;	offset:32;	size:8;	signed:0;
	field:struct page *page;	offset:40;	size:8;	signed:1;
	field:unsigned long args[6];	offset:48;	size:48;	signed:0;

print fmt: "%s field:fake;", REC->prev_comm
`;

test('fields of a format file: the array brackets belong to the type', () => {
  const format = parseTracepointFormat(text);
  assert.equal(format?.id, 316);
  assert.deepEqual(
    format.fields.map((field) => [field.name, field.type, field.offset, field.size, field.signed]),
    [
      ['common_type', 'unsigned short', 0, 2, false],
      ['prev_comm', 'char[16]', 8, 16, false],
      ['filename', '__data_loc char[]', 24, 4, false],
      ['name', 'const char __attribute__((user)) *', 32, 8, false],
      ['page', 'struct page *', 40, 8, true],
      ['args', 'unsigned long[6]', 48, 48, false],
    ],
  );
  assert.equal(parseTracepointFormat('name: x\n'), undefined);
});
