import { MemoryLimitError } from '../vm/index.ts';

/** The machine stopped a prog: the message names the script's line and what the prog did. Nothing of the run can be trusted after it. */
export class MachineFaultError extends Error {
  override readonly name = 'MachineFaultError';
}

/** Whether this is for the user: what a prog did that no kernel lets it do, or maps larger than the machine's memory. */
export function isMachineError(error: unknown): error is MachineFaultError | MemoryLimitError {
  return error instanceof MachineFaultError || error instanceof MemoryLimitError;
}
