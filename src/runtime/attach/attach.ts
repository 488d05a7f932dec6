import type { Attachment, KernelFeature, Prog } from '../../kernel/index.ts';
import type { ProbeKind, ProbeOf } from '../../program/index.ts';

/** What a probe's run half is given. */
export interface AttachContext {
  readonly prog: Prog;
  /** Only this process, where the mechanism can tell. */
  readonly pid: number | undefined;
  readonly onlineCpus: readonly number[];
  readonly hasFeature: (feature: KernelFeature) => boolean;
}

export interface Attached {
  readonly attachments: readonly Attachment[];
  /** How many places it stands on, for "Attached N probes". */
  readonly places: number;
}

/** Attaches a probe of one kind. @throws KernelError when the kernel refuses; nothing stays attached then. */
export type Attach<K extends ProbeKind> = (probe: ProbeOf<K>, context: AttachContext) => Attached;

/** One attachment per item, all or none. */
export function attachEach<T>(items: readonly T[], attach: (item: T) => Attachment): readonly Attachment[] {
  const done: Attachment[] = [];
  try {
    for (const item of items) done.push(attach(item));
    return done;
  } catch (error) {
    for (const attachment of done.reverse()) attachment[Symbol.dispose]();
    throw error;
  }
}
