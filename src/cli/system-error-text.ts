/** The text of a Node.js system error as the C library words it: "No such file or directory" for ENOENT. */
export function systemErrorText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return String(message);
  if (code === 'EISDIR') return 'Is a directory';
  // Node.js: "ENOENT: no such file or directory, open 'x'". Only these two spellings differ in more than the first letter.
  const text = /^[A-Z0-9]+: (.*?)(?:, \w+(?: .*)?)?$/s.exec(message)?.[1] ?? code;
  return text.charAt(0).toUpperCase() + text.slice(1);
}
