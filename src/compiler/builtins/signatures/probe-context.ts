import type { ProbeKind } from '../../../program/index.ts';
import { bytesOfText } from '../../language/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';

const numberedProbes: readonly ProbeKind[] = ['kprobe', 'uprobe', 'usdt', 'rawtracepoint'];
const returnProbes: readonly ProbeKind[] = ['kretprobe', 'uretprobe', 'fexit'];
const argsProbes: readonly ProbeKind[] = ['tracepoint', 'rawtracepoint', 'fentry', 'fexit', 'uprobe'];

/** `args` as a whole: a record of all; a member that is named is looked up where that is. */
function checkArgs(use: BuiltinUse): TypedExpr {
  const args = use.probe?.args;
  if (!args) {
    const why =
      use.probe?.argsProblem ??
      `The args builtin can only be used with tracepoint, rawtracepoint, fentry/fexit, and uprobe probes (${use.probe?.probeType ?? 'function'} used here)`;
    return use.error(why);
  }
  if (use.probe?.kind !== 'tracepoint') {
    return use.record(
      args.names.flatMap((name) => {
        const arg = args.field(name);
        return arg ? [{ name, value: { kind: 'arg', type: arg.type, at: use.at, source: arg.source } }] : [];
      }),
    );
  }
  return use.error(
    `${args.typeName} cannot be used as a value: name one of its members, as in args.${args.names[0] ?? 'x'}`,
  );
}

function checkRetval(use: BuiltinUse): TypedExpr {
  const retval = use.probe?.retval;
  if (!retval) {
    if (use.probe?.retvalProblem !== undefined) return use.error(use.probe.retvalProblem);
    const hint = use.probe?.kind === 'tracepoint' ? ' (try to use args.ret instead)' : '';
    return use.error(
      `The retval builtin can only be used with 'kretprobe' and 'uretprobe' and 'fentry' probes${hint}`,
    );
  }
  return use.inSpace(
    { kind: 'arg', type: retval.type, at: use.at, source: retval.source },
    use.probe?.space ?? 'none',
  );
}

function checkCtx(use: BuiltinUse): TypedExpr {
  const type = use.probe?.ctx;
  if (use.probe?.kind === 'tracepoint') return use.error('Use args instead of ctx in tracepoint');
  if (!type)
    return use.error(`The ctx builtin can not be used with '${use.probe?.kind ?? 'function'}' probes`);
  return { kind: 'ctx', type, at: use.at };
}

function probeText(text: 'name' | 'probeType') {
  return (use: BuiltinUse): TypedExpr =>
    use.probe
      ? use.string(bytesOfText(use.probe[text]))
      : use.error(`Builtin ${use.name} not supported outside probe`);
}

/** `argN`: the checker takes any `arg` followed by digits here. */
function checkNumbered(use: BuiltinUse): TypedExpr {
  const index = Number(use.name.slice('arg'.length));
  const numbered = use.probe?.numbered;
  if (!numbered) {
    return use.error(`The ${use.name} builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes`);
  }
  const complaint = numbered.complaint?.(index);
  if (complaint?.severity === 'error') return use.error(complaint.message);
  if (complaint) use.warn(complaint.message);
  if (index >= numbered.count) return use.error(`${use.target.arch} doesn't support arg${index}`);
  const source = numbered.source(index);
  const arg: TypedExpr = { kind: 'arg', type: numbered.type, at: use.at, source };
  return use.inSpace(
    // The process may change its memory while we look; and a loop would read it again and again.
    source.kind === 'user-memory' ? use.atStart(use.name, arg) : arg,
    numbered.type.kind === 'pointer' ? numbered.type.space : (use.probe?.space ?? 'none'),
  );
}

export const probeContextBuiltins = {
  args: {
    form: 'variable',
    signature: ['args'],
    doc: 'The arguments of the traced event, by name.',
    where: argsProbes,
    folds: true,
    needsCtx: true,
    notInFor: true,
    check: checkArgs,
  },
  argN: {
    form: 'variable',
    signature: ['uint64 arg0', 'uint64 arg1'],
    doc: 'The arguments of the traced function, by number.',
    where: numberedProbes,
    folds: true,
    needsCtx: true,
    // Those of usdt are at hand everywhere.
    notInFor: (probe) => probe.kind !== 'usdt',
    check: checkNumbered,
  },
  retval: {
    form: 'both',
    macro: true,
    signature: ['uint64 retval'],
    doc: 'What the traced function returned.',
    where: returnProbes,
    folds: true,
    needsCtx: true,
    notInFor: true,
    arity: [0, 0],
    check: checkRetval,
  },
  ctx: {
    form: 'variable',
    signature: ['void *ctx'],
    doc: 'The context that the kernel gave the prog.',
    folds: true,
    needsCtx: true,
    notInFor: true,
    check: checkCtx,
  },
  probe: {
    form: 'both',
    macro: true,
    signature: ['string probe'],
    doc: 'The full name of the probe.',
    folds: true,
    arity: [0, 0],
    check: probeText('name'),
  },
  probetype: {
    form: 'both',
    macro: true,
    signature: ['string probetype'],
    doc: 'The kind of the probe.',
    folds: true,
    arity: [0, 0],
    check: probeText('probeType'),
  },
} as const satisfies Record<string, BuiltinRow>;
