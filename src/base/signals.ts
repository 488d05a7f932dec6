/** Numbers of the signals, the same on x86-64 and arm64. Source: include/uapi/asm-generic/signal.h, arch/x86/include/uapi/asm/signal.h. */
const numbers: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
};

/** The number of a signal by name: any case, the prefix SIG optional. */
export function signalNumber(name: string): number | undefined {
  const upper = name.toUpperCase();
  return numbers[upper] ?? (upper.startsWith('SIG') ? numbers[upper.slice(3)] : undefined);
}

/** `SIGTERM` for 15, `SIG40` for one that has no name. */
export function signalName(number: number): string {
  const [name = number] = Object.entries(numbers).find(([, value]) => value === number) ?? [];
  return `SIG${name}`;
}
