import { alignUp } from '../../base/index.ts';
import type { Arch, TracepointField, TracepointFormat } from '../../program/index.ts';
import { syscallTable } from './syscall-table.ts';

/** Fields that all events begin with; progs cannot read them. Source: include/linux/trace_events.h, struct trace_entry. */
const commonFields: readonly TracepointField[] = [
  { name: 'common_type', type: 'unsigned short', offset: 0, size: 2, signed: false },
  { name: 'common_flags', type: 'unsigned char', offset: 2, size: 1, signed: false },
  { name: 'common_preempt_count', type: 'unsigned char', offset: 3, size: 1, signed: false },
  { name: 'common_pid', type: 'int', offset: 4, size: 4, signed: true },
];

/** Where the event's own fields begin. */
const FIRST_OWN_OFFSET = 8;

/** A field of an event: its type as the kernel spells it, its name, its size; `signed` is the default. */
type OwnField = readonly [type: string, name: string, size: number, sign?: 'unsigned'];

const word: (type: string, name: string) => OwnField = (type, name) => [type, name, 8, 'unsigned'];

/**
 * Events of processes, as Linux 6.18 has them. Source: include/trace/events/{syscalls,sched,signal}.h. Of signal_deliver the handler and its
 * flags are left out: only the kernel knows them.
 */
export const eventFields = {
  'raw_syscalls:sys_enter': [
    ['long', 'id', 8],
    ['unsigned long[6]', 'args', 48, 'unsigned'],
  ],
  'raw_syscalls:sys_exit': [
    ['long', 'id', 8],
    ['long', 'ret', 8],
  ],
  'sched:sched_process_exec': [
    ['__data_loc char[]', 'filename', 4, 'unsigned'],
    ['pid_t', 'pid', 4],
    ['pid_t', 'old_pid', 4],
  ],
  'sched:sched_process_fork': [
    ['__data_loc char[]', 'parent_comm', 4, 'unsigned'],
    ['pid_t', 'parent_pid', 4],
    ['__data_loc char[]', 'child_comm', 4, 'unsigned'],
    ['pid_t', 'child_pid', 4],
  ],
  'sched:sched_process_exit': [
    ['char[16]', 'comm', 16, 'unsigned'],
    ['pid_t', 'pid', 4],
    ['int', 'prio', 4],
    ['bool', 'group_dead', 1, 'unsigned'],
  ],
  'signal:signal_deliver': [
    ['int', 'sig', 4],
    ['int', 'errno', 4],
    ['int', 'code', 4],
  ],
} as const satisfies Record<string, readonly OwnField[]>;
export type NamedEvent = keyof typeof eventFields;

/** Ids of the made-up tracefs: those of the named events first, then two for every system call. */
const FIRST_SYSCALL_ID = 100;

/**
 * The tracepoints a traced process can have, as `category:event`. In the order of the kernel's own list, which is that of their names within a
 * category.
 */
export function processTracepoints(arch: Arch): ReadonlyMap<string, TracepointFormat> {
  const formats = new Map<string, TracepointFormat>();
  for (const [index, [name, fields]] of Object.entries(eventFields).entries())
    formats.set(name, { id: index + 1, fields: layOut(fields) });
  for (const [index, row] of syscallTable.entries()) {
    if (numberOf(row, arch) === undefined) continue;
    const [name, , , parameters] = row;
    const id = FIRST_SYSCALL_ID + 2 * index;
    formats.set(`syscalls:sys_enter_${name}`, { id, fields: layOut(enterFields(parameters)) });
    formats.set(`syscalls:sys_exit_${name}`, { id: id + 1, fields: layOut(exitFields) });
  }
  return formats;
}

/** A system call by the number the processor is given. */
export function syscallNames(arch: Arch): ReadonlyMap<number, string> {
  return new Map(
    syscallTable.flatMap((row) => {
      const number = numberOf(row, arch);
      return number === undefined ? [] : [[number, row[0]] as const];
    }),
  );
}

function numberOf([, x86, arm]: readonly [string, number, number, string], arch: Arch): number | undefined {
  const number = arch === 'x86_64' ? x86 : arm;
  return number < 0 ? undefined : number;
}

const number: OwnField = ['int', '__syscall_nr', 4];
const exitFields: readonly OwnField[] = [number, ['long', 'ret', 8]];

function enterFields(parameters: string): readonly OwnField[] {
  if (parameters === '') return [number];
  return [
    number,
    ...parameters.split(', ').map((parameter) => {
      const space = parameter.lastIndexOf(' ');
      return word(parameter.slice(0, space), parameter.slice(space + 1));
    }),
  ];
}

/** Gives each field its place, as a C compiler does. */
function layOut(own: readonly OwnField[]): readonly TracepointField[] {
  const fields = [...commonFields];
  let offset = FIRST_OWN_OFFSET;
  for (const [type, name, size, sign] of own) {
    offset = alignUp(offset, type.startsWith('char[') ? 1 : Math.min(size, 8));
    fields.push({ name, type, offset, size, signed: sign === undefined });
    offset += size;
  }
  return fields;
}
