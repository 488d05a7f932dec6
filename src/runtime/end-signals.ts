/** Signals that end a run. SIGHUP: its terminal is gone, which a file it writes to need not know. */
export const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
