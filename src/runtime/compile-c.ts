import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Btf, headerText } from '../btf/index.ts';
import type { Arch, ObjectAnswer } from '../program/index.ts';
import { cHeaders, VMLINUX } from './c-headers/index.ts';
import { readWhole } from './plain-file.ts';
import { systemErrorText } from './system-error.ts';
import { systemIncludeDirs } from './system-include-dirs.ts';

/** More than any compiler says or writes of a file that is to be a part of a script. */
const MAX_BYTES = 64 << 20;

/** How C for BPF is told the processor. Source: tools/lib/bpf/bpf_tracing.h. */
const targetMacros: Readonly<Record<Arch, string>> = {
  x86_64: '__TARGET_ARCH_x86',
  aarch64: '__TARGET_ARCH_arm64',
};

interface CCompilation {
  readonly arch: Arch;
  /** Searched before the system's own. */
  readonly includeDirs: readonly string[];
  /** Asked when the file includes vmlinux.h, of which clang tells by not finding it: writing it takes a second. */
  readonly btf: () => Btf | undefined;
}

/** Compiles C for BPF with clang. That it is not installed, and what it objects to, is a `refused`. */
export function compileC(path: string, compilation: CCompilation): ObjectAnswer {
  const folder = mkdtempSync(join(tmpdir(), 'tetrace-headers-'));
  try {
    for (const [name, text] of Object.entries(cHeaders())) {
      const place = join(folder, name);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, text);
    }
    const first = runClang(path, folder, compilation);
    const wantsTypes = first.kind === 'refused' && first.reason.includes(`'${VMLINUX}' file not found`);
    const btf = wantsTypes ? compilation.btf() : undefined;
    if (!btf) return first;
    writeFileSync(join(folder, VMLINUX), headerText(btf));
    return runClang(path, folder, compilation);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runClang(path: string, headers: string, { arch, includeDirs }: CCompilation): ObjectAnswer {
  const dirs = includeDirs.flatMap((dir) => ['-I', dir]);
  const flags = [
    ...['-target', 'bpf', '-O2', '-g', '-c', '-o', '-', `-D${targetMacros[arch]}`, ...dirs],
    ...[...systemIncludeDirs(arch), headers].flatMap((dir) => ['-idirafter', dir]),
    path.startsWith('-') ? `./${path}` : path,
  ];
  const { error, status, stdout, stderr } = spawnSync('clang', flags, { maxBuffer: MAX_BYTES });
  if (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return {
      kind: 'refused',
      reason: isMissing ? 'clang, which compiles C, is not installed' : error.message,
    };
  }
  const said = stderr.toString('utf8').trimEnd();
  if (status !== 0) return { kind: 'refused', reason: `clang refuses it:\n${said}` };
  return { kind: 'object', bytes: new Uint8Array(stdout), ...(said === '' ? {} : { warnings: said }) };
}

/** A file that was compiled before, as it is. */
export function readBytes(path: string): ObjectAnswer {
  try {
    return { kind: 'object', bytes: readWhole(path).bytes };
  } catch (error) {
    return { kind: 'refused', reason: systemErrorText(error) };
  }
}
