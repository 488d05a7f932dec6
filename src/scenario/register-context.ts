import { type Arch, archFacts } from '../program/index.ts';
import type { LineCursor, ScenarioValue, Space } from './line-cursor.ts';
import type { ScenarioMemory } from './scenario-memory.ts';

/** A raw tracepoint has at most so many arguments. Source: include/linux/filter.h, MAX_BPF_FUNC_ARGS. */
const RAW_ARGS = 12;
/** Behind the registers of a perf event: its period and an address. Source: uapi/linux/bpf_perf_event.h. */
const PERF_BYTES = 16;

export interface ContextParts {
  readonly probe: string;
  readonly arch: Arch;
  readonly space: Space;
  readonly memory: ScenarioMemory;
  readonly cursor: LineCursor;
}

/** The registers of an event: `argN`, `retval`, or a register by its name. `ip`: where it happened. */
export function layOutRegisters(
  parts: ContextParts,
  values: ReadonlyMap<string, ScenarioValue>,
  ip: bigint | undefined,
): Uint8Array {
  const { probe, arch, cursor } = parts;
  const { registers, args, returnValue, instructionPointer } = archFacts(arch);
  const isReturn = probe.startsWith('kretprobe') || probe.startsWith('uretprobe');
  const bytes = new Uint8Array(Math.max(...Object.values(registers)) + 8 + PERF_BYTES);
  const view = new DataView(bytes.buffer);
  const set = (register: string, word: bigint): void =>
    view.setBigUint64(registers[register] ?? 0, BigInt.asUintN(64, word), true);
  if (ip !== undefined) set(instructionPointer, ip);
  for (const [name, value] of values) {
    const number = /^arg(\d+)$/.exec(name)?.[1];
    const register =
      number !== undefined && !isReturn
        ? args[Number(number)]
        : name === 'retval' && isReturn
          ? returnValue
          : name;
    if (register === undefined || !Object.hasOwn(registers, register)) {
      const known = isReturn ? 'retval' : `arg0 to arg${args.length - 1}`;
      throw cursor.error(
        `${probe} has no ${name}; it has ${known} and the registers ${Object.keys(registers).join(', ')}`,
      );
    }
    set(register, parts.memory.wordOf(value, parts.space, cursor));
  }
  return bytes;
}

/** The arguments of a raw tracepoint. */
export function layOutArguments(parts: ContextParts, values: ReadonlyMap<string, ScenarioValue>): Uint8Array {
  const { probe, cursor, memory, space } = parts;
  const bytes = new Uint8Array(RAW_ARGS * 8);
  for (const [name, value] of values) {
    const number = Number(/^arg(\d+)$/.exec(name)?.[1] ?? RAW_ARGS);
    if (number >= RAW_ARGS) throw cursor.error(`${probe} has no ${name}; it has arg0 to arg${RAW_ARGS - 1}`);
    const word = BigInt.asUintN(64, memory.wordOf(value, space, cursor));
    new DataView(bytes.buffer).setBigUint64(number * 8, word, true);
  }
  return bytes;
}
