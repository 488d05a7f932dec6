/** What the operand parsers of all architectures share. */
import type { ArchFacts } from '../../program/index.ts';
import type { OperandAddress } from '../typed/index.ts';

/** What the operands of one place are read with. */
export interface OperandContext {
  readonly facts: ArchFacts;
  /** Address of the place, as the binary has it: variables are found relative to it. */
  readonly location: bigint;
  /** The address of a symbol, as the binary has it. */
  symbol(name: string): bigint | undefined;
}

/** An operand without its size. */
export type Operand =
  | { readonly kind: 'constant'; readonly value: bigint }
  | { readonly kind: 'register'; readonly register: string; readonly byte: number; readonly bytes: number }
  | { readonly kind: 'memory'; readonly address: OperandAddress }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** An integer as assemblers write it. */
export function parseNumber(text: string): bigint | undefined {
  const match = /^([+-]?)(0x[0-9a-f]+|\d+)$/i.exec(text);
  if (!match) return undefined;
  const value = BigInt(match[2] ?? '');
  return match[1] === '-' ? -value : value;
}

/**
 * A variable's address, from where the prog stands: the distance from the probe is the same wherever the binary was loaded.
 */
export function besideProbe(
  name: string,
  offset: bigint,
  { symbol, location, facts }: OperandContext,
): Operand {
  const address = symbol(name);
  if (address === undefined) {
    return { kind: 'unreadable', reason: `names '${name}', which is not in the binary's symbol table` };
  }
  return {
    kind: 'memory',
    address: { base: facts.instructionPointer, offset: address + offset - location, bits: 64 },
  };
}
