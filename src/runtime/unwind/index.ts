export { runToEntry } from './run-to-entry.ts';
export { UnwindTables } from './unwind-tables.ts';
