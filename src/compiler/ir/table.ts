/**
 * An array of `count` times undefined.
 *
 * Not `new Array(count)`: V8 makes that a hash table from some 16,000 entries on, and a table by ValueId is read in every inner loop.
 */
export function emptyTable<T>(count: number): (T | undefined)[] {
  const table: (T | undefined)[] = [];
  for (let index = 0; index < count; index++) table.push(undefined);
  return table;
}
