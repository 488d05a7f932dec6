import { readUnsigned } from '../base/index.ts';
import type { CompileInput } from './compilation.ts';
import {
  type Diagnostic,
  makeDiagnostic,
  type Script,
  type Span,
  splitAttachPoint,
  withHint,
} from './language/index.ts';
import {
  hasWildcard,
  type Point,
  probeCatalogue,
  providerNamed,
  type ResolveContext,
  type ResolvedProbe,
  resolveProbes,
  type TypeSource,
} from './probes/index.ts';

import { reusedNames } from './test-names.ts';

/** What the config says of attach points. */
export type ProbePolicy = Pick<ResolveContext['options'], 'missingProbes' | 'maxProgs'>;

/**
 * Attach points as progs to be; undefined when there was an error.
 *
 * @param input `namesOnly`: as in ResolveOptions
 * @param add takes complaints and answers whether there was an error among them
 */
export function findProbes(
  input: Pick<CompileInput, 'target' | 'positional' | 'options'> & { readonly namesOnly?: boolean },
  script: Script,
  { missingProbes, maxProgs }: ProbePolicy,
  types: TypeSource,
  add: (found: readonly Diagnostic[]) => boolean,
): readonly ResolvedProbe[] | undefined {
  const { options } = input;
  let failed = false;
  const byPolicy = (diagnostic: Diagnostic): void => {
    if (missingProbes === 'ignore') return;
    if (missingProbes === 'error') failed = add([diagnostic]);
    else
      add([
        {
          ...diagnostic,
          severity: 'warning',
          message: `${diagnostic.message.replace(/\.?$/, '.')} Skipping.`,
        },
      ]);
  };
  const losses = new Map<number, Loss>();
  const noteLoss = ({ block, span }: Point): Loss => {
    const loss = losses.get(block) ?? { span, patterns: [] };
    losses.set(block, loss);
    return loss;
  };
  const context: ResolveContext = {
    script,
    target: input.target,
    types,
    options: {
      missingProbes,
      maxProgs,
      unsafe: options.isUnsafe,
      mode: options.mode,
      ...(options.pid === undefined ? {} : { pid: options.pid }),
      filtersByPid: options.filtersByPid === true,
      namesOnly: input.namesOnly === true,
      ...(options.probeFilter === undefined ? {} : { probeFilter: options.probeFilter }),
    },
    report: (code, span, ...args) => {
      failed = add([makeDiagnostic(probeCatalogue, code, span, ...args)]) || failed;
    },
    missing: (point, what, hint) => {
      const lost = noteLoss(point);
      if (isPattern(point)) {
        lost.patterns.push(what);
        return;
      }
      const diagnostic = makeDiagnostic(probeCatalogue, 'probe-missing', point.span, what);
      byPolicy(missingProbes === 'error' ? withHint(diagnostic, hint?.()) : diagnostic);
    },
    unavailable: (point, reason) => {
      noteLoss(point);
      byPolicy(
        withHint(
          makeDiagnostic(probeCatalogue, 'probe-unavailable', point.span, reason),
          missingProbes === 'error'
            ? "If this is expected, set the 'missing_probes' config variable to 'warn'."
            : undefined,
        ),
      );
    },
    integer: (text) => {
      const read = readUnsigned(text);
      return read.kind === 'integer' ? read.value : undefined;
    },
  };
  if (add(reusedNames(script, input.positional))) return undefined;
  const probes = resolveProbes(script, input.positional, context);
  if (missingProbes !== 'ignore' && !failed) {
    const kept = new Set(probes.map(({ block }) => block));
    for (const [block, loss] of losses) {
      if (!kept.has(block)) failed = add([describeEmptyBlock(loss, missingProbes)]) || failed;
    }
  }
  return failed ? undefined : probes;
}

/** Attach points of a block that came to nothing. */
interface Loss {
  readonly span: Span;
  /** What patterns stood for; nothing was said of them. */
  readonly patterns: string[];
}

/** A point that may come to any number of places, none included. */
function isPattern({ kind, parts }: Point): boolean {
  return kind === 'rawtracepoint' || parts.some(hasWildcard);
}

function describeEmptyBlock({ span, patterns }: Loss, policy: 'error' | 'warn'): Diagnostic {
  const diagnostic = makeDiagnostic(probeCatalogue, 'probe-empty', span, policy);
  const described = patterns.reduce((soFar, what) => withHint(soFar, `No matches for ${what}.`), diagnostic);
  return policy === 'error' ? described : { ...described, severity: 'warning' };
}

/**
 * What to say of a script that comes to no probe because all it has are tests or benchmarks and nobody asked for them.
 *
 * @returns undefined when it has others
 */
export function explainOtherMode(script: Script, mode: 'run' | 'test' | 'bench'): Diagnostic | undefined {
  for (const item of script.items) {
    if (item.kind !== 'probe') continue;
    for (const { text } of item.attachPoints) {
      const split = splitAttachPoint(text, []);
      const kind = split.ok ? providerNamed(split.parts[0] ?? '') : undefined;
      if ((kind === 'test' || kind === 'bench') && kind !== mode)
        return makeDiagnostic(probeCatalogue, 'probe-other-mode', undefined, kind);
    }
  }
  return undefined;
}
