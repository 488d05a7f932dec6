import type { InvokedName } from './invoked-name.ts';

export const version = '0.1.0';

/** The release of bpftrace whose language, options and output this is. */
export const compatibleVersion = '0.27.1';

/** What --version prints. Scripts that ask bpftrace for its version get the one they can count on. */
export function versionText(name: InvokedName): string {
  return name === 'bpftrace' ? `bpftrace v${compatibleVersion}` : `tetrace v${version}`;
}
