import { ScenarioError } from './scenario-error.ts';

/** A value as a scenario writes it. */
export type ScenarioValue =
  | { readonly kind: 'int'; readonly value: bigint }
  /** `space`: where it is put when it is pointed to; undefined: where the probe's pointers lead. */
  | {
      readonly kind: 'bytes';
      readonly bytes: Uint8Array;
      readonly isText: boolean;
      readonly space: Space | undefined;
    }
  | { readonly kind: 'list'; readonly values: readonly ScenarioValue[] }
  /** A function, by name, and bytes from its start. */
  | { readonly kind: 'place'; readonly symbol: string; readonly offset: bigint };

export type Space = 'kernel' | 'user';

/** Characters that end a word. */
const WORD = /[^\s=,[\]"#]+/y;
const SPACES = /[ \t]*/y;
const INTEGER = /^-?(?:0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/;
const PLACE = /^([A-Za-z_.$][\w.$]*)(?:\+(0x[0-9a-fA-F]+|[0-9]+))?$/;
/** As a tracepoint has room for at most. Source: include/linux/trace_events.h, a record is at most a page. */
const MAX_BYTES = 4096;
const MAX_DEPTH = 8;

const escapes: Readonly<Record<string, number>> = {
  n: 0x0a,
  t: 0x09,
  r: 0x0d,
  '0': 0,
  '"': 0x22,
  '\\': 0x5c,
};

/** Reads one line of a scenario, word by word. The text is a binary string: a character is a byte. */
export class LineCursor {
  readonly line: number;
  readonly #text: string;
  #at = 0;

  constructor(text: string, line: number) {
    this.#text = text;
    this.line = line;
    this.#skipSpaces();
  }

  /** Nothing follows but a comment. */
  get isAtEnd(): boolean {
    return this.#at >= this.#text.length || this.#text[this.#at] === '#';
  }

  error(message: string): ScenarioError {
    return new ScenarioError(this.line, message);
  }

  /** The next word. @param what it should be, for the message when there is none. */
  word(what: string): string {
    const word = this.#match(WORD);
    if (word === undefined) throw this.error(`${what} is missing here: ${this.#rest()}`);
    this.#skipSpaces();
    return word;
  }

  /** The next word, left where it is; undefined when there is none. */
  peek(): string | undefined {
    const at = this.#at;
    const word = this.#match(WORD);
    this.#at = at;
    return word;
  }

  /** Whether a character is next; it is passed when it is. */
  takes(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    this.#skipSpaces();
    return true;
  }

  end(): void {
    if (!this.isAtEnd) throw this.error(`nothing more is expected here: ${this.#rest()}`);
  }

  /** What is left of the line, without a comment. */
  restOfLine(): string {
    const rest = this.#text.slice(this.#at).split('#', 1)[0]!.trim();
    this.#at = this.#text.length;
    return rest;
  }

  integer(what: string): bigint {
    const word = this.word(what);
    if (!INTEGER.test(word)) throw this.error(`${what} is a number, and ${word} is none`);
    return toInteger(word);
  }

  /** A number that fits a variable of JavaScript, from 0 on. */
  count(what: string, limit: number): number {
    const value = this.integer(what);
    if (value < 0n || value > BigInt(limit))
      throw this.error(`${what} is a number from 0 to ${limit}, not ${value}`);
    return Number(value);
  }

  /** Quoted text or a word. */
  text(what: string): string {
    return this.#text[this.#at] === '"' ? this.#quoted() : this.word(what);
  }

  value(depth = 0): ScenarioValue {
    if (depth > MAX_DEPTH) throw this.error(`lists stand in lists more than ${MAX_DEPTH} deep`);
    if (this.takes('[')) return { kind: 'list', values: this.#listed(depth) };
    if (this.#text[this.#at] === '"') return bytesValue(this.#quoted(), true);
    const word = this.#match(WORD);
    if (word === undefined) throw this.error(`a value is missing here: ${this.#rest()}`);
    if (this.#text[this.#at] === '"') {
      const quoted = this.#quoted();
      if (word === 'kernel' || word === 'user') return bytesValue(quoted, true, word);
      if (word !== 'x') throw this.error(`before a text stands x, user or kernel, not ${word}`);
      if (!/^(?:[0-9a-fA-F]{2}\s*)*$/.test(quoted))
        throw this.error(`x"${quoted}" is not made of pairs of hexadecimal digits`);
      const digits = quoted.replaceAll(/\s/g, '');
      return bytesValue(
        digits.replaceAll(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16))),
        false,
      );
    }
    this.#skipSpaces();
    if (INTEGER.test(word)) return { kind: 'int', value: toInteger(word) };
    const place = PLACE.exec(word);
    if (place === null)
      throw this.error(`${word} is no value: numbers, "texts", x"bytes", [lists] and names of functions are`);
    return { kind: 'place', symbol: place[1]!, offset: BigInt(place[2] ?? 0) };
  }

  #listed(depth: number): readonly ScenarioValue[] {
    const values: ScenarioValue[] = [];
    while (!this.takes(']')) {
      if (values.length > 0 && !this.takes(','))
        throw this.error(`a , or ] is missing here: ${this.#rest()}`);
      values.push(this.value(depth + 1));
    }
    return values;
  }

  #quoted(): string {
    let text = '';
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      const char = this.#text[this.#at];
      if (char === undefined) throw this.error('a " is missing at the end of a text');
      text += char === '\\' ? this.#escape() : char;
      if (text.length > MAX_BYTES) throw this.error(`a text has at most ${MAX_BYTES} bytes`);
    }
    this.#at++;
    this.#skipSpaces();
    return text;
  }

  #escape(): string {
    const char = this.#text[++this.#at] ?? '';
    if (char === 'x') {
      const digits = this.#text.slice(this.#at + 1, this.#at + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(digits))
        throw this.error(`behind \\x stand two hexadecimal digits, not "${digits}"`);
      this.#at += 2;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const code = escapes[char];
    if (code === undefined) throw this.error(`\\${char} means nothing in a text`);
    return String.fromCharCode(code);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined || found === '') return undefined;
    this.#at += found.length;
    return found;
  }

  #skipSpaces(): void {
    this.#match(SPACES);
  }

  #rest(): string {
    const rest = this.#text.slice(this.#at, this.#at + 40);
    return rest === '' ? 'the line ends' : rest;
  }
}

function toInteger(word: string): bigint {
  const digits = word.replaceAll('_', '');
  const value = digits.startsWith('-') ? -BigInt(digits.slice(1) || 0) : BigInt(digits === '0x' ? 0 : digits);
  return value;
}

function bytesValue(text: string, isText: boolean, space?: Space): ScenarioValue {
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  return { kind: 'bytes', bytes, isText, space };
}
