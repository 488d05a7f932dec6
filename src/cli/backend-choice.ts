import type { InvokedName } from './invoked-name.ts';
import type { Messages } from './messages.ts';
import type { BackendName } from './options.ts';
import { type Capability, type Credentials, privilegeMessage } from './privileges.ts';

/** Where a script is to run. */
export type BackendChoice =
  | { readonly kind: 'given'; readonly backend: BackendName }
  /** The kernel lets nobody in: the embedded machine stands in where it can serve all of the script's probes. */
  | { readonly kind: 'stand-in'; readonly refusal: Refusal }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Why the kernel cannot be used. */
export interface Refusal {
  readonly missing: Capability | undefined;
  /** What bpf(2) said; undefined when it is in reach. */
  readonly reason: string | undefined;
}

export interface ChoiceFacts {
  readonly name: InvokedName;
  readonly given: BackendName | undefined;
  readonly missing: Capability | undefined;
  /** Asks bpf(2); see bpfRefusal. */
  readonly ask: () => string | undefined;
}

/**
 * The kernel, unless the command line says otherwise. Only bpf(2) itself out of reach makes the embedded machine stand in, and never under the name
 * bpftrace, whose users expect the kernel or an error.
 */
export function chooseBackend({ name, given, missing, ask }: ChoiceFacts): BackendChoice {
  if (given === 'embedded') return { kind: 'given', backend: 'embedded' };
  const kernel = { kind: 'given', backend: 'kernel' } as const;
  if (given === 'kernel' || name === 'bpftrace')
    return missing === undefined ? kernel : { kind: 'refused', refusal: { missing, reason: undefined } };
  const reason = ask();
  if (reason !== undefined) return { kind: 'stand-in', refusal: { missing, reason } };
  return missing === undefined ? kernel : { kind: 'refused', refusal: { missing, reason } };
}

/** What a refusal needs to be put into words. */
export interface RefusalWords {
  readonly who: Credentials;
  readonly name: InvokedName;
  /** The command line as it was given. */
  readonly command: readonly string[];
}

/** Says that the kernel cannot be used, and what to do; `suggestsEmbedded`: what would run without it. */
export async function tellRefusal(
  refusal: Refusal,
  words: RefusalWords,
  messages: Messages,
  suggestsEmbedded: boolean,
): Promise<void> {
  const { error, hint } = wordsOf(refusal, words);
  messages.error(error);
  messages.hint(hint);
  if (suggestsEmbedded) messages.hint(`without privileges, ${await servedHint()}`);
}

/** The line that says that the embedded machine stands in, why, and how the kernel is got. */
export function standInNotice(refusal: Refusal, words: RefusalWords): string {
  const { hint } = wordsOf(refusal, words);
  return `NOTE: runs in the embedded machine of this process, not in the kernel: bpf(2): ${refusal.reason}. For the kernel: ${hint}`;
}

function wordsOf(
  { missing, reason }: Refusal,
  { who, name, command }: RefusalWords,
): { readonly error: string; readonly hint: string } {
  if (missing !== undefined) return privilegeMessage(missing, who, name, command);
  return {
    error: `bpf(2) is out of reach: ${reason}.`,
    hint:
      process.platform !== 'linux'
        ? 'it takes Linux'
        : 'every capability is there, so a seccomp filter or a security module stands before it: allow bpf(2) and perf_event_open(2)',
  };
}

/** What the embedded machine can serve; asking loads it. */
export async function servedHint(): Promise<string> {
  const { processTracepointPatterns, timerNames } = await import('../embedded/index.ts');
  const ofProcesses = `and, of a process that -c COMMAND starts or -p PID names, uprobe, uretprobe, ${processTracepointPatterns.join(', ')}`;
  return [
    `--backend embedded serves begin, end, self, test, bench, ${timerNames.join(', ')}, keys of the terminal as kprobe:pty_write`,
    ...(process.platform === 'linux' ? [ofProcesses] : []),
  ].join('; ');
}
