/** What can be wrong with an attach point; texts follow bpftrace 0.27. */
import { lazily } from '../../base/index.ts';
import { type Catalogue, suggest } from '../language/index.ts';
import { providers } from './providers.ts';

const error = 'error';

function suggestProvider(word: string): readonly string[] {
  const hint = suggest(word, Object.keys(providers));
  return hint === undefined ? [] : [hint];
}

export const probeCatalogue = lazily(
  () =>
    ({
      'probe-bad-spelling': { severity: error, message: (text: string) => text },
      'probe-unknown-type': {
        severity: error,
        message: (word: string) => `Invalid probe type: ${word}`,
        hints: suggestProvider,
      },
      'probe-no-type-matches': {
        severity: error,
        message: (word: string) => `No probe type matched for ${word}`,
      },
      'probe-arity': { severity: error, message: (sentence: string) => sentence },
      'probe-no-points': { severity: error, message: () => 'No attach points for probe' },
      'self-trigger': {
        severity: error,
        message: (trigger: string) => `${trigger} is not a supported trigger`,
        hints: () => ['supported triggers: signal'],
      },
      'self-signal': {
        severity: error,
        message: (signal: string, _supported: string) => `${signal} is not a supported signal`,
        hints: (_signal: string, supported: string) => [`supported signals: ${supported}`],
      },
      'timer-not-a-time': {
        severity: error,
        message: (kind: string, text: string) => `Invalid rate of ${kind} probe: '${text}' is not a time`,
        hints: (kind: string) => [`write a unit, for example ${kind}:1s or ${kind}:ms:100`],
      },
      'timer-too-fast': {
        severity: error,
        message: (kind: string, ns: bigint) =>
          `Invalid rate of ${kind} probe. Minimum is 1000 or 1us. Found: ${ns} nanoseconds`,
      },
      'timer-unit': {
        severity: error,
        message: (unit: string) => `${unit} is not an accepted unit of time`,
        hints: () => ['accepted units: hz, s, ms, us'],
      },
      'timer-not-positive': {
        severity: error,
        message: (kind: string) => `${kind} frequency should be a positive integer`,
      },
      'probe-number': {
        severity: error,
        message: (what: string, kind: string, problem: string) => `Invalid ${what} ${kind} probe: ${problem}`,
      },
      'counter-wildcard': {
        severity: error,
        message: (kind: string) => `wildcards are not allowed for ${kind} probe type`,
      },
      'counter-unknown': {
        severity: error,
        message: (kind: string, event: string, _known: string) => `${event} is not a ${kind} probe`,
        hints: (_kind: string, _event: string, known: string) => [`known events: ${known}`],
      },
      'kernel-offset-twice': { severity: error, message: () => 'Cannot take more than one offset' },
      'kretprobe-offset': { severity: error, message: () => 'Offset not allowed' },
      'bad-offset': {
        severity: error,
        message: (text: string, _example: string) => `Invalid offset '${text}'`,
        hints: (_text: string, example: string) => [`an offset is a number of bytes, for example ${example}`],
      },
      'address-unsafe': { severity: error, message: () => 'Probing by address requires --unsafe' },
      'no-function-list': {
        severity: error,
        message: () => 'wildcards need the list of traceable functions, which this kernel does not show',
        hints: () => ['mount tracefs, or name a file with --traceable-functions'],
      },
      'kprobe-no-function': {
        severity: error,
        message: () => 'kprobes should be attached to a function or an address',
      },
      'kprobe-not-traceable': {
        severity: 'warning',
        message: (name: string) =>
          `${name} is not traceable (either non-existing, inlined, or marked as "notrace"); attaching to it will likely fail`,
      },
      'fentry-four-parts': {
        severity: error,
        message: () => "Only the 'bpf' variant of this probe supports 4 arguments",
      },
      'fentry-bpf-id': { severity: error, message: () => "bpf program id must be a number or '*'" },
      'fentry-ambiguous': {
        severity: error,
        message: (name: string, _modules: string) =>
          `ambiguous attach point, please specify module containing the function '${name}'`,
        hints: (_name: string, modules: string) => [`modules: ${modules}`],
      },
      'fentry-unsuitable': {
        severity: error,
        message: (name: string, reason: string) => `${name} cannot be attached: it has ${reason}`,
      },
      'uprobe-one-part': {
        severity: error,
        message: (kind: string) => `${kind} probe type requires 2 or 3 arguments, found 1`,
        hints: (kind: string) => [`name a binary and a function, for example ${kind}:/bin/bash:readline`],
      },
      'uprobe-line-return': { severity: error, message: () => 'Source code location not allowed' },
      'uprobe-line-wildcard': {
        severity: error,
        message: () => 'Cannot use wildcards with source code location',
      },
      'uprobe-wildcard-address': {
        severity: error,
        message: () => 'Cannot use wildcards with absolute address',
      },
      'uprobe-line-form': {
        severity: error,
        message: () => 'Invalid uprobe arguments, expected format: uprobe:TARGET@FILE:LINE[:COL]',
      },
      'uprobe-line-problem': {
        severity: error,
        message: (problem: string, _hint: string) => problem,
        hints: (_problem: string, hint: string) => (hint === '' ? [] : [hint]),
      },
      'uprobe-language': {
        severity: error,
        message: (language: string) => `unsupported language type: ${language}`,
      },
      'uretprobe-offset': {
        severity: error,
        message: () => 'uretprobes can not be attached to a function offset',
      },
      'uprobe-address': {
        severity: error,
        message: (address: string, file: string) => `${address} is no address of code in '${file}'`,
      },
      'uprobe-offset-bounds': {
        severity: error,
        message: (name: string, size: bigint) =>
          `Offset outside the function bounds ('${name}' size is ${size})`,
      },
      /** Without a place: upstream notices it when it attaches. */
      'uprobe-size-zero': {
        severity: error,
        message: (name: string) =>
          `Could not determine boundary for ${name} (symbol has size 0).\nUse --unsafe to force attachment. WARNING: This option could lead to data corruption in the target process.`,
      },
      'uprobe-inside-instruction': {
        severity: 'warning',
        message: (place: string) => `Unsafe uprobe in the middle of the instruction: ${place}`,
      },
      'uprobe-boundary-unknown': {
        severity: 'warning',
        message: (place: string, isStripped: boolean) =>
          `Could not determine instruction boundary for ${place}${isStripped ? ' (binary appears stripped)' : ''}. Misaligned probes can lead to tracee crashes!`,
      },
      'uprobe-many-binaries': {
        severity: 'warning',
        message: (kind: string, file: string, count: number) =>
          `attaching to ${kind} target file '${file}' but matched ${count} binaries`,
      },
      'usdt-no-name': {
        severity: error,
        message: () => 'usdt probe must have a target function or wildcard',
        hints: () => ['name a probe of the binary, for example usdt:/path/to/program:provider:name'],
      },
      'usdt-no-target': {
        severity: error,
        message: () =>
          "usdt probe must specify at least path or pid to probe. To target all paths/pids set the path to '*'.",
      },
      'watchpoint-address': {
        severity: error,
        message: () => 'watchpoint must be attached to a non-zero address',
      },
      'watchpoint-length': { severity: error, message: () => 'watchpoint length must be one of (1,2,4,8)' },
      'watchpoint-mode': { severity: error, message: () => 'watchpoint mode must be combination of (r,w,x)' },
      'watchpoint-unsupported-mode': {
        severity: error,
        message: (mode: string, _supported: string) => `invalid watchpoint mode: ${mode}`,
        hints: (_mode: string, supported: string) => [`supported modes: ${supported}`],
      },
      'probe-name-reused': {
        severity: error,
        message: (name: string, kind: 'test' | 'bench') =>
          `"${name}" was used as the name for more than one ${kind.toUpperCase()} probe`,
      },
      'probe-other-mode': {
        severity: error,
        message: (kind: 'test' | 'bench') =>
          `No probes attached; use --${kind} to run ${kind === 'test' ? 'test' : 'benchmark'} probes.`,
      },
      'probe-too-many-progs': {
        severity: error,
        message: (count: number, limit: number) =>
          `Your program is trying to generate more than ${count} BPF programs, which exceeds the current limit of ${limit}`,
        hints: () => ['You can increase the limit through the BPFTRACE_MAX_BPF_PROGS environment variable.'],
      },
      /** Severity is the policy's (`missing_probes`). */
      'probe-missing': { severity: error, message: (what: string) => `No matches for ${what}.` },
      /** What a block is left with when none of its attach points came to anything; severity is the policy's. */
      'probe-empty': {
        severity: error,
        message: (policy: 'error' | 'warn') =>
          `Probe has no valid attach points. ${
            policy === 'error'
              ? "If this is expected, set the 'missing_probes' config variable to 'warn'."
              : 'It is being removed which may cause issues with program behavior.'
          }`,
      },
      'probe-unavailable': { severity: error, message: (reason: string) => reason },
    }) as const satisfies Catalogue,
);

export type ProbeCode = keyof ReturnType<typeof probeCatalogue>;
