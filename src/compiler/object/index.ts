/** Programs as object files. */

export { type LinkedObjects, linkObjects } from './link-objects.ts';
export { ObjectError } from './object-error.ts';
export { type CObject, type KernelNames, type ObjectFunc, readObject } from './read-object.ts';
export { type ObjectResult, writeObject } from './write-object.ts';
