export type { VerifiedProgram } from './here.ts';
export {
  type KernelName,
  type KernelProfile,
  kernelProfiles,
  type VerifierAbilities,
} from './kernel-profile.ts';
export type { Refusal, RefusalKind } from './refusal.ts';
export { type Verdict, type VerifyOptions, verifyProg } from './verify.ts';
