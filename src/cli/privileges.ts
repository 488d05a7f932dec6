import { readFileSync } from 'node:fs';
import type { InvokedName } from './invoked-name.ts';

/** Bits of a capability set. Source: uapi/linux/capability.h */
const capabilityBits = {
  CAP_DAC_OVERRIDE: 1n,
  CAP_DAC_READ_SEARCH: 2n,
  CAP_SYS_ADMIN: 21n,
  CAP_PERFMON: 38n,
  CAP_BPF: 39n,
} as const;
export type Capability = keyof typeof capabilityBits;

/** Who asks: the effective user and capability set of this process. */
export interface Credentials {
  readonly euid: number;
  readonly capabilities: bigint;
}

/** Reads our own credentials from /proc; where there is no Linux there are no capabilities. @throws Error when /proc/self/status cannot be read. */
export function ownCredentials(): Credentials {
  if (process.platform !== 'linux') return { euid: process.geteuid?.() ?? 0, capabilities: 0n };
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return { euid: process.geteuid?.() ?? 0, capabilities: BigInt(`0x${effective}`) };
}

/** The first capability that tracing needs and `who` lacks, in the order in which bpftrace asks. */
export function missingCapability(who: Credentials): Capability | undefined {
  const has = (capability: Capability): boolean =>
    ((who.capabilities >> capabilityBits[capability]) & 1n) === 1n;
  // /sys/fs/bpf and tracefs are closed to everyone but root; other users need to be let past that.
  const needed: Capability[] = who.euid === 0 ? [] : ['CAP_DAC_READ_SEARCH', 'CAP_DAC_OVERRIDE'];
  if (!has('CAP_SYS_ADMIN')) needed.push('CAP_BPF', 'CAP_PERFMON');
  return needed.find((capability) => !has(capability));
}

/** What to say about a missing capability: the error, then what to do. `command` is the command line as it was given. */
export function privilegeMessage(
  missing: Capability,
  who: Credentials,
  name: InvokedName,
  command: readonly string[],
): { readonly error: string; readonly hint: string } {
  return {
    error: `Missing ${missing} capability, please run ${name} as the root user.`,
    hint:
      who.euid === 0
        ? `this root user was denied it: a container needs to be started with CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE, or privileged`
        : `sudo ${command.map(quoteForShell).join(' ')}`,
  };
}

/** A word as a POSIX shell has to be given it. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Whether the kernel is locked down so far that BPF cannot read anything. */
export function isLockedDown(): boolean {
  try {
    // Form: none [integrity] confidentiality
    return readFileSync('/sys/kernel/security/lockdown', 'utf8').includes('[confidentiality]');
  } catch {
    return false;
  }
}

export function lockdownMessage(name: InvokedName): string {
  return [
    `The kernel is locked down in 'confidentiality' mode, which keeps BPF programs from reading memory, so ${name} cannot work.`,
    'The mode is set by the kernel command line (lockdown=confidentiality) or by Secure Boot policy; see kernel_lockdown(7).',
  ].join('\n');
}

const oldestSupported = [5, 15, 0] as const;

/** The warning about a kernel older than the language expects; undefined when it is new enough. */
export function oldKernelWarning(release: string): string | undefined {
  const parts = release.split(/[^0-9]+/, 3).map(Number);
  for (const [index, wanted] of oldestSupported.entries()) {
    const found = parts[index] ?? 0;
    if (found > wanted) return undefined;
    if (found < wanted) {
      return `Kernel version (${release}) is lower than the minimum supported kernel version (${oldestSupported.join('.')}). Some features/scripts may not work as expected.`;
    }
  }
  return undefined;
}
