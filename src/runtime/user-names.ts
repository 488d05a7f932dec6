import { readFileSync } from 'node:fs';

/** User names by uid from a passwd file, read at the first question; read again for a uid that is not known yet. Source: passwd(5). */
export class UserNames {
  readonly #path: string;
  #names: ReadonlyMap<string, string> | undefined;
  readonly #unknown = new Set<string>();

  constructor(path = '/etc/passwd') {
    this.#path = path;
  }

  name(uid: bigint): string | undefined {
    const key = uid.toString();
    this.#names ??= this.#read();
    if (!this.#names.has(key) && !this.#unknown.has(key)) {
      this.#names = this.#read();
      if (!this.#names.has(key)) this.#unknown.add(key);
    }
    return this.#names.get(key);
  }

  #read(): ReadonlyMap<string, string> {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return new Map(); // no such file in a small container: every uid is shown as a number
    }
    const names = new Map<string, string>();
    for (const line of text.split('\n')) {
      const [name, , uid] = line.split(':');
      // The first line of a uid counts, as in getpwuid(3).
      if (name !== undefined && uid !== undefined && !names.has(uid)) names.set(uid, name);
    }
    return names;
  }
}
