/**
 * A line of columns, with any number of spaces between them: regular expression syntax, except that parentheses, dots and pluses stand for
 * themselves, and `<time>` for a time of day.
 */
export function row(columns: string): RegExp {
  const words = columns
    .split(' ')
    .map((word) =>
      word === '<time>' ? '\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{6})?' : word.replace(/(?<!\\[dS])[().+]/g, '\\$&'),
    );
  return new RegExp(`^ *${words.join(' +')} *$`, 'm');
}

/** The sum of the counts of a histogram; 0 when there is none of that name. */
export function histogramTotal(text: string, name: string): number {
  const start = `\n${text}`.indexOf(`\n${name}:\n`);
  if (start < 0) return 0;
  const [body = ''] = text.slice(start + name.length + 2).split('\n\n', 1);
  return [...body.matchAll(/(\d+) \|/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** The number that a line of a map shows; 0 when there is no such line. */
export function countOf(text: string, name: string): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name}: `));
  return line === undefined ? 0 : Number(line.slice(name.length + 2));
}
