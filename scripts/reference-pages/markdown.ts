/** A Markdown table; cells are Markdown already. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return `${[line(header), `| ${header.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n')}\n`;
}

/** Text as it is typed. */
export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** Several spellings, one per line of a table's cell. */
export function codeLines(texts: readonly string[]): string {
  return texts.map(code).join('<br>');
}
