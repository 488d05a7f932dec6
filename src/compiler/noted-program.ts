import { mapFlags } from '../bpf/index.ts';
import { type Arch, archFacts, type BpfMapSpec, type Program, type Target } from '../program/index.ts';
import { type AssembleInput, assemble } from './assemble.ts';
import type { Func } from './ir/index.ts';
import { ringBufferSpec } from './lower/index.ts';
import { type CtxForm, noteEvents, whyUnnotable } from './opt/index.ts';
import type { Attachment, ResolvedProbe } from './probes/index.ts';

/** The program of a script whose progs tell what they run for and what they are told (see program/event-notes.ts). */
export interface NotedProgram {
  readonly program: Program;
  /** A map with one u64: notes that found no room. */
  readonly losses: number;
  /** Probes whose events are not told, and why. */
  readonly left: readonly { readonly probe: string; readonly reason: string }[];
}

/** Pages of the ring buffer: notes have three quarters of it, records one, which is as much as they have without notes. */
const PAGE_BYTES = 4096;
const DEFAULT_PAGES = (16 * 1024 * 1024) / PAGE_BYTES;
/** A raw tracepoint has at most so many arguments of 8 bytes. Source: include/linux/filter.h, MAX_BPF_FUNC_ARGS. */
const RAW_TRACEPOINT_BYTES = 12 * 8;

export function noteProgram(input: AssembleInput, target: Target): NotedProgram {
  const { lowered } = input;
  const first = lowered.bpfMaps.length;
  const losses = lowered.ringBuffer === undefined ? first + 1 : first;
  const ring = lowered.ringBuffer ?? first;
  const bootClock = target.has('ktime-get-boot-ns') ? 'ktime_get_boot_ns' : 'ktime_get_ns';
  const recordPages = 2 ** Math.ceil(Math.log2(input.typed.settings.perfRbPages || DEFAULT_PAGES));
  const pages = 4 * recordPages;
  const ringLimit = 3 * recordPages * PAGE_BYTES;
  const left = new Map<string, string>();
  const program = assemble({
    ...input,
    noting: {
      maps: [...(lowered.ringBuffer === undefined ? [ringBufferSpec] : []), lossesSpec],
      ringBuffer: ring,
      note(funcs, probe, attachment, index) {
        const [main, ...others] = funcs;
        const ctx = ctxFormOf(probe, attachment, target);
        const followsPointers = probe.progType === 'BPF_PROG_TYPE_TRACING';
        const reason = typeof ctx === 'string' ? ctx : whyNone(funcs, followsPointers);
        if (reason !== undefined) left.set(attachment.name, reason);
        if (typeof ctx === 'string' || reason !== undefined || main === undefined) return funcs;
        const about = { ring, losses, ringLimit, probe: index, ctx, followsPointers };
        return [noteEvents(main, { ...about, bootClock }), ...others];
      },
    },
  });
  return {
    program: {
      ...program,
      settings: { ...program.settings, perfRbPages: pages },
    },
    losses,
    left: [...left].map(([probe, reason]) => ({ probe, reason })),
  };
}

const lossesSpec: BpfMapSpec = {
  name: 'lost_notes',
  type: 'BPF_MAP_TYPE_ARRAY',
  keySize: 4,
  valueSize: 8,
  maxEntries: 1,
  flags: mapFlags.BPF_F_MMAPABLE,
  role: 'other',
};

function whyNone(funcs: readonly Func[], followsPointers: boolean): string | undefined {
  return funcs.map((func) => whyUnnotable(func, followsPointers)).find((reason) => reason !== undefined);
}

/** How the ctx is read whole; a text: why it is not. */
function ctxFormOf(probe: ResolvedProbe, attachment: Attachment, target: Target): CtxForm | string {
  const { kind } = attachment;
  switch (probe.progType) {
    case 'BPF_PROG_TYPE_TRACEPOINT': {
      const format =
        kind === 'tracepoint' ? target.tracepointFormat(attachment.category, attachment.event) : undefined;
      const fields = format?.fields ?? [];
      return {
        kind: 'bytes',
        bytes: Math.max(0, ...fields.map(({ offset, size }) => offset + size)),
        locations: fields.flatMap(({ type, offset }) =>
          /^__(?:data|rel)_loc/.test(type) ? [{ offset, relative: type.startsWith('__rel') }] : [],
        ),
      };
    }
    case 'BPF_PROG_TYPE_KPROBE':
      return { kind: 'bytes', bytes: registerBytes(target.arch), locations: [] };
    case 'BPF_PROG_TYPE_PERF_EVENT':
      return { kind: 'perf', registerBytes: registerBytes(target.arch) };
    case 'BPF_PROG_TYPE_RAW_TRACEPOINT':
      return { kind: 'bytes', bytes: kind === 'rawtracepoint' ? RAW_TRACEPOINT_BYTES : 0, locations: [] };
    case 'BPF_PROG_TYPE_TRACING':
      if ('module' in attachment && attachment.module !== undefined)
        return `its types are those of the module ${attachment.module}, which are not kept`;
      if (probe.ctxWords === undefined) return 'what it runs for is no event';
      return { kind: 'bytes', bytes: probe.ctxWords * 8, locations: [] };
    case 'BPF_PROG_TYPE_XDP':
    case 'BPF_PROG_TYPE_SYSCALL':
      return 'nothing happens that it runs for';
  }
}

/** All registers, up to the last one. */
function registerBytes(arch: Arch): number {
  return Math.max(...Object.values(archFacts(arch).registers)) + 8;
}
