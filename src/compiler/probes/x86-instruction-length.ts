/**
 * How long an x86-64 instruction is. A breakpoint that does not stand on the first byte of one changes what the program does.
 *
 *     [prefixes] [REX] opcode        [ModRM [SIB] [displacement]] [immediate]
 *     [prefixes] VEX/EVEX opcode      ModRM [SIB] [displacement]  [imm8]
 *
 * Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2 and appendix A (opcode maps).
 */

/** The processor refuses longer ones. */
const MAX_BYTES = 15;

/**
 * What follows an opcode, one letter each.
 *
 *     -  nothing            1 2 3 4  so many bytes          I  a word of operand size, at most 4 bytes
 *     m  ModRM              b  ModRM, 1 byte               z  ModRM, a word of operand size, at most 4 bytes
 *     Q  a word of operand size                            o  an address
 *     t  b for /0 and /1, else m                           T  z for /0 and /1, else m
 *     p  a prefix or escape                                x  no instruction
 */
const oneByte = [
  'mmmm1Ixxmmmm1Ixp',
  'mmmm1Ixxmmmm1Ixx',
  'mmmm1Ipxmmmm1Ipx',
  'mmmm1Ipxmmmm1Ipx',
  'pppppppppppppppp',
  '----------------',
  'xxpmppppIz1b----',
  '1111111111111111',
  'bzxbmmmmmmmmmmmm',
  '----------x-----',
  'oooo----1I------',
  '11111111QQQQQQQQ',
  'bb2-ppbz3-2--1x-',
  'mmmmxxx-mmmmmmmm',
  '1111111144x1----',
  'p-pp--tT------mm',
].join('');

/** Behind 0f. */
const twoBytes = [
  'mmmmx-----x-xm-b',
  'mmmmmmmmmmmmmmmm',
  'mmmmxxxxmmmmmmmm',
  '------x-pxpxxxxx',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'bbbbmmm-mmmmmmmm',
  '4444444444444444',
  'mmmmmmmmmmmmmmmm',
  '---mbmmm---mbmmm',
  'mmmmmmmmmmbmmmmm',
  'mmbmbbbm--------',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
].join('');

const legacyPrefixes: ReadonlySet<number> = new Set([
  0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
]);
const OPERAND_SIZE = 0x66;
const ADDRESS_SIZE = 0x67;
const REX_W = 8;

/** Bytes of the instruction that starts at `at`; undefined when there is none, or it is not whole. */
export function x86InstructionLength(code: Uint8Array, at: number): number | undefined {
  let next = at;
  let isShort = false;
  let isAddressShort = false;
  while (legacyPrefixes.has(code[next] ?? 0) && next - at < MAX_BYTES) {
    isShort ||= code[next] === OPERAND_SIZE;
    isAddressShort ||= code[next] === ADDRESS_SIZE;
    next++;
  }
  let isWide = false;
  if (((code[next] ?? 0) & 0xf0) === 0x40) isWide = ((code[next++] ?? 0) & REX_W) !== 0;
  const opcode = readOpcode(code, next);
  if (!opcode) return undefined;
  const { kind, end } = opcode;
  // A 4-byte word stays one with a 64-bit operand; only mov takes 8.
  const word = isWide ? 4 : isShort ? 2 : 4;
  const length = end + bytesBehind(kind, code, end, { word, isWide, isAddressShort }) - at;
  return length > MAX_BYTES || at + length > code.length || Number.isNaN(length) ? undefined : length;
}

interface Opcode {
  /** A letter of the tables. */
  readonly kind: string;
  /** Behind the last byte of the opcode. */
  readonly end: number;
}

function readOpcode(code: Uint8Array, at: number): Opcode | undefined {
  const first = code[at] ?? 0;
  switch (first) {
    case 0x0f:
      return escaped(code, at + 1);
    case 0xc5:
      return vectorOpcode(code, 1, at + 2);
    case 0xc4:
      return vectorOpcode(code, (code[at + 1] ?? 0) & 0x1f, at + 3);
    case 0x62:
      return vectorOpcode(code, (code[at + 1] ?? 0) & 7, at + 4);
    default: {
      const kind = oneByte[first] ?? 'x';
      return kind === 'x' || kind === 'p' ? undefined : { kind, end: at + 1 };
    }
  }
}

function escaped(code: Uint8Array, at: number): Opcode | undefined {
  const second = code[at] ?? 0;
  if (second === 0x38) return { kind: 'm', end: at + 2 };
  if (second === 0x3a) return { kind: 'b', end: at + 2 };
  const kind = twoBytes[second] ?? 'x';
  return kind === 'x' ? undefined : { kind, end: at + 1 };
}

/** Maps: 1 is 0f, 2 is 0f 38, 3 is 0f 3a; 5 and 6 are those of half precision. */
function vectorOpcode(code: Uint8Array, map: number, at: number): Opcode | undefined {
  const end = at + 1;
  if (map === 1) {
    const kind = twoBytes[code[at] ?? 0] ?? 'x';
    return kind === 'b' || kind === '-' ? { kind, end } : { kind: 'm', end };
  }
  if (map === 3) return { kind: 'b', end };
  return map === 2 || map === 5 || map === 6 ? { kind: 'm', end } : undefined;
}

interface Sizes {
  readonly word: number;
  readonly isWide: boolean;
  readonly isAddressShort: boolean;
}

function bytesBehind(kind: string, code: Uint8Array, at: number, sizes: Sizes): number {
  switch (kind) {
    case '1':
    case '2':
    case '3':
    case '4':
      return Number(kind);
    case 'I':
      return sizes.word;
    case 'Q':
      return sizes.isWide ? 8 : sizes.word;
    case 'o':
      return sizes.isAddressShort ? 4 : 8;
    case 'm':
      return modRmBytes(code, at);
    case 'b':
      return modRmBytes(code, at) + 1;
    case 'z':
      return modRmBytes(code, at) + sizes.word;
    case 't':
    case 'T': {
      const isTest = (((code[at] ?? 0) >> 3) & 7) < 2;
      return modRmBytes(code, at) + (!isTest ? 0 : kind === 't' ? 1 : sizes.word);
    }
    default:
      return 0;
  }
}

/** ModRM, SIB and displacement. */
function modRmBytes(code: Uint8Array, at: number): number {
  const modRm = code[at];
  if (modRm === undefined) return Number.NaN;
  const mod = modRm >> 6;
  const rm = modRm & 7;
  if (mod === 3) return 1;
  const hasSib = rm === 4;
  const base = hasSib ? (code[at + 1] ?? 0) & 7 : rm;
  const displacement = mod === 1 ? 1 : mod === 2 || base === 5 ? 4 : 0;
  return 1 + (hasSib ? 1 : 0) + displacement;
}
