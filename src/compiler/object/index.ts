/** Programs as object files. */
export { type ObjectResult, writeObject } from './write-object.ts';
