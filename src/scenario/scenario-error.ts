/** A scenario's text is wrong; the message names the line. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  /** 1-based. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}
