import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { decodeText } from '../base/index.ts';
import type { KernelConfig } from '../program/index.ts';
import { isFileError, readWhole } from './plain-file.ts';

/** Configurations have some 300 kB. */
const MAX_CONFIG_BYTES = 16 << 20;

/** How the running kernel was made: its configuration is kept by the distribution, or by the kernel itself (CONFIG_IKCONFIG_PROC). */
export function readKernelConfig(): KernelConfig {
  const [major = 0, minor = 0, patch = 0] = release().split(/[.-]/, 3).map(Number);
  // Source: uapi/linux/version.h: a byte for each; patches of old stable kernels went beyond that.
  const version = major * 0x1_0000 + minor * 0x100 + Math.min(patch || 0, 0xff);
  const text = readText(`/boot/config-${release()}`) ?? readText('/proc/config.gz');
  return text === undefined ? { version } : { version, options: optionsOf(text) };
}

function readText(path: string): string | undefined {
  let bytes: Uint8Array;
  try {
    ({ bytes } = readWhole(path));
  } catch (error) {
    if (isFileError(error)) return undefined;
    throw error;
  }
  if (!path.endsWith('.gz')) return decodeText(bytes);
  return decodeText(gunzipSync(bytes, { maxOutputLength: MAX_CONFIG_BYTES }));
}

/** Lines `CONFIG_HZ=1000`; the others are comments, `# CONFIG_X is not set` among them. */
export function optionsOf(text: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (line.startsWith('CONFIG_') && at > 0) options.set(line.slice(0, at), line.slice(at + 1).trimEnd());
  }
  return options;
}
