import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTracepointFormat } from './tracepoint-format.ts';

test('a format file becomes fields', () => {
  const format = parseTracepointFormat(
    [
      'name: sched_process_exec',
      'ID: 301',
      'format:',
      '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;',
      '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;',
      '',
      '\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;',
      '\tfield:char prev_comm[16];\toffset:12;\tsize:16;\tsigned:0;',
      '\tfield:const char * name;\toffset:32;\tsize:8;\tsigned:0;',
      '\tfield:__rel_loc u8[] mac;\toffset:40;\tsize:4;\tsigned:0;',
      '\tfield:unsigned char addr[TASK_COMM_LEN];\toffset:44;\tsize:16;\tsigned:0;',
      '\tfield:struct page *page;\toffset:60;\tsize:8;',
      '',
      'print fmt: "filename=%s", __get_str(filename)',
    ].join('\n'),
  );
  assert.equal(format.name, 'sched_process_exec');
  assert.equal(format.id, 301);
  assert.equal(format.printFormat, '"filename=%s", __get_str(filename)');
  assert.deepEqual(format.fields, [
    { name: 'common_type', type: 'unsigned short', offset: 0, size: 2, signed: false },
    { name: 'common_pid', type: 'int', offset: 4, size: 4, signed: true },
    { name: 'filename', type: '__data_loc char[]', offset: 8, size: 4, signed: false, location: 'data_loc' },
    { name: 'prev_comm', type: 'char[16]', offset: 12, size: 16, signed: false, elements: 16 },
    { name: 'name', type: 'const char *', offset: 32, size: 8, signed: false },
    { name: 'mac', type: '__rel_loc u8[]', offset: 40, size: 4, signed: false, location: 'rel_loc' },
    { name: 'addr', type: 'unsigned char[TASK_COMM_LEN]', offset: 44, size: 16, signed: false },
    { name: 'page', type: 'struct page *', offset: 60, size: 8, signed: false },
  ]);
});

test('what is no format file has no fields', () => {
  assert.deepEqual(parseTracepointFormat('\tfield:;\toffset:x;\nnonsense').fields, []);
});
