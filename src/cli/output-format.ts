import type { Messages } from './messages.ts';
import type { Options } from './options.ts';

const formats = ['text', 'json'] as const;

/** The format of `-f`; undefined after saying that there is none of that name. */
export function outputFormat(
  { format = 'text' }: Options,
  messages: Messages,
): (typeof formats)[number] | undefined {
  const found = formats.find((name) => name === format);
  if (found !== undefined) return found;
  messages.error(`Invalid output format "${format}"`);
  messages.plain("Valid formats: 'text', 'json'");
  return undefined;
}
