import { Crc32, decodeText, encodeText, plainFromText, plainToText, viewOf } from '../base/index.ts';
import type { MachineFacts } from '../embedded/index.ts';
import { archTable, type LoadOptions, type Program } from '../program/index.ts';
import type { RunOptions } from '../tracer/index.ts';
import type { Task } from '../vm/index.ts';

/** What a recording says before its first item: everything a run needs that is not asked for while it runs. */
export interface RecordingHeader {
  /** The script, as it was read: its name for people, its text (a binary string) to know it again. */
  readonly script: { readonly name: string; readonly text: string };
  readonly arguments: readonly string[];
  /** What the script was compiled to, so that a replay hangs on no machine. */
  readonly program: Program;
  readonly constants: LoadOptions['constants'];
  /** What another script is compiled for. */
  readonly machine: MachineFacts;
  /** Types of that machine, as BTF. */
  readonly btf: Uint8Array | undefined;
  readonly backend: 'kernel' | 'embedded';
  readonly options: RunOptions;
  readonly warnings: boolean;
}

/** What happened, in the one order it happened in. */
export type RecordingItem =
  /** Something was asked from outside the run, and answered. */
  | {
      readonly kind: 'answer';
      readonly call: string;
      readonly asked: readonly unknown[];
      readonly given: unknown;
    }
  /** User space begins to take records, takes one, has taken all it wanted. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'record'; readonly bytes: Uint8Array }
  | { readonly kind: 'drained' }
  /** A prog begins on the embedded machine: what for, when (boot clock), in which task, and its ctx. */
  | {
      readonly kind: 'event';
      readonly prog: number;
      readonly probe: number | undefined;
      readonly cpu: number;
      readonly timeNs: bigint;
      readonly task: Task;
      readonly ctx: Uint8Array;
    }
  /** A prog in the kernel says what it runs for or what it was told: see program/event-notes.ts. */
  | { readonly kind: 'note'; readonly bytes: Uint8Array }
  /** So many notes found no room, since the run began. */
  | { readonly kind: 'gap'; readonly lost: bigint }
  /** What that prog was told: a clock, memory, the task, chance. */
  | {
      readonly kind: 'told';
      readonly call: string;
      readonly asked: readonly unknown[];
      readonly given: unknown;
    };

export type RecordingItemKind = RecordingItem['kind'];

/** A recording that was read and is whole. */
export interface Recording {
  readonly header: RecordingHeader;
  readonly items: readonly RecordingItem[];
}

/** The bytes are no whole recording; the message says what is wrong with them. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/**
 * The wire form, little-endian:
 *
 *     "TETRACE\n"  u32 version
 *     then blocks: u8 kind, u32 length, that many bytes
 *     the first block is the header, the last one holds the u32 number of items and the u32 CRC-32 of everything before that block
 */
const MAGIC = new Uint8Array([0x54, 0x45, 0x54, 0x52, 0x41, 0x43, 0x45, 0x0a]);
const VERSION = 3;
const PREFIX_BYTES = MAGIC.length + 4;
const BLOCK_BYTES = 5;

const blockKinds: Readonly<Record<RecordingItemKind | 'header' | 'end', number>> = {
  header: 1,
  answer: 2,
  drain: 3,
  record: 4,
  drained: 5,
  event: 6,
  told: 7,
  note: 8,
  gap: 9,
  end: 255,
};
const kindsByNumber = new Map(
  // Object.entries forgets what the keys are.
  (Object.entries(blockKinds) as [keyof typeof blockKinds, number][]).map(([name, number]) => [number, name]),
);

/** So much is collected before it is written. */
const PIECE_BYTES = 1 << 18;

/** Writes a recording piece by piece. Items are copied as they come: a view of memory that changes later will do. */
export class RecordingWriter {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #checksum = new Crc32();
  readonly #piece = new Uint8Array(PIECE_BYTES);
  readonly #view = viewOf(this.#piece);
  #filled = 0;
  #count = 0;

  /** @param write takes the pieces of the file, in order; a piece may not be kept. */
  constructor(write: (bytes: Uint8Array) => void, header: RecordingHeader) {
    this.#write = write;
    this.#piece.set(MAGIC);
    this.#view.setUint32(MAGIC.length, VERSION, true);
    this.#filled = PREFIX_BYTES;
    this.#block('header', encodeText(plainToText(header)));
  }

  add(item: RecordingItem): void {
    this.#count++;
    const { kind } = item;
    switch (kind) {
      case 'record':
      case 'note':
        this.#block(kind, item.bytes);
        break;
      case 'drain':
      case 'drained':
        this.#block(kind, nothing);
        break;
      default:
        this.#block(kind, encodeText(plainToText(item)));
    }
  }

  /** Makes the recording whole: without this it is refused. */
  end(): void {
    this.#flush();
    const content = new Uint8Array(8);
    viewOf(content).setUint32(0, this.#count, true);
    viewOf(content).setUint32(4, this.#checksum.value, true);
    this.#block('end', content);
    this.#flush();
  }

  #block(kind: keyof typeof blockKinds, content: Uint8Array): void {
    if (this.#filled + BLOCK_BYTES + content.length > PIECE_BYTES) this.#flush();
    this.#piece[this.#filled] = blockKinds[kind];
    this.#view.setUint32(this.#filled + 1, content.length, true);
    this.#filled += BLOCK_BYTES;
    if (this.#filled + content.length > PIECE_BYTES) {
      this.#flush();
      this.#put(content);
      return;
    }
    this.#piece.set(content, this.#filled);
    this.#filled += content.length;
  }

  #flush(): void {
    this.#put(this.#piece.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #put(bytes: Uint8Array): void {
    this.#checksum.add(bytes);
    this.#write(bytes);
  }
}

const nothing = new Uint8Array(0);

/** Reads a whole recording. @throws RecordingError with what is wrong with it. */
export function readRecording(bytes: Uint8Array): Recording {
  // Nothing is made of what a block holds before the checksum says that it is what was written.
  const blocks = findBlocks(bytes);
  const items: RecordingItem[] = [];
  let header: RecordingHeader | undefined;
  for (const block of blocks) {
    if ((block.kind === 'header') !== (header === undefined))
      throw new RecordingError(`at byte ${block.at} its parts are out of order`);
    if (block.kind === 'header') header = headerOf(block);
    else items.push(itemOf(block));
  }
  if (header === undefined) throw new RecordingError('it does not say what was recorded');
  return { header, items };
}

interface FoundBlock {
  readonly kind: RecordingItemKind | 'header';
  /** Where it begins in the file. */
  readonly at: number;
  readonly content: Uint8Array;
}

/** The blocks of a file that is whole, without the end mark. */
function findBlocks(bytes: Uint8Array): readonly FoundBlock[] {
  if (bytes.length < PREFIX_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte))
    throw new RecordingError('it is no recording of tetrace');
  const view = viewOf(bytes);
  const version = view.getUint32(MAGIC.length, true);
  if (version !== VERSION)
    throw new RecordingError(`it has version ${version}, and this tetrace reads version ${VERSION}`);
  const blocks: FoundBlock[] = [];
  for (let at = PREFIX_BYTES; ; ) {
    if (at + BLOCK_BYTES > bytes.length)
      throw new RecordingError(
        `it ends after ${bytes.length} bytes, before its end mark: the run that wrote it was cut off`,
      );
    const kind = kindsByNumber.get(bytes[at]!);
    const length = view.getUint32(at + 1, true);
    const start = at + BLOCK_BYTES;
    if (kind === undefined)
      throw new RecordingError(`byte ${at} says what nothing in a recording is (${bytes[at]})`);
    if (start + length > bytes.length)
      throw new RecordingError(
        `at byte ${at} it promises ${length} bytes, and only ${bytes.length - start} are left`,
      );
    const content = bytes.subarray(start, start + length);
    if (kind === 'end') {
      checkEnd(bytes, at, content, Math.max(0, blocks.length - 1), start + length);
      return blocks;
    }
    blocks.push({ kind, at, content });
    at = start + length;
  }
}

function headerOf({ at, content }: FoundBlock): RecordingHeader {
  const header = readBlock(at, content);
  for (const [name, type] of Object.entries(headerFields)) {
    const value = isObject(header) ? header[name] : undefined;
    if (typeof value !== type)
      throw new RecordingError(`its header has no ${name}, or another one than this tetrace writes`);
  }
  const checked = header as RecordingHeader; // as far as was just looked at; the checksum vouches for the rest
  const { arch } = checked.machine;
  if (!Object.hasOwn(archTable, arch))
    throw new RecordingError(`it was made on a machine (${arch}) that this tetrace does not know`);
  return checked;
}

const headerFields = {
  script: 'object',
  arguments: 'object',
  program: 'object',
  constants: 'object',
  machine: 'object',
  backend: 'string',
  options: 'object',
  warnings: 'boolean',
} as const satisfies Partial<Record<keyof RecordingHeader, string>>;

function itemOf({ kind, at, content }: FoundBlock): RecordingItem {
  switch (kind) {
    case 'record':
    case 'note':
      return { kind, bytes: content };
    case 'drain':
    case 'drained':
      return { kind };
    default: {
      const item = readBlock(at, content);
      if (!isObject(item) || item['kind'] !== kind)
        throw new RecordingError(`what stands at byte ${at} is no ${kind}: it was damaged`);
      return item as RecordingItem; // the checksum vouches for its form
    }
  }
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null;
}

function readBlock(at: number, content: Uint8Array): unknown {
  try {
    return plainFromText(decodeText(content));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)
      throw new RecordingError(`what stands at byte ${at} cannot be read: it was damaged`);
    throw error;
  }
}

function checkEnd(bytes: Uint8Array, at: number, content: Uint8Array, count: number, end: number): void {
  if (content.length !== 8) throw new RecordingError('its end mark was damaged');
  const view = viewOf(content);
  const checksum = new Crc32();
  checksum.add(bytes.subarray(0, at));
  if (view.getUint32(4, true) !== checksum.value)
    throw new RecordingError('its checksum does not match: it was damaged');
  if (view.getUint32(0, true) !== count)
    throw new RecordingError(`it has ${count} items, and its end mark says ${view.getUint32(0, true)}`);
  if (end !== bytes.length) throw new RecordingError(`${bytes.length - end} bytes follow its end`);
}
