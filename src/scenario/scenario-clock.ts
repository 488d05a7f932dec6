import type { LineCursor } from './line-cursor.ts';

const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
};
const TIME = /^(\+?)(\d+)(?:\.(\d{1,9}))?(ns|us|ms|s|m)$/;
/** Boot clocks of machines that were up for a hundred years end here. */
const MAX_NS = 1n << 62n;

/** Whether a word begins with a time: `0s`, `1.5ms`, `+20us`. */
export function isTime(word: string): boolean {
  return /^\+?\d/.test(word);
}

/** The time that a word says; with a plus it counts from `before`. */
export function readTime(word: string, before: bigint, cursor: LineCursor): bigint {
  const parts = TIME.exec(word);
  if (parts === null)
    throw cursor.error(`${word} is no time: write 1.5s, 20ms, 3us, 4ns, or +5ms behind the line before`);
  const [, plus, whole, fraction = '', unit = 's'] = parts;
  const factor = unitNs[unit]!;
  const digits = BigInt(fraction.padEnd(9, '0'));
  const ns = BigInt(whole!) * factor + (digits * factor) / 1_000_000_000n;
  const time = plus === '+' ? before + ns : ns;
  if (time < before)
    throw cursor.error(`${word} is before the line above: events stand in the order of time`);
  if (time > MAX_NS) throw cursor.error(`${word} is too late`);
  return time;
}
