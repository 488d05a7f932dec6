declare const brand: unique symbol;

/**
 * A `T` that does not mix with other `T`s: `type ValueId = Brand<number, 'ValueId'>`.
 *
 * Only the module that owns the numbering makes one, with an `as`.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
