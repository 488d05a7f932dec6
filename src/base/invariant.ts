/** One of our own rules was broken: a bug in Tetrace, never the script's or the system's fault. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * Ends an exhaustive `switch`: stops compiling when a case is missing, and throws if a value lied about its type.
 *
 * @throws InvariantError always.
 */
export function unreachable(value: never, rule = 'every case is handled'): never {
  throw new InvariantError(`broken rule: ${rule}; found ${describe(value)}`);
}

/**
 * States a rule that holds unless we are wrong.
 *
 * @param rule the rule as a claim, for example `a phi has one input per predecessor`.
 * @throws InvariantError when `condition` is false.
 */
export function invariant(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new InvariantError(`broken rule: ${rule}`);
}

/** Returns `value`, which by `rule` is not undefined or null. @throws InvariantError when it is. */
export function present<T>(value: T | undefined | null, rule: string): T {
  if (value === undefined || value === null) throw new InvariantError(`broken rule: ${rule}`);
  return value;
}

function describe(value: unknown): string {
  try {
    const text = JSON.stringify(value, (_key, field: unknown) =>
      typeof field === 'bigint' ? `${field}n` : field,
    );
    return text === undefined ? String(value) : text.slice(0, 200);
  } catch {
    return String(value);
  }
}
