import { createRequire } from 'node:module';

/**
 * node:child_process, loaded when the first process is started: it brings the network code of Node.js with it, a thirtieth of the time and
 * memory of a short run.
 */
export function processes(): typeof import('node:child_process') {
  return createRequire(import.meta.filename)('node:child_process') as typeof import('node:child_process');
}
