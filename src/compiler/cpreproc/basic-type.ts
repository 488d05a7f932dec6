import type { CType } from './c-declaration.ts';

/** Words that make up the basic types of C, with the spellings GNU C adds. */
const basicWords: Readonly<Record<string, string>> = {
  void: 'void',
  char: 'char',
  short: 'short',
  int: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  signed: 'signed',
  __signed: 'signed',
  __signed__: 'signed',
  unsigned: 'unsigned',
  _Bool: '_Bool',
  bool: '_Bool',
  __int128: '__int128',
};

/** Words, sorted and joined (a lone `signed` dropped, `int` dropped beside others) -> type. */
const basicTypes: Readonly<Record<string, CType>> = {
  void: { kind: 'c-void' },
  _Bool: { kind: 'c-bool' },
  char: { kind: 'c-int', name: 'char', bytes: 1, isSigned: true },
  'char signed': { kind: 'c-int', name: 'signed char', bytes: 1, isSigned: true },
  'char unsigned': { kind: 'c-int', name: 'unsigned char', bytes: 1, isSigned: false },
  short: { kind: 'c-int', name: 'short', bytes: 2, isSigned: true },
  'short unsigned': { kind: 'c-int', name: 'unsigned short', bytes: 2, isSigned: false },
  int: { kind: 'c-int', name: 'int', bytes: 4, isSigned: true },
  unsigned: { kind: 'c-int', name: 'unsigned int', bytes: 4, isSigned: false },
  long: { kind: 'c-int', name: 'long', bytes: 8, isSigned: true },
  'long unsigned': { kind: 'c-int', name: 'unsigned long', bytes: 8, isSigned: false },
  'long long': { kind: 'c-int', name: 'long long', bytes: 8, isSigned: true },
  'long long unsigned': { kind: 'c-int', name: 'unsigned long long', bytes: 8, isSigned: false },
  __int128: { kind: 'c-int', name: '__int128', bytes: 16, isSigned: true },
  '__int128 unsigned': { kind: 'c-int', name: 'unsigned __int128', bytes: 16, isSigned: false },
  float: { kind: 'c-float', name: 'float', bytes: 4 },
  double: { kind: 'c-float', name: 'double', bytes: 8 },
  'double long': { kind: 'c-float', name: 'long double', bytes: 16 },
};

/** Whether a word is part of the name of a basic type. */
export function isBasicWord(word: string): boolean {
  return Object.hasOwn(basicWords, word);
}

/** The type that words such as `unsigned long int` name, in any order; undefined for a combination C does not have. */
export function basicType(words: readonly string[]): CType | undefined {
  const plain = words
    .map((word) => (Object.hasOwn(basicWords, word) ? (basicWords[word] ?? word) : word))
    .sort();
  const hasOther = plain.some((word) => word !== 'int' && word !== 'signed');
  const isChar = plain.includes('char');
  const significant = plain.filter((word) => {
    if (word === 'int') return !hasOther;
    return word !== 'signed' || isChar;
  });
  const key = significant.length === 0 ? 'int' : significant.join(' ');
  return Object.hasOwn(basicTypes, key) ? basicTypes[key] : undefined;
}
