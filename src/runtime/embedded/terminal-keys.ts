import type { ReadStream } from 'node:tty';
import { viewOf } from '../../base/index.ts';
import {
  type Attaching,
  type EventSource,
  type Fire,
  type Scene,
  terminalAddress,
} from '../../embedded/index.ts';
import { type Arch, type AttachOutcome, archFacts, type ProbeSpec } from '../../program/index.ts';

const CTRL_C = 3;
/** Where a prog finds the keys: an address of the kernel that nothing else has. */
const KEYS_AT = 0xffff_b000_0000_0000n;
/** The function that a terminal program's write ends in. Its arguments: the tty, the bytes, their number. Source: drivers/tty/pty.c. */
const PTY_WRITE = 'pty_write';

interface TerminalKeysOptions {
  readonly input: ReadStream;
  readonly arch: Arch;
  /** Device number of the terminal. */
  readonly terminal: number;
  readonly ownTask: () => Scene['task'];
}

/**
 * Keys of this process's terminal as `kprobe:pty_write`: the terminal program writes them to its side of the pseudo-terminal, and there a prog finds
 * them. While the probe is attached the terminal hands over each key at once, without showing it.
 */
export class TerminalKeys implements EventSource {
  readonly name = 'keys';
  readonly served = [`kprobe:${PTY_WRITE}`];
  readonly #options: TerminalKeysOptions;
  readonly #listeners: Fire[] = [];
  readonly #onKeys = (keys: Buffer): void => this.#tell(keys);
  readonly #restore = (): void => void this.#options.input.setRawMode(false);
  #isOurs = false;

  constructor(options: TerminalKeysOptions) {
    this.#options = options;
  }

  serves(probe: ProbeSpec): boolean {
    return (
      probe.kind === 'kprobe' &&
      probe.locations.every((place) => place.function === PTY_WRITE && !place.offset)
    );
  }

  attach({ fire }: Attaching): AttachOutcome {
    const { input } = this.#options;
    if (this.#listeners.length === 0) {
      // Whoever made it raw before gives it back as well.
      this.#isOurs = !input.isRaw;
      if (this.#isOurs) {
        input.setRawMode(true);
        process.on('exit', this.#restore);
      }
      input.on('data', this.#onKeys);
      input.resume();
    }
    this.#listeners.push(fire);
    return { ok: true, functions: 1 };
  }

  detach(): void {
    if (this.#listeners.length === 0) return;
    this.#listeners.length = 0;
    const { input } = this.#options;
    input.off('data', this.#onKeys);
    if (!this.#isOurs) return;
    process.off('exit', this.#restore);
    this.#restore();
    input.pause();
  }

  [Symbol.dispose](): void {
    this.detach();
  }

  #tell(keys: Buffer): void {
    if (this.#isOurs && keys.includes(CTRL_C)) process.kill(process.pid, 'SIGINT');
    const { arch, terminal, ownTask } = this.#options;
    const facts = archFacts(arch);
    const places: Readonly<Record<string, number>> = facts.registers;
    const ctx = new Uint8Array(Math.max(...Object.values(places)) + 8);
    const values = [terminalAddress(terminal, 'master'), KEYS_AT, BigInt(keys.length)];
    for (const [index, value] of values.entries()) {
      const register = facts.args[index] ?? '';
      viewOf(ctx).setBigUint64(places[register] ?? 0, value, true);
    }
    const read = (_space: string, address: bigint, into: Uint8Array): number => {
      if (address < KEYS_AT || address >= KEYS_AT + BigInt(keys.length)) return 0;
      const part = keys.subarray(Number(address - KEYS_AT), Number(address - KEYS_AT) + into.length);
      into.set(part);
      return part.length;
    };
    for (const fire of this.#listeners) fire({ ctx, cpu: 0, scene: { task: ownTask(), read } });
  }
}
