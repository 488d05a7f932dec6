/**
 * The arguments of a static probe as its note spells them: one word each, `SIZE@OPERAND`, where the operand is the compiler's own
 * assembly (sourceware.org/systemtap/wiki/UserSpaceProbeImplementation):
 *
 *     -4@%edi            four signed bytes of a register
 *     8@-16(%rbp)        eight bytes of memory (arm64: 8@[x29, -16])
 *     1@$7               a constant (arm64: 1@7)
 *     4@counter(%rip)    a variable of the binary
 */
import { asU64 } from '../../base/index.ts';
import { type Arch, archFacts } from '../../program/index.ts';
import type { ArgSource } from '../typed/index.ts';
import type { Operand, OperandContext } from './operand.ts';
import { parseArm64Operand } from './operands-arm64.ts';
import { parseX86Operand } from './operands-x86.ts';

export type UsdtArgument =
  | { readonly kind: 'source'; readonly source: ArgSource }
  | { readonly kind: 'unreadable'; readonly reason: string };

const operandParsers: Readonly<Record<Arch, (text: string, context: OperandContext) => Operand>> = {
  x86_64: parseX86Operand,
  aarch64: parseArm64Operand,
};

/** Takes apart the arguments of one place. What cannot be read says why when it is asked for. */
export function parseUsdtArguments(
  text: string,
  arch: Arch,
  context: Omit<OperandContext, 'facts'>,
): readonly UsdtArgument[] {
  const full = { ...context, facts: archFacts(arch) };
  return splitArguments(text).map((word) => parseArgument(word, operandParsers[arch], full));
}

/** Splits at spaces; those inside brackets belong to an operand. */
function splitArguments(text: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let depth = 0;
  for (const char of text) {
    if (char === '[' || char === '(') depth += 1;
    else if (char === ']' || char === ')') depth -= 1;
    if (char !== ' ' || depth > 0) word += char;
    else if (word !== '') {
      words.push(word);
      word = '';
    }
  }
  return word === '' ? words : [...words, word];
}

const argumentPattern = /^(?:(-?)([1248])(f?)@)?(.+)$/;

function parseArgument(
  word: string,
  parseOperand: (text: string, context: OperandContext) => Operand,
  context: OperandContext,
): UsdtArgument {
  const unreadable = (reason: string): UsdtArgument => ({
    kind: 'unreadable',
    reason: `'${word}' ${reason}`,
  });
  const match = argumentPattern.exec(word);
  if (!match) return unreadable('is no argument of a probe');
  // Assembly that does not go through a macro may leave the size out: then it is a whole register.
  const [, minus = '', digit = '8', float = '', text = ''] = match;
  if (float !== '') return unreadable('is a floating-point number');
  const size = Number(digit) as 1 | 2 | 4 | 8; // the pattern allows no other
  const signed = minus === '-';
  const operand = parseOperand(text, context);
  switch (operand.kind) {
    case 'unreadable':
      return unreadable(operand.reason);
    case 'constant': {
      const value = signed ? BigInt.asIntN(size * 8, operand.value) : BigInt.asUintN(size * 8, operand.value);
      return { kind: 'source', source: { kind: 'constant', value: asU64(value) } };
    }
    case 'register': {
      const { register, byte, bytes } = operand;
      const part = Math.min(size, bytes) as typeof size; // parts of registers have sizes of the same kind
      return { kind: 'source', source: { kind: 'register-part', register, byte, size: part, signed } };
    }
    case 'memory':
      return { kind: 'source', source: { kind: 'user-memory', address: operand.address, size, signed } };
  }
}
