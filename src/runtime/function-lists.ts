import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesWith } from '../kernel/index.ts';
import { PlainFile } from './plain-file.ts';

/** What the kernel says of its functions, as lines of text (see linesWith). */
export interface FunctionLists {
  /** Those that can be traced: tracefs's available_filter_functions. */
  readonly traceable: Buffer;
  /** Those that kprobes may not stand on: lines `0xADDR-0xADDR\tname`, or `… [module]`. Source: kernel/kprobes.c, kprobe_blacklist_seq_show(). */
  readonly refused: Buffer;
}

/** Where the lists come from. */
export interface FunctionListSources {
  /** Has to be the same for the lists to be the same: the boot, and the modules. undefined: not known, so nothing is kept. */
  readonly state: () => string | undefined;
  readonly traceable: () => Buffer | undefined;
  readonly refused: () => Buffer;
}

/** A file system that is empty after a boot. Source: file-hierarchy(7). */
export const KEPT_IN = '/run/tetrace';
const FILE = 'functions';
/** A file that was cut short lacks it. */
const END = '\n\nend\n';
/** A kernel has 1 to 3 MB of names of functions. */
const MAX_BYTES = 64 << 20;

/**
 * The lists, kept in a file from one start to the next while the kernel and its modules stay the same. The kernel needs 30 ms to write them, on
 * an emulated machine half a second, more than everything else a start does: for every page that is read it walks from its first function.
 *
 * @param folder where they are kept, made if need be. It has to belong to this user and be closed to others; else nothing is kept.
 * @returns undefined when this kernel has no list.
 */
export function functionLists(sources: FunctionListSources, folder: string): FunctionLists | undefined {
  const state = isOwnFolder(folder) ? sources.state() : undefined;
  const kept = state === undefined ? undefined : readKept(folder, state);
  if (kept !== undefined) return kept;
  const traceable = sources.traceable();
  if (traceable === undefined) return undefined;
  const lists = { traceable, refused: sources.refused() };
  // A module that came or went meanwhile may be in the lists, or not.
  if (state !== undefined && traceable.length > 0 && sources.state() === state) keep(folder, state, lists);
  return lists;
}

/** The running kernel's state: /proc/modules without its counts of users, which change all the time. */
export function kernelState(): string | undefined {
  const boot = contentOf('/proc/sys/kernel/random/boot_id').toString('latin1').trim();
  if (boot === '') return undefined;
  const modules = contentOf('/proc/modules').toString('latin1').split('\n');
  const places = modules.map((line) => {
    const [name, size, _users, _usedBy, state, address] = line.split(' ');
    return `${name} ${size} ${state} ${address}`;
  });
  return [boot, ...places].join('\n');
}

/** The kernel's list of functions that kprobes refuse; nothing where there is no debugfs: the kernel itself will refuse those. */
export function refusedByKprobes(): Buffer {
  return contentOf('/sys/kernel/debug/kprobes/blacklist');
}

/** The functions with a text in their names that kprobes refuse, all of them without one. */
export function refusedNames({ refused }: FunctionLists, piece = ''): ReadonlySet<string> {
  const names = new Set<string>();
  for (const line of linesWith(refused, piece)) {
    const [, name] = /\t(\S+)/.exec(line) ?? [];
    if (name !== undefined) names.add(name);
  }
  return names;
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.of();
  }
}

function isOwnFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, or cannot be.
  }
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.geteuid?.() && (stat.mode & 0o077) === 0;
}

function readKept(folder: string, state: string): FunctionLists | undefined {
  const bytes = readWithin(join(folder, FILE));
  if (bytes === undefined) return undefined;
  const start = `${state}\n\n`;
  const end = bytes.length - END.length;
  const middle = bytes.indexOf('\n\n', start.length, 'latin1');
  const isWhole =
    bytes.toString('latin1', 0, start.length) === start && bytes.toString('latin1', Math.max(0, end)) === END;
  if (!isWhole || middle < 0 || middle + 2 > end) return undefined;
  return { refused: bytes.subarray(start.length, middle), traceable: bytes.subarray(middle + 2, end) };
}

function readWithin(path: string): Buffer | undefined {
  try {
    using file = PlainFile.open(path, { followsLinks: false });
    if (file.stat.size > MAX_BYTES) return undefined;
    // In a folder of our own, where files are replaced as a whole.
    return Buffer.from(file.map());
  } catch {
    return undefined; // not yet
  }
}

function keep(folder: string, state: string, { traceable, refused }: FunctionLists): void {
  const path = join(folder, FILE);
  const temporary = `${path}.${process.pid}`;
  try {
    const before = `${state}\n\n${refused.toString('latin1').trim()}\n\n`;
    writeFileSync(temporary, [before, traceable.toString('latin1'), END].join(''), 'latin1');
    renameSync(temporary, path);
  } catch {
    rmSync(temporary, { force: true }); // no room: the next start asks the kernel again
  }
}
