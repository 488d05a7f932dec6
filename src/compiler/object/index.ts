/** Programs as object files. */

export { type CObject, ObjectError, type ObjectFunc, readObject } from './read-object.ts';
export { type ObjectResult, writeObject } from './write-object.ts';
