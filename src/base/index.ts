export { BoundedCache } from './bounded-cache.ts';
export type { Brand } from './brand.ts';
export { ByteWriter, OutOfBytesError, viewOf } from './bytes.ts';
export { Crc32 } from './crc32.ts';
export { type ErrnoName, errnoName, errnos, errnoText } from './errno.ts';
export { type IntegerText, readSigned, readUnsigned } from './integer-text.ts';
export { InvariantError, invariant, present, unreachable } from './invariant.ts';
export { lazily } from './lazily.ts';
export { onceForEach } from './once-for-each.ts';
export { plainFromText, plainToText } from './plain-data.ts';
export { signalName, signalNumber } from './signals.ts';
export {
  array,
  at,
  bytes,
  chars,
  type FieldType,
  type FieldValue,
  i8,
  i16,
  i32,
  i64,
  type Struct,
  type StructValue,
  struct,
  u8,
  u16,
  u32,
  u64,
} from './struct.ts';
export { binaryString, decodeCString, decodeText, encodeCString, encodeText } from './text.ts';
export { utf8Length } from './utf8.ts';
export { alignUp, asI32, asI64, asU32, asU64, fitsI32, I64_MAX, I64_MIN, U64_MAX } from './wrap.ts';
