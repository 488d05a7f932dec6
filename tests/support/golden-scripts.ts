import { readFileSync } from 'node:fs';
import { listFiles } from '../../scripts/list-files.ts';
import { goldenRoot } from './paths.ts';
import { type BeginOutput, runBegin } from './run-begin.ts';

/** The script of a golden file. */
export interface GoldenScript {
  /** Below tests/golden. */
  readonly file: string;
  readonly text: string;
}

/** Files whose text is no script: functions in intermediate form (golden-functions.ts), words of a C section. */
const noScripts = /^backend\/|^language\/syntax\/expanded-expressions\.txt$/;

/** The text of each golden file, without what is at stake and the stages that it shows. */
export function goldenTexts(): readonly GoldenScript[] {
  return listFiles(goldenRoot, '.txt').map((path) => {
    const [head = ''] = readFileSync(path, 'latin1').split('\n---- ', 1);
    return { file: path.slice(goldenRoot.length + 1), text: head.replace(/^(#.*\n)+/, '') };
  });
}

export function goldenScripts(): readonly GoldenScript[] {
  return goldenTexts().filter(({ file }) => !noScripts.test(file));
}

/**
 * Scripts that ask for what nobody but a kernel knows, and what the embedded machine says of them. All others run on it, or are wrong wherever they
 * run.
 */
export const kernelFacts: Readonly<Record<string, RegExp>> = {
  // The scheduler of the whole system.
  'check/further-builtins.txt': /No matches for tracepoint sched:sched_switch/,
  'check/probe-argument-errors.txt': /No matches for tracepoint sched:sched_switch/,
  'check/probe-arguments.txt': /No matches for tracepoint sched:sched_switch/,
  'lower/count-by-comm.txt': /No matches for tracepoint sched:sched_switch/,
  'lower/tracepoint-arguments.txt': /No matches for tracepoint sched:sched_switch/,
  // Functions of the kernel, which run in it.
  'check/kernel-function-errors.txt': /Unknown function: 'bpf_strlen'/,
  'check/kernel-functions.txt': /No matches for tracepoint sched:sched_switch/,
  // How the kernel lays out what it keeps.
  'check/introspection.txt': /Cannot resolve unknown type "struct sock_common"/,
  'check/macros.txt': /Cannot resolve unknown type "struct sock"/,
  'check/struct-errors.txt': /'struct task_struct' does not contain a field named/,
  'check/structs.txt': /'struct task_struct' does not contain a field named/,
};

/** What a script comes to: what its `begin` and `end` print, or why it does not run, in the words of the compiler or the backend. */
export type GoldenOutcome = BeginOutput | { readonly refused: string };

export function outcomeOf(text: string, backend: 'kernel' | 'embedded'): GoldenOutcome {
  try {
    return runBegin(text, { backend });
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

/** Values that are another one in every run. */
const chance = /\b(nsecs|rand|random|elapsed|kstack|curtask|cpu|jiffies|strftime|time)\b/;

/** Shows the bytes of the kernel's own task, of which the machine has a model. */
const bytesOfTask = /\b(buf|str)\(curtask\b/;

/**
 * An outcome as it is the same in every run and on every machine: lines in the order of the alphabet, since the order in which a hash is walked is
 * chance; numbers left out where they are. Names that are like a wrong one depend on what else there is.
 */
export function comparable(script: GoldenScript, outcome: GoldenOutcome): unknown {
  if ('refused' in outcome) return { refused: outcome.refused.replace(/^HINT: Did you mean .*\n/gm, '') };
  const { stdout, stderr, exitCode } = outcome;
  const lines = (text: string): readonly string[] => text.split('\n').sort();
  if (bytesOfTask.test(script.text)) return { stderr: lines(stderr), exitCode };
  if (!chance.test(script.text)) return { stdout: lines(stdout), stderr: lines(stderr), exitCode };
  // Frames of the kernel's stack, which the machine has none of, are such numbers as well.
  const withoutNumbers = stdout
    .replace(/^ +0x[0-9a-f]+\n/gm, '')
    .replace(/\b(0x)?[0-9a-f]*\d[0-9a-f]*/g, 'N');
  return { stdout: lines(withoutNumbers), stderr: lines(stderr), exitCode };
}
