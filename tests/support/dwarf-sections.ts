import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { ElfFile } from '../../src/elf/index.ts';

/** How shapes.c was compiled; each has a file of that name, written by UPDATE_GOLDEN=1. */
export const dwarfVariants = {
  'version-4': ['-O2', '-gdwarf-4'],
  'version-5': ['-O2', '-gdwarf-5'],
  'version-5-plain': ['-O0', '-gdwarf-5'],
  'version-5-64-bit': ['-O2', '-gdwarf-5', '-gdwarf64'],
  'split-4': ['-O2', '-gdwarf-4', '-gsplit-dwarf'],
  'split-5': ['-O2', '-gdwarf-5', '-gsplit-dwarf'],
  'type-units': ['-O2', '-gdwarf-4', '-fdebug-types-section'],
} as const;

export type DwarfVariant = keyof typeof dwarfVariants;

/** A compiled program, without its code. */
export interface DwarfFixture {
  /** Addresses of functions. */
  readonly functions: Readonly<Record<string, number>>;
  /** The debug sections of the binary and of its split file. */
  readonly binary: ReadonlyMap<string, Uint8Array>;
  readonly split: ReadonlyMap<string, Uint8Array>;
}

const folder = join(import.meta.dirname, '../golden/dwarf');

interface Stored {
  readonly functions: Record<string, number>;
  readonly binary: Record<string, string>;
  readonly split: Record<string, string>;
}

/** The debug information of shapes.c, as gcc wrote it. */
export function dwarfFixture(variant: DwarfVariant): DwarfFixture {
  const path = join(folder, `${variant}.json`);
  if (process.env['UPDATE_GOLDEN'] === '1')
    writeFileSync(path, `${JSON.stringify(compile(variant), null, 1)}\n`);
  const stored = JSON.parse(readFileSync(path, 'utf8')) as Stored; // written just so below
  return { functions: stored.functions, binary: unpack(stored.binary), split: unpack(stored.split) };
}

function unpack(sections: Record<string, string>): ReadonlyMap<string, Uint8Array> {
  return new Map(
    Object.entries(sections).map(([name, text]) => [name, inflateRawSync(Buffer.from(text, 'base64'))]),
  );
}

function compile(variant: DwarfVariant): Stored {
  const work = mkdtempSync(join(tmpdir(), 'tetrace-dwarf-'));
  try {
    writeFileSync(join(work, 'shapes.c'), readFileSync(join(folder, 'shapes.c')));
    const flags = [...dwarfVariants[variant], '-g', `-fdebug-prefix-map=${work}=/shapes`];
    execFileSync('gcc', [...flags, '-o', 'shapes', 'shapes.c'], { cwd: work, stdio: 'pipe' });
    const elf = new ElfFile(readFileSync(join(work, 'shapes')));
    const split = readdirSync(work).find((name) => name.endsWith('.dwo'));
    return {
      functions: Object.fromEntries(
        ['draw', 'main'].map((name) => [name, Number(elf.functionsNamed(name)[0]?.address)]),
      ),
      binary: pack(elf),
      split: split === undefined ? {} : pack(new ElfFile(readFileSync(join(work, split)))),
    };
  } finally {
    rmSync(work, { recursive: true });
  }
}

function pack(elf: ElfFile): Record<string, string> {
  return Object.fromEntries(
    elf.sections
      .filter(({ name, type }) => name.startsWith('.debug_') && type !== 8)
      .map((section) => [section.name, deflateRawSync(elf.bytesOf(section)).toString('base64')]),
  );
}
