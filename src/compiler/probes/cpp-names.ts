/** Symbols by their names in C++: `ns::fn` is every overload, `ns::fn(int)` one of them, `*` any text. */
import { matcher } from './wildcard.ts';

/** Class names that have manglings of their own, which do not contain them. Source: Itanium C++ ABI, section 5.1.10. */
const abbreviated: ReadonlySet<string> = new Set([
  'allocator',
  'basic_string',
  'string',
  'istream',
  'basic_istream',
  'ostream',
  'basic_ostream',
  'iostream',
  'basic_iostream',
  'operator',
]);

/** Whether a symbol is what the pattern names, by its own name or the one that C++ code has for it. */
export function cppMatcher(pattern: string, demangle: (name: string) => string): (symbol: string) => boolean {
  const isMatch = matcher(pattern);
  const withParams = pattern.includes('(');
  const contained = containedText(pattern);
  return (symbol) => {
    if (isMatch(symbol)) return true;
    if (!symbol.startsWith('_') || !symbol.includes(contained)) return false;
    const name = demangle(symbol);
    if (name === symbol) return false;
    return isMatch(withParams ? name : withoutParams(name));
  };
}

/**
 * A text that mangled names contain when what they stand for matches: the last word of the qualified name. It saves demangling them all;
 * '' where there is no such text.
 */
export function containedText(pattern: string): string {
  const last = withoutTemplateArguments(withoutParams(pattern)).split('::').at(-1) ?? '';
  const words = last.match(/[A-Za-z_]\w*/g) ?? [];
  const [word = ''] = words.toSorted((a, b) => b.length - a.length);
  // A constructor is known by its class, whose name is not repeated; part of a word may be part of an abbreviated one.
  const isSafe =
    !abbreviated.has(word) && ![...abbreviated].some((each) => last.includes('*') && each.includes(word));
  return isSafe ? word : '';
}

/** `Shape<int, Box<long> >::draw<char>` as `Shape::draw`. */
function withoutTemplateArguments(name: string): string {
  let text = '';
  let depth = 0;
  for (const char of name) {
    if (char === '<') depth += 1;
    else if (char === '>') depth = Math.max(0, depth - 1);
    else if (depth === 0) text += char;
  }
  return text;
}

/** `ns::fn(int) const` as `ns::fn`: everything from the parenthesis that the last one closes. */
export function withoutParams(name: string): string {
  let depth = 0;
  for (let at = name.lastIndexOf(')'); at >= 0; at--) {
    if (name[at] === ')') depth += 1;
    else if (name[at] === '(') depth -= 1;
    if (depth === 0) return at > 0 ? name.slice(0, at) : name;
  }
  return name;
}
