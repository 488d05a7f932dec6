/**
 * What `import "stdlib…"` stands for. bpftrace keeps part of its language in files of these names; here those functions are builtins, so that
 * such an import only has to be known. What no builtin has is given in the language.
 */

/** The text of a file of the library, by its name. */
const files: Readonly<Record<string, string>> = {
  'stdlib/base.bpf.c': '',
  'stdlib/map/map.bpf.c': '',
  'stdlib/process/process.bpf.c': '',
  'stdlib/stack/dwunwind.bpf.c': '',
  'stdlib/strings/errors.h': '',
  'stdlib/strings/signal.h': '',
  'stdlib/strings/strings.bpf.c': '',
  'stdlib/strings/strings.h': '',
  'stdlib/strings/syscall.h': '',
  'stdlib/system/system.bpf.c': '',
  'stdlib/task/task.bpf.c': '',
  'stdlib/task/vma.bpf.c': '',
  'stdlib/test/test.bpf.c': 'fn __always_true() : int32 { return 1; }',
  'stdlib/usdt/usdt.bpf.c': '',
};

/** The names that an import can mean, for suggestions. */
export const libraryNames: readonly string[] = Object.keys(files);

/**
 * The files of the library that an import means: one, or those of a folder.
 *
 * @returns undefined when there are none
 */
export function findInLibrary(
  name: string,
): readonly { readonly name: string; readonly text: string }[] | undefined {
  const found = Object.entries(files).filter(
    ([file]) => file === name || file.slice(0, file.lastIndexOf('/')) === name,
  );
  return found.length === 0 ? undefined : found.map(([file, text]) => ({ name: file, text }));
}
