import { checkNamed, systemErrorText } from '../runtime/index.ts';

/** Why the file of --traceable-functions cannot be used, before anything is compiled for what stands in it. */
export function functionListProblem(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    checkNamed(path);
    return undefined;
  } catch (error) {
    return `Failed to open kernel function info: Could not read functions from ${path}. (${systemErrorText(error)})`;
  }
}
