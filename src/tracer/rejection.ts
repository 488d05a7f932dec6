import { errnoText } from '../base/index.ts';
import type { Program, Rejection, SourceTrail } from '../program/index.ts';
import { messageAt } from './quote-source.ts';

/** How many of the verifier's last lines are shown. */
const SHOWN_LOG_LINES = 12;

/** What the verifier's words mean for a script, and what can be done about it. The first row that matches is used. */
const explanations: readonly {
  readonly pattern: RegExp;
  readonly message: (match: RegExpExecArray) => string;
  readonly hint: string;
}[] = [
  {
    pattern:
      /program of this type cannot use helper (?:bpf_)?(\w+)|unknown func (?:bpf_)?(\w+)|call bpf_(\w+)#(?![\s\S]*call bpf_)[\s\S]*helper call is not allowed in probe/,
    message: ([, typed, unknown, called]) => `helper bpf_${typed ?? unknown ?? called} not allowed in probe`,
    hint: 'this kernel does not offer it to this kind of probe; another kind of probe, or a newer kernel, may',
  },
  {
    pattern: /invalid mem access '\w*_or_null|_or_null.*(?:prohibited|expected)/,
    message: () => 'result needs to be null-checked before accessing fields',
    hint: 'put the access inside `if (pointer) { ... }`',
  },
  {
    pattern:
      /combined stack size|stack (?:limit|size)|exceeds.*stack|invalid (?:write|indirect access) to stack.*-5[12]\d/,
    message: () => 'the program needs more stack than the 512 bytes the kernel gives it',
    hint: 'set the config variable on_stack_limit to a smaller number, so that more values live outside the stack',
  },
  {
    pattern: /BPF program is too large|too many (?:instructions|jumps)|complexity/i,
    message: () => 'the program is too large for the verifier to follow',
    hint: 'use fewer or shorter loops and unrolls, or split the probe',
  },
  {
    pattern: /infinite loop detected|back-edge from insn/,
    message: () => 'the verifier could not see that the loop ends',
    hint: 'give the loop a constant bound',
  },
  {
    pattern: /invalid mem access|R\d+ (?:pointer arithmetic|unbounded memory access|min value is)/,
    message: () => 'the verifier could not prove that a memory access is safe',
    hint: 'say which memory the address points into with kptr() or uptr()',
  },
];

/** A prog that the kernel refused, as lines to show: the script's line with a mark, what the verifier said, and what to change. */
export function describeRejection(program: Program, rejection: Rejection): readonly string[] {
  const prog = program.progs[rejection.prog];
  const probe = program.probes.find((spec) => spec.prog === rejection.prog);
  const name = prog?.name ?? probe?.name ?? `prog ${rejection.prog}`;
  const log = rejection.log.split('\n').filter((line) => line.trim() !== '');
  const code = `Error code: -${rejection.errno} (${errnoText(rejection.errno)})`;
  const explanation = explain(log);
  const trail = trailOf(program, rejection);
  const headline = explanation?.message ?? `Error loading BPF program for ${name}. ${code}.`;
  const lines = trail ? [...messageAt(program, trail, 'ERROR', headline)] : [`ERROR: ${headline}`];
  if (explanation) lines.push(`Error loading BPF program for ${name}. ${code}.`);
  if (log.length > 0)
    lines.push('The verifier said:', ...log.slice(-SHOWN_LOG_LINES).map((line) => `  ${line}`));
  const { logSize } = program.settings;
  if (logSize !== undefined && isTrimmed(rejection.log)) {
    lines.push(
      `WARNING: Kernel log seems to be trimmed: it has room for ${logSize} bytes. Make the environment variable BPFTRACE_LOG_SIZE or log_size in the script's config larger, or leave them out.`,
    );
  } else if (explanation) lines.push(`HINT: ${explanation.hint}`);
  else if (log.length === 0) lines.push('HINT: the kernel gave no reason; use -v for the full log');
  return lines;
}

/** A whole log ends in statistics. */
function isTrimmed(log: string): boolean {
  return !/^processed \d+ insns/m.test(log);
}

function explain(log: readonly string[]): { readonly message: string; readonly hint: string } | undefined {
  const tail = log.slice(-SHOWN_LOG_LINES).join('\n');
  for (const { pattern, message, hint } of explanations) {
    const match = pattern.exec(tail);
    if (match) return { message: message(match), hint };
  }
  return undefined;
}

/** The place of the script that the refused instruction was made from: the last line entry at or before it. */
function trailOf(program: Program, rejection: Rejection): SourceTrail | undefined {
  const { insn } = rejection;
  if (insn === undefined) return undefined;
  let found: SourceTrail | undefined;
  for (const entry of program.progs[rejection.prog]?.lines ?? []) {
    if (entry.insn > insn) break;
    found = entry.trail;
  }
  return found;
}
