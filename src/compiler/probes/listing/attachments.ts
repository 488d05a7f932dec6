/** The probes of a script as a list: one line for each place that its attach points were expanded to. */
import { unreachable } from '../../../base/index.ts';
import type { KernelLocation, UserLocation } from '../../../program/index.ts';
import type { Attachment, ResolvedProbe } from '../resolved.ts';
import { warnOfNamesOnly } from './kernel-functions.ts';
import { type ListContext, type ListedProbe, sortedOnce } from './listed.ts';
import {
  functionParams,
  iterParams,
  rawTracepointParams,
  tracepointParams,
  userFunctionParams,
} from './params.ts';

/** Attach points in the order of the script, what each was expanded to sorted. begin, end and self are not listed. */
export function listAttachments(
  probes: readonly ResolvedProbe[],
  context: ListContext,
): readonly ListedProbe[] {
  const byPoint = new Map<string, ListedProbe[]>();
  for (const probe of probes) {
    warnOfNamesOnly(probe.kind, context);
    const point = `${probe.block}:${probe.span.start}`;
    const listed = probe.attachments.flatMap((attachment) => listAttachment(probe, attachment, context));
    byPoint.set(point, [...(byPoint.get(point) ?? []), ...listed]);
  }
  return [...byPoint.values()].flatMap(sortedOnce);
}

function listAttachment(
  { kind, substituted }: ResolvedProbe,
  attachment: Attachment,
  context: ListContext,
): readonly ListedProbe[] {
  const { name } = attachment;
  const { target } = context;
  const one = (params: () => readonly string[]): readonly ListedProbe[] => [
    { name, params: context.withParams ? params() : [] },
  ];
  switch (attachment.kind) {
    case 'begin':
    case 'end':
    case 'self':
      return [];
    case 'interval':
    case 'profile':
    case 'software':
    case 'hardware':
      // Without the number.
      return [{ name: name.slice(0, name.lastIndexOf(':') + 1), params: [] }];
    case 'tracepoint':
      return one(() => tracepointParams(attachment.category, attachment.event, target));
    case 'rawtracepoint':
      return one(() => rawTracepointParams(attachment.event, attachment.module, target));
    case 'iter':
      return one(() => iterParams(attachment.iterator, target));
    case 'fentry':
    case 'fexit': {
      // It may stand in for a kprobe, whose arguments have no names.
      const asked = substituted && kind === 'kprobe' ? kind : substituted ? 'kretprobe' : attachment.kind;
      return one(() => functionParams(asked, attachment.function, attachment.module, target));
    }
    case 'kprobe':
    case 'kretprobe':
      return attachment.locations.map((location) => ({
        name: kernelName(attachment, location),
        params:
          context.withParams && location.function !== undefined
            ? functionParams(attachment.kind, location.function, location.module, target)
            : [],
      }));
    case 'uprobe':
    case 'uretprobe':
      return attachment.locations.map((location) => ({
        name: userName(attachment.kind, location),
        params:
          context.withParams && attachment.kind === 'uprobe' && location.address !== undefined
            ? userFunctionParams(location.path, location.address, target)
            : [],
      }));
    case 'usdt':
    case 'test':
    case 'bench':
    case 'watchpoint':
      return one(() => []);
    default:
      return unreachable(attachment);
  }
}

/** With its module when the script names one. */
function kernelName({ kind, name }: Attachment, location: KernelLocation): string {
  const isWithModule = name.split(':').length > 2;
  const module = isWithModule ? `${location.module ?? 'vmlinux'}:` : '';
  return `${kind}:${module}${location.function ?? location.address}`;
}

function userName(kind: string, location: UserLocation): string {
  return `${kind}:${location.path}:${location.symbol ?? location.address}`;
}
