import type { Happening } from '../embedded/index.ts';
import { createQuietEnvironment, type Environment, UnansweredError } from '../vm/index.ts';

/** Answers nothing: what a prog asks was not recorded. */
export function refusingEnvironment({ probe }: Happening): Environment {
  const refuse = (what: string): never => {
    throw new UnansweredError(`${what}, which was not recorded for ${probe}`);
  };
  const spaces = { user: "the process's memory", kernel: "the kernel's memory" };
  return {
    ...createQuietEnvironment(),
    now: (clock) => refuse(`asks for the ${clock} clock`),
    random: () => refuse('asks for a random number'),
    read: (space, address, into) =>
      refuse(
        `reads ${into.length} bytes of ${spaces[space]} at 0x${BigInt.asUintN(64, address).toString(16)}`,
      ),
    stack: (space) => refuse(`asks for the ${space} stack`),
    write: () => refuse('writes memory of the process'),
    functionIp: () => refuse('asks for the address of its probe'),
    attachCookie: () => refuse('asks for the cookie of its probe'),
    sessionIsReturn: () => refuse('asks whether the function returns'),
    namespaceIds: () => refuse('asks for ids of another namespace'),
    perCpuAddress: () => refuse('asks for a per-CPU variable'),
    taskRegisters: () => refuse("asks for a task's registers"),
    socketCookie: () => refuse("asks for a socket's cookie"),
    numaNode: () => refuse('asks for the NUMA node'),
    signal: () => refuse('sends a signal'),
    overrideReturn: () => refuse('replaces a returned value'),
    path: () => refuse('asks for a path'),
  };
}
