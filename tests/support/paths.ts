import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const projectRoot: string = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export const goldenRoot: string = join(projectRoot, 'tests', 'golden');
