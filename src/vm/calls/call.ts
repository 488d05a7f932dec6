import type { Core } from '../core.ts';

/** What a helper or a kernel function does: arguments in R1 to R5, result in R0. */
export type HelperCall = (core: Core) => void;
