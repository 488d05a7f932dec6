/** How messages to the user are put; all go to stderr. */
export interface Messages {
  error(text: string): void;
  warning(text: string): void;
  hint(text: string): void;
  /** A line as it is. */
  plain(text: string): void;
}

const red = '\u001b[31m';
const yellow = '\u001b[33m';
const reset = '\u001b[0m';

/** Messages written by `write`, which takes whole lines. Warnings are dropped when `showWarnings` is false. */
export function createMessages(
  write: (line: string) => void,
  { color, showWarnings }: { readonly color: boolean; readonly showWarnings: boolean },
): Messages {
  const paint = (code: string, text: string): string => (color ? `${code}${text}${reset}\n` : `${text}\n`);
  return {
    error: (text) => write(paint(red, `ERROR: ${text}`)),
    warning: (text) => {
      if (showWarnings) write(paint(yellow, `WARNING: ${text}`));
    },
    hint: (text) => write(`HINT: ${text}\n`),
    plain: (text) => write(`${text}\n`),
  };
}

/** What BPFTRACE_COLOR and the two streams make of colour; `problem` is a warning to print. */
export function wantsColor(
  setting: string | undefined,
  bothAreTerminals: boolean,
): { readonly color: boolean; readonly problem: string | undefined } {
  switch (setting) {
    case 'always':
      return { color: true, problem: undefined };
    case 'never':
      return { color: false, problem: undefined };
    case undefined:
    case 'auto':
      return { color: bothAreTerminals, problem: undefined };
    default:
      return {
        color: bothAreTerminals,
        problem: `Invalid env value! The valid values of \`BPFTRACE_COLOR\` are [auto|always|never]. The current value is ${setting}!`,
      };
  }
}
