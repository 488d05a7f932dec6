import { Btf, type BtfId, subsetBtf } from '../btf/index.ts';
import { kernelModelBtf } from '../embedded/index.ts';
import type { Program, Target, TracepointFormat } from '../program/index.ts';
import type { RecordingHeader } from './recording.ts';

/** What a recorded script did not read is not there for another one either: types farther off would be of no use, and they are most of the kernel's. */
const MAX_POINTERS = 2;

/**
 * The kernel's types that a script and its probes name, with what they lead to: for another script on the same events. undefined where there are none, or
 * where they are the same everywhere.
 *
 * @param script its text, a binary string
 */
export function typesOfRun(
  script: string,
  program: Program,
  tracepoints: Readonly<Record<string, TracepointFormat>>,
  target: Target,
): Uint8Array | undefined {
  const btf = target.btf();
  if (btf === undefined) return undefined;
  const words = new Set(
    [script, ...fieldTypes(tracepoints)].flatMap((text) => text.match(/[A-Za-z_]\w*/g) ?? []),
  );
  for (const probe of program.probes) {
    if (probe.kind === 'fentry' || probe.kind === 'fexit') words.add(probe.function);
    // The prototype, and the function that has the names of its parameters.
    if (probe.kind === 'rawtracepoint')
      for (const prefix of ['btf_trace_', '__traceiter_', '__probestub_', '__bpf_trace_'])
        words.add(`${prefix}${probe.event}`);
    if (probe.kind !== 'kprobe' && probe.kind !== 'kretprobe') continue;
    for (const location of probe.locations) if (location.function !== undefined) words.add(location.function);
  }
  const roots: BtfId[] = btf.findAll('task_struct', 'struct');
  for (const word of words)
    roots.push(...btf.findAll(word, 'struct', 'union', 'enum', 'enum64', 'typedef', 'func'));
  for (const kind of ['enum', 'enum64'] as const) {
    for (const id of btf.idsOfKind(kind)) if (namesOne(btf, id, words)) roots.push(id);
  }
  return subsetBtf(btf, roots, MAX_POINTERS);
}

/** The types of the machine that a recording was made on. */
export function recordedTypes({ backend, btf }: RecordingHeader): Btf | undefined {
  // The embedded machine has the same types everywhere.
  if (backend === 'embedded') return kernelModelBtf();
  return btf === undefined ? undefined : Btf.parse(btf);
}

function fieldTypes(tracepoints: Readonly<Record<string, TracepointFormat>>): readonly string[] {
  return Object.values(tracepoints).flatMap(({ fields }) => fields.map(({ type }) => type));
}

/** Whether one of an enum's constants is among the words. */
function namesOne(btf: Btf, id: BtfId, words: ReadonlySet<string>): boolean {
  const type = btf.type(id);
  return (type.kind === 'enum' || type.kind === 'enum64') && type.values.some(({ name }) => words.has(name));
}
