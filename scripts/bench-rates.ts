/** A thing that is done over and over, and how often per second it is done in several ways. */
export interface RateCase {
  readonly name: string;
  readonly unit: string;
  readonly columns: readonly RateColumn[];
}

export interface RateColumn {
  readonly name: string;
  /** How often per second; a word for why there is no number. */
  readonly rate: () => Promise<number | string>;
  /** What we want to reach. */
  readonly reach?: string | undefined;
}

/** Measures a case and prints it as one line: `name: interpreter 129 (to reach 100), wasm 3655 million instructions/s`. */
export async function printRates(row: RateCase): Promise<void> {
  const cells: string[] = [];
  for (const { name, rate, reach } of row.columns) {
    const found = await rate();
    const text = typeof found === 'number' ? found.toFixed(0) : found;
    cells.push(`${name} ${text}${reach === undefined ? '' : ` (to reach ${reach})`}`);
  }
  process.stdout.write(`${row.name}: ${cells.join(', ')} ${row.unit}\n`);
}
