/** What `make` gives, made at the first call: for tables that most runs have no use for. A `make` that throws is tried again. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
