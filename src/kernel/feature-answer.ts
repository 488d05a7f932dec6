import { errnoName } from '../base/index.ts';
import { type FeatureAnswer, features, type KernelFeature } from './feature-table.ts';
import { ProgLoadError } from './prog.ts';
import { KernelError } from './sys/index.ts';

/** The kernel has it. */
export const yes: FeatureAnswer = { kind: 'yes' };

/** A clear no, with the version that brought what is missing. */
export function no(feature: KernelFeature): { readonly kind: 'no'; readonly why: string } {
  const { what, since } = features[feature];
  return { kind: 'no', why: `this kernel lacks ${what} (Linux ${since})` };
}

/** Errors that say nothing about the feature. */
const undecided = ['EPERM', 'EACCES', 'ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN', 'EINTR'] as const;

/**
 * What an error says about a feature: errors that speak of privileges or memory answer nothing.
 *
 * @throws the error itself when it is no KernelError.
 */
export function judge(feature: KernelFeature, error: unknown): FeatureAnswer {
  if (!(error instanceof KernelError)) throw error;
  // The verifier answers EACCES too, but then it has said why.
  const wasJudged = error instanceof ProgLoadError && error.log !== '';
  if (!wasJudged && error.is(...undecided)) return { kind: 'unknown', why: error.message };
  return { kind: 'no', why: `${no(feature).why}: ${error.message}` };
}

/** The same of an errno, a positive number. */
export function judgeErrno(feature: KernelFeature, errno: number): FeatureAnswer {
  return judge(feature, new KernelError(`probe for ${feature} (${errnoName(errno) ?? errno})`, errno));
}
