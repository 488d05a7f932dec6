/** fentry and fexit: trampolines by BTF. */
import type { KernelFunction } from '../../program/index.ts';
import { functionArgs } from './btf-functions.ts';
import { baseProbe, canAttachBy, type Provider } from './context.ts';
import { fentryBpf } from './fentry-bpf.ts';
import { matchFunctions, noFunctionList, similarFunction } from './kernel-functions.ts';
import type { ProbeArgs, ResolvedProbe } from './resolved.ts';
import { hasWildcard } from './wildcard.ts';

export const fentry: Provider = (point, context) => {
  if (point.kind !== 'fentry' && point.kind !== 'fexit') return [];
  const { kind } = point;
  if (point.parts[0] === 'bpf' && point.parts.length > 1) return fentryBpf(point, context);
  if (point.parts.length > 2) {
    context.report('fentry-four-parts', point.span);
    return [];
  }
  if (!context.target.btf()) {
    context.unavailable(point, `${kind} needs the kernel's BTF, and there is none`);
    return [];
  }
  const [first = '', second] = point.parts;
  const module = second === undefined ? undefined : first;
  const pattern = second ?? first;
  const isPattern = hasWildcard(pattern) || (module !== undefined && hasWildcard(module));
  const found = isPattern
    ? matchFunctions({ ...(module === undefined ? {} : { module }), function: pattern }, context)
    : [plain(pattern, module)];
  if (!found) {
    noFunctionList(point, context);
    return [];
  }
  const probes: ResolvedProbe[] = [];
  for (const fn of found) {
    const proto = functionArgs(context, fn.name, fn.module);
    if (proto.kind === 'ambiguous') {
      context.report('fentry-ambiguous', point.span, fn.name, proto.modules.join(', '));
      continue;
    }
    if (proto.kind !== 'known') {
      if (proto.kind === 'unsuitable' && !isPattern)
        context.report('fentry-unsuitable', point.span, `${kind}:${fn.name}`, proto.reason);
      continue;
    }
    const name = `${kind}:${proto.module ?? 'vmlinux'}:${fn.name}`;
    const own =
      kind === 'fexit' && proto.retval
        ? [
            ...proto.args,
            { name: 'retval', type: proto.retval, source: { kind: 'ctx-slot', index: proto.slots } as const },
          ]
        : proto.args;
    const args: ProbeArgs = {
      typeName: `struct ${name}_args`,
      names: own.map((arg) => arg.name),
      field: (text) => own.find((arg) => arg.name === text),
    };
    const location = proto.module === undefined ? {} : { module: proto.module };
    probes.push({
      ...baseProbe(point, name, kind),
      progType: 'BPF_PROG_TYPE_TRACING',
      expectedAttachType: kind === 'fexit' ? 'BPF_TRACE_FEXIT' : 'BPF_TRACE_FENTRY',
      attachBtf: { kind: 'func', name: fn.name, ...location },
      ctxWords: proto.slots + (kind === 'fexit' && proto.retval ? 1 : 0),
      space: 'kernel',
      func: 'helper',
      pidFilter: context.options.filtersByPid === true,
      args,
      ...(kind === 'fexit' && proto.retval
        ? { retval: { type: proto.retval, source: { kind: 'ctx-slot', index: proto.slots } } }
        : {}),
      attachments: [{ kind, name, function: fn.name, ...location }],
    });
  }
  const shown = `${module === undefined ? '' : `${module}:`}${pattern}`;
  if (probes.length === 0) {
    context.missing(point, `${kind} ${shown}`, () => similarFunction({ function: pattern }, context));
  } else if (!canAttachBy('fentry', context)) {
    const other = kind === 'fentry' ? 'kprobe' : 'kretprobe';
    context.unavailable(
      point,
      `Unable to attach probe: ${kind}:${shown}. This kernel refuses ${kind} (BPF trampolines)${context.target.has('kprobe') ? `; ${other} can stand on the same function` : ''}.`,
    );
    return [];
  }
  return probes;
};

function plain(name: string, module: string | undefined): KernelFunction {
  return module === undefined || module === 'vmlinux' ? { name } : { name, module };
}
