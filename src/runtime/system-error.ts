import { errnoText } from '../base/index.ts';

/** What a failed call of node:fs ran into, as the C library words it: "No such file or directory". */
export function systemErrorText(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return errno === undefined ? String(message) : errnoText(Math.abs(errno));
}
