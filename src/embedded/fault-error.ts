/** The machine stopped a prog: the message names the script's line and what the prog did. Nothing of the run can be trusted after it. */
export class MachineFaultError extends Error {
  override readonly name = 'MachineFaultError';
}
