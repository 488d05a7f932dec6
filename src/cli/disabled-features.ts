import type { Feature } from '../program/index.ts';
import type { DisableableFeature } from './options.ts';

/** The features that `--no-feature` names. */
const featuresByOption: Readonly<Record<DisableableFeature, Feature>> = {
  kprobe: 'kprobe',
  kprobe_multi: 'kprobe-multi',
  kprobe_session: 'kprobe-session',
  uprobe_multi: 'uprobe-multi',
};

/** What a run must do without, whatever the kernel can do. */
export function disabledFeatures(given: ReadonlySet<DisableableFeature>): ReadonlySet<Feature> {
  return new Set([...given].map((name) => featuresByOption[name]));
}
