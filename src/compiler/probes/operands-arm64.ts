/** Operands as compilers for arm64 write them: `5`, `x0`, `w3`, `[sp, 60]`, `[x0, x1, lsl 3]`, `[x0, w1, sxtw 2]`. */
import type { RegisterPart } from '../../program/index.ts';
import type { OperandIndex } from '../typed/index.ts';
import { type Operand, type OperandContext, parseNumber } from './operand.ts';

const extendPattern = /^(lsl|uxtw|sxtw|sxtx)(?:\s+#?(\d))?$/;

export function parseArm64Operand(text: string, context: OperandContext): Operand {
  if (text === 'xzr' || text === 'wzr') return { kind: 'constant', value: 0n };
  const value = parseImmediate(text);
  if (value !== undefined) return { kind: 'constant', value };
  const register = partNamed(text, context);
  if (register !== undefined) return { kind: 'register', ...register };
  const memory = /^\[([^[\]]*)\]$/.exec(text);
  if (memory) return parseMemory(memory[1] ?? '', context);
  return /^[bhsdqv]\d+/.test(text)
    ? { kind: 'unreadable', reason: `is in ${text}, which a probe does not get to see` }
    : notRead;
}

const notRead: Operand = { kind: 'unreadable', reason: 'is an operand that is not understood' };

function parseImmediate(text: string): bigint | undefined {
  return parseNumber(text.startsWith('#') ? text.slice(1) : text);
}

/** `BASE`, `BASE, OFFSET`, `BASE, INDEX`, `BASE, INDEX, lsl SHIFT`. */
function parseMemory(inside: string, context: OperandContext): Operand {
  const [baseText = '', second, extend, ...more] = inside.split(',').map((piece) => piece.trim());
  const base = partNamed(baseText, context);
  if (base?.bytes !== 8 || more.length > 0) return notRead;
  const address = { base: base.register, bits: 64 } as const;
  if (second === undefined) return { kind: 'memory', address: { ...address, offset: 0n } };
  const offset = parseImmediate(second);
  if (offset !== undefined) {
    return extend === undefined ? { kind: 'memory', address: { ...address, offset } } : notRead;
  }
  const index = parseIndex(partNamed(second, context), extend);
  return index === undefined ? notRead : { kind: 'memory', address: { ...address, offset: 0n, index } };
}

function parseIndex(part: RegisterPart | undefined, extend: string | undefined): OperandIndex | undefined {
  if (part === undefined) return undefined;
  const bits = part.bytes === 8 ? 64 : 32;
  if (extend === undefined) return { register: part.register, bits, signed: false, scale: 1 };
  const match = extendPattern.exec(extend);
  if (!match) return undefined;
  const scale = 1 << Number(match[2] ?? '0');
  return { register: part.register, bits, signed: match[1]?.startsWith('s') ?? false, scale };
}

function partNamed(name: string, { facts }: OperandContext): RegisterPart | undefined {
  return Object.hasOwn(facts.operands, name) ? facts.operands[name] : undefined;
}
