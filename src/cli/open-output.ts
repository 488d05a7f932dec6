import { type OutputOptions, OutputStream, systemErrorText } from '../runtime/index.ts';
import type { Messages } from './messages.ts';

/** Standard output, or the file of `-o FILE`; undefined after saying what is wrong with it. */
export function openOutput(
  path: string | undefined,
  options: OutputOptions,
  messages: Messages,
): OutputStream | undefined {
  if (path === undefined) return OutputStream.stdout(options);
  try {
    return OutputStream.toFile(path, options);
  } catch (error) {
    messages.error(`Failed to open output file: "${path}": ${systemErrorText(error)}`);
    return undefined;
  }
}
