/**
 * `make`, called once for each object, and its answers kept as long as the object: for what follows from values that never change.
 * A `make` that throws is tried again.
 */
export function onceForEach<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const made = new WeakMap<K, { readonly value: V }>();
  return (of) => {
    let found = made.get(of);
    if (found === undefined) {
      found = { value: make(of) };
      made.set(of, found);
    }
    return found.value;
  };
}
