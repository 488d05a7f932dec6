export { openTables } from './open-tables.ts';
export { runToEntry } from './run-to-entry.ts';
export type { UnwindTables } from './unwind-tables.ts';
