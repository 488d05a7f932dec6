/** Which file an `#include` in a script means, and what happens when there is none. */
import { unreachable } from '../base/index.ts';
import type { Target } from '../program/index.ts';
import type { IncludeAnswer, IncludeRequest } from './cpreproc/index.ts';
import { createSource, type Source } from './language/index.ts';

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash);
}

/** Top folders of the kernel's headers, as scripts name them. Source: include/ and arch/x86/include in the kernel tree. */
const kernelFolders: ReadonlySet<string> = new Set([
  ...[
    'acpi',
    'asm',
    'asm-generic',
    'clocksource',
    'crypto',
    'cxl',
    'drm',
    'dt-bindings',
    'generated',
    'hyperv',
  ],
  ...[
    'keys',
    'kunit',
    'kvm',
    'linux',
    'math-emu',
    'media',
    'memory',
    'misc',
    'net',
    'pcmcia',
    'ras',
    'rdma',
    'rv',
  ],
  ...['scsi', 'soc', 'sound', 'target', 'trace', 'uapi', 'ufs', 'vdso', 'video', 'xen'],
]);

/**
 * Looks beside the including file (for the quoted form), then in the include directories. A header of the kernel's that is nowhere is as if
 * it were empty where the kernel's BTF has the types that it would bring; every other one must be there.
 */
export function answerInclude(request: IncludeRequest, target: Target): IncludeAnswer {
  const { path } = request;
  const folders = foldersFor(request, target.includeDirs);
  const candidates = path.startsWith('/') ? [path] : folders.map((folder) => `${folder}/${path}`);
  for (const name of candidates) {
    const answer = target.readFile(name);
    if (answer.kind === 'text') return { kind: 'text', name, text: answer.text };
  }
  const [folder = ''] = path.split('/', 1);
  if (request.form !== 'quoted' && kernelFolders.has(folder) && target.btf() !== undefined)
    return { kind: 'nothing' };
  return {
    kind: 'refused',
    reason: folders.length === 0 ? 'No such file' : `No such file in ${folders.join(', ')}`,
  };
}

function foldersFor({ path, form, from }: IncludeRequest, includeDirs: readonly string[]): readonly string[] {
  switch (form) {
    case 'quoted':
      return [directoryOf(from), ...includeDirs];
    case 'angled':
      return includeDirs;
    case 'next':
      return includeDirs.slice(includeDirs.findIndex((folder) => from === `${folder}/${path}`) + 1);
    default:
      return unreachable(form);
  }
}

/** The headers of --include as a source that includes them before the script's own C section; none when there are none. */
export function sourceOfHeaders(paths: readonly string[]): readonly Source[] {
  if (paths.length === 0) return [];
  return [createSource('<command line>', paths.map((path) => `#include "${path}"\n`).join(''))];
}
