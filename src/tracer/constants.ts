import { encodeText } from '../base/index.ts';
import type { LoadOptions, NamedParam, Program, RuntimeConstant } from '../program/index.ts';

/** Facts of a run that a program may ask to find in its constants map. */
export type RuntimeFacts = Readonly<Record<RuntimeConstant['what'], bigint>>;

/** Those of a run that begins with the clocks and singles no process out. */
export const factsOfNobody: RuntimeFacts = {
  'start-boot-ns': 0n,
  'sw-tai-offset-ns': 0n,
  'child-pid': 0n,
  'pid-filter': 0n,
  'pidns-dev': 0n,
  'pidns-ino': 0n,
  'self-pid': 0n,
};

/** Values for named parameters; a parameter that is not there is left zero. */
export type ParamValues = ReadonlyMap<string, bigint | string | boolean>;

/** The bytes that the runtime writes into the constants map before loading: named parameters and facts of this run. */
export function encodeConstants(
  program: Program,
  params: ParamValues,
  facts: RuntimeFacts,
): LoadOptions['constants'] {
  return [
    ...program.runtimeConstants.map(({ what, offset }) => ({ offset, bytes: encodeInt(facts[what], 8) })),
    ...program.namedParams.map((param) => ({
      offset: param.offset,
      bytes: encodeParam(param, params.get(param.name)),
    })),
  ];
}

function encodeParam(param: NamedParam, value: bigint | string | boolean | undefined): Uint8Array {
  if (value === undefined) return new Uint8Array(param.size);
  if (typeof value !== 'string') return encodeInt(BigInt(value), param.size);
  const bytes = new Uint8Array(param.size);
  // Longer text is cut so that a NUL remains, as str() does.
  bytes.set(encodeText(value).subarray(0, Math.max(param.size - 1, 0)));
  return bytes;
}

function encodeInt(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(size * 8, value);
  for (let i = 0; i < size; i++) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
