/** strerror(), signal_name(), syscall_name(): texts by number, from tables in the constants map. */
import type { Arch } from '../../../program/index.ts';
import { errnoTexts } from './errno-texts.ts';
import type { CallExpr, Lower, Lowering } from './lowering.ts';
import { copyPlace, type Place, storeText } from './place.ts';
import { signalTexts } from './signal-texts.ts';
import { syscallsArm64 } from './syscalls-aarch64.ts';
import { syscallsX86 } from './syscalls-x86-64.ts';

type Names = readonly (string | undefined)[];

const syscallsByArch: Readonly<Record<Arch, Names>> = { x86_64: syscallsX86, aarch64: syscallsArm64 };

/** Texts in equal cells, so that a number finds its own by multiplication; the last cell is for numbers without a text. */
function tableText(names: Names, unknown: string, cellBytes: number): string {
  return [...names, unknown].map((name) => (name ?? unknown).padEnd(cellBytes, '\0')).join('');
}

/** @param takesNegated a number below 0 means the one without its sign: how functions of the kernel return errors */
function byNumber(namesFor: (arch: Arch) => Names, unknown: string, takesNegated = false): Lowering {
  return {
    gives: 'memory',
    lower: (lower: Lower, call: CallExpr, to: Place) => {
      const { b } = lower;
      const names = namesFor(lower.target.arch);
      const cellBytes = cellFor(names, unknown);
      const bytes = lower.sizeOf(call.type);
      const table = lower.constantText(tableText(names, unknown, cellBytes));
      const given = lower.scalar(call.args[0]!);
      const number = takesNegated
        ? lower.choose(
            b.compare('slt', given, b.const(0)),
            () => b.unary('neg', given),
            () => given,
          )
        : given;
      const last = b.const(names.length);
      const cell = lower.choose(
        b.compare('ult', number, last),
        () => number,
        () => last,
      );
      storeText(b, to, '', bytes);
      const from = {
        base: b.binary('add', table.base, b.binary('mul', cell, b.const(cellBytes))),
        off: table.off,
      };
      copyPlace(b, to, { ...from, align: 8 }, cellBytes);
    },
  };
}

/** Bytes of the longest text with its NUL, a multiple of 8: what a cell takes. */
function cellFor(names: Names, unknown: string): number {
  const longest = [...names, unknown].reduce((most, name) => Math.max(most, name?.length ?? 0), 0);
  return Math.ceil((longest + 1) / 8) * 8;
}

export const nameTableLowerings = {
  strerror: byNumber(() => errnoTexts, 'Unknown error', true),
  signal_name: byNumber(() => signalTexts, 'N/A'),
  syscall_name: byNumber((arch) => syscallsByArch[arch], 'Unknown syscall'),
} as const satisfies Record<string, Lowering>;
