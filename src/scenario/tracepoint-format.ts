import { alignUp } from '../base/index.ts';
import type { TracepointField, TracepointFormat } from '../program/index.ts';
import type { LineCursor } from './line-cursor.ts';

/** Where an event's own fields begin; what stands before is the same for all. */
const FIRST_OWN_OFFSET = 8;

/** Sizes of the types that fields have. Source: the kernel's types on 64-bit machines. */
const sizes: Readonly<Record<string, readonly [bytes: number, isSigned: boolean]>> = {
  char: [1, true],
  s8: [1, true],
  u8: [1, false],
  'unsigned char': [1, false],
  bool: [1, false],
  short: [2, true],
  s16: [2, true],
  u16: [2, false],
  'unsigned short': [2, false],
  int: [4, true],
  s32: [4, true],
  u32: [4, false],
  'unsigned int': [4, false],
  unsigned: [4, false],
  pid_t: [4, true],
  dev_t: [4, false],
  uid_t: [4, false],
  gid_t: [4, false],
  gfp_t: [4, false],
  umode_t: [2, false],
  long: [8, true],
  s64: [8, true],
  'long long': [8, true],
  u64: [8, false],
  'unsigned long': [8, false],
  'unsigned long long': [8, false],
  size_t: [8, false],
  ssize_t: [8, true],
  loff_t: [8, true],
  sector_t: [8, false],
};

/** `char prev_comm[16], pid_t prev_pid, __data_loc char[] name`: fields as C declares them, laid out as C does. */
export function readFormat(cursor: LineCursor, id: number): TracepointFormat {
  const fields: TracepointField[] = [];
  let offset = FIRST_OWN_OFFSET;
  for (const declaration of cursor.restOfLine().split(',')) {
    const field = readField(declaration.trim(), cursor);
    offset = alignUp(offset, field.align);
    fields.push({ name: field.name, type: field.type, size: field.size, signed: field.signed, offset });
    offset += field.size;
  }
  return { id, fields };
}

function readField(
  declaration: string,
  cursor: LineCursor,
): Omit<TracepointField, 'offset'> & { readonly align: number } {
  const dynamic = /^__data_loc char\[\] (\w+)$/.exec(declaration);
  if (dynamic) return { name: dynamic[1]!, type: '__data_loc char[]', size: 4, signed: false, align: 4 };
  const parts = /^((?:const )?(?:struct )?\w+(?: \w+)*?(?: ?\*+ ?| ))(\w+)(?:\[(\d+)\])?$/.exec(declaration);
  if (parts === null)
    throw cursor.error(
      `"${declaration}" declares no field: write int x, const char *path, char comm[16] or __data_loc char[] name`,
    );
  const [, spelled = '', name = '', length] = parts;
  const text = spelled.trim();
  const known = Object.hasOwn(sizes, text) ? sizes[text] : undefined;
  const shape = text.endsWith('*') ? ([8, false] as const) : known;
  if (shape === undefined)
    throw cursor.error(
      `the type ${text} is not known; these are: ${Object.keys(sizes).join(', ')}, and pointers`,
    );
  const [size, signed] = shape;
  const count = length === undefined ? 1 : Number(length);
  if (count < 1 || count > 1024) throw cursor.error(`${name} has from 1 to 1024 elements, not ${count}`);
  const type = length === undefined ? text : `${text}[${length}]`;
  return { name, type, size: size * count, signed, align: size };
}
