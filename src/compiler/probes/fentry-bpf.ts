/** fentry:bpf and fexit:bpf: functions of BPF progs that are loaded. */
import type { BpfFunction } from '../../program/index.ts';
import { suggest } from '../language/index.ts';
import { baseProbe, canAttachBy, type Point, type ResolveContext } from './context.ts';
import type { ResolvedProbe } from './resolved.ts';
import { hasWildcard, matcher } from './wildcard.ts';

/** @param point its parts are `bpf`, a prog's id or `*` (may be left out), and a function. */
export function fentryBpf(point: Point, context: ResolveContext): readonly ResolvedProbe[] {
  const { kind } = point;
  if (kind !== 'fentry' && kind !== 'fexit') return [];
  const [, ...place] = point.parts;
  const id = place.length === 2 ? (place[0] ?? '') : '*';
  if (id !== '*' && !/^\d+$/.test(id)) {
    context.report('fentry-bpf-id', point.span);
    return [];
  }
  const pattern = place.at(-1) ?? '';
  const shown = `${kind} ${point.parts.join(':')}`;
  const functions = context.target.bpfFunctions();
  const found = functions.filter(bpfFunctionMatcher(id, pattern));
  if (found.length === 0) {
    context.missing(point, shown, () =>
      suggest(
        pattern,
        functions.map(({ name }) => name),
      ),
    );
    return [];
  }
  if (!canAttachBy('fentry', context)) {
    context.unavailable(
      point,
      `Unable to attach probe: ${kind}:${point.parts.join(':')}. This kernel refuses ${kind} (BPF trampolines).`,
    );
    return [];
  }
  return found.map((fn) => probeOn(fn, kind, point, context));
}

function probeOn(
  { prog, name: fn, returns }: BpfFunction,
  kind: 'fentry' | 'fexit',
  point: Point,
  context: ResolveContext,
): ResolvedProbe {
  const name = `${kind}:bpf:${prog}:${fn}`;
  return {
    ...baseProbe(point, name, kind),
    progType: 'BPF_PROG_TYPE_TRACING',
    expectedAttachType: kind === 'fexit' ? 'BPF_TRACE_FEXIT' : 'BPF_TRACE_FENTRY',
    attachBtf: { kind: 'func', name: fn, prog },
    space: 'kernel',
    func: 'helper',
    pidFilter: context.options.filtersByPid === true,
    argsProblem: "The args builtin cannot be used for 'fentry/fexit:bpf' probes",
    ...(kind === 'fexit' ? resultIn(returns, context) : {}),
    attachments: [{ kind, name, function: fn, bpfProg: prog }],
  };
}

/** Where the kernel does not trust the prog's BTF it lays the ctx out by a pattern of its own: only its helper finds the result. */
function resultIn(
  returns: BpfFunction['returns'],
  { target }: ResolveContext,
): Pick<ResolvedProbe, 'retval' | 'retvalProblem'> {
  if (returns === undefined) return {};
  if (!target.has('get-func-ret')) {
    return {
      retvalProblem:
        'The retval builtin of fexit:bpf needs bpf_get_func_ret(), which this kernel lacks (Linux 5.17)',
    };
  }
  return { retval: { type: { kind: 'int', ...returns }, source: { kind: 'func-ret' } } };
}

/** Whether a function is one that an id (`*`: any) and a name or pattern stand for. Patterns leave out progs that trace others. */
export function bpfFunctionMatcher(id: string, pattern: string): (fn: BpfFunction) => boolean {
  const isName = matcher(pattern);
  const isPattern = id === '*' || hasWildcard(pattern);
  return (fn) => isName(fn.name) && (id === '*' || fn.prog === Number(id)) && !(isPattern && fn.isTracing);
}
