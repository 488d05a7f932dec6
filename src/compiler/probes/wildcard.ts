/** Whether a name part of an attach point is a pattern: only `*` matches, a bracketed set is classed as one. */
export function hasWildcard(text: string): boolean {
  return text.includes('*') || (text.includes('[') && text.includes(']'));
}

/** The longest text that every name has which a pattern matches. */
export function longestPiece(pattern: string): string {
  return pattern.split('*').reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '');
}

/**
 * Makes a matcher for a pattern in which `*` stands for any text. Runs in linear time whatever the pattern (no backtracking expressions):
 * the pieces between the stars are searched one after another.
 */
export function matcher(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern;
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  const last = pieces[pieces.length - 1] ?? '';
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '');
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
      return false;
    let at = first.length;
    for (const piece of middle) {
      const found = name.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= name.length - last.length;
  };
}

/** What a pattern found, in the order of names: probes are attached and counted in it, whatever order the machine lists them in. */
export function inOrderOfNames<T>(found: readonly T[], nameOf: (item: T) => string): readonly T[] {
  const named = found.map((item) => ({ item, name: nameOf(item) }));
  named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return named.map(({ item }) => item);
}
