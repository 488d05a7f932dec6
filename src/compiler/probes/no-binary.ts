import type { Target } from '../../program/index.ts';

/** What there is to say where the target of a uprobe or usdt probe names no file. */
export function noBinaryText(kind: string, text: string, target: Target, pid: number | undefined): string {
  const foreign = target.foreignBinary(text, pid);
  if (foreign === undefined) return `${kind} target file '${text}' does not exist or is not executable`;
  const { shown, machine, wanted } = foreign;
  return `${kind} target file '${text}' is not there for ${wanted}: ${shown} is for ${machine}`;
}
