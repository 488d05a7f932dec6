import type { Span } from '../language/index.ts';
import { type Body, report } from './body.ts';

/** A feature that may change, and the config value about it: `error`, `warn` or `enable`. */
export interface UnstableFeature {
  readonly config: string;
  readonly feature: string;
}

/** Whether a feature may be used; says so if it may not, or only with a warning (once, without a place). */
export function isStable(body: Body, { config, feature }: UnstableFeature, at: Span): boolean {
  const gate = body.program.settings.config[config];
  if (gate === 'error') report(body, 'unstable-error', at, [feature, config]);
  if (gate === 'warn') report(body, 'unstable-warning', undefined, [feature, config]);
  return gate !== 'error';
}
