/** What can be wrong with an `import`; texts follow bpftrace 0.27. */
import { lazily } from '../../base/index.ts';
import type { Catalogue } from '../language/index.ts';

const error = 'error';
const warning = 'warning';

export const importCatalogue = lazily(
  () =>
    ({
      'import-missing': {
        severity: error,
        message: () => 'Unable to find suitable path for import',
      },
      'import-unreadable': {
        severity: error,
        message: (path: string, reason: string) => `error reading import '${path}': ${reason}`,
      },
      'import-writable': {
        severity: error,
        message: (path: string) =>
          `cowardly refusing to import from a directory with global write permissions: "${path}"`,
      },
      'import-skipped': {
        severity: warning,
        message: (path: string) => `skipping due to global write permissions: "${path}"`,
      },
      'import-type': { severity: error, message: (file: string) => `unknown import type: "${file}"` },
      'import-config': { severity: error, message: () => 'invalid `config` within import' },
      'import-place': {
        severity: error,
        message: () =>
          'Import statements that are not at the root are limited to specific object (.o), header (.h), or C source (.c or bpf.c) files',
      },
      'import-object': {
        severity: error,
        message: (path: string, reason: string) => `cannot import '${path}': ${reason}`,
      },
      'import-warnings': { severity: warning, message: () => 'found external warnings' },
    }) as const satisfies Catalogue,
);
