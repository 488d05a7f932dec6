/** rawtracepoint: tracepoints by their C prototype in BTF. */
import { uint64 } from '../../types/index.ts';
import { rawTracepointArgs, rawTracepointNames } from './btf-functions.ts';
import { baseProbe, type Provider } from './context.ts';
import type { ProbeArgs, ResolvedProbe } from './resolved.ts';
import { hasWildcard, inOrderOfNames, matcher } from './wildcard.ts';

export const rawTracepoint: Provider = (point, context) => {
  const [first = '', second] = point.parts;
  const module = second === undefined ? undefined : first;
  const pattern = second ?? first;
  if (!context.target.btf()) {
    context.unavailable(point, "rawtracepoints require kernel BTF. Try using a 'tracepoint' instead.");
    return [];
  }
  const isMatch = matcher(pattern);
  const events =
    hasWildcard(pattern) || (module !== undefined && hasWildcard(module))
      ? inOrderOfNames(
          rawTracepointNames(context.target, module).filter((event) => isMatch(event.name)),
          (event) => `${event.module ?? 'vmlinux'}:${event.name}`,
        )
      : [{ name: pattern, module }];
  const probes: ResolvedProbe[] = [];
  for (const event of events) {
    const found = rawTracepointArgs(context, event.name, event.module);
    if (!found) continue;
    const name = `rawtracepoint:${found.module ?? 'vmlinux'}:${event.name}`;
    const args: ProbeArgs = {
      typeName: `struct rawtracepoint:${found.module ?? 'vmlinux'}:${event.name}_args`,
      names: found.args.map((arg) => arg.name),
      field: (text) => found.args.find((arg) => arg.name === text),
    };
    const location = found.module === undefined ? {} : { module: found.module };
    probes.push({
      ...baseProbe(point, name, 'rawtracepoint'),
      progType: 'BPF_PROG_TYPE_TRACING',
      expectedAttachType: 'BPF_TRACE_RAW_TP',
      attachBtf: { kind: 'typedef', name: `btf_trace_${event.name}`, ...location },
      ctxWords: found.args.length,
      space: 'kernel',
      pidFilter: context.options.filtersByPid === true,
      args,
      numbered: { count: found.args.length, type: uint64, source: (index) => ({ kind: 'ctx-slot', index }) },
      attachments: [{ kind: 'rawtracepoint', name, event: event.name, ...location }],
    });
  }
  if (probes.length === 0)
    context.missing(point, `rawtracepoint ${module === undefined ? '' : `${module}:`}${pattern}`);
  return probes;
};
