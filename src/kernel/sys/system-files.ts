import { readFileSync } from 'node:fs';

type ReadFile = (path: string) => Buffer;

const readReal: ReadFile = (path) => readFileSync(path);

let readFile = readReal;

/** A file of sysfs or procfs, whole. @throws as readFileSync does. */
export function readSystemFile(path: string): Buffer {
  return readFile(path);
}

/** Has something else say what stands in such files, until it is disposed of. */
export function readInstead(other: ReadFile): Disposable {
  readFile = other;
  return {
    [Symbol.dispose]() {
      readFile = readReal;
    },
  };
}
