/** A fenced block of a Markdown page. */
export interface DocBlock {
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** What stands behind the fence: `sh`, `bpftrace`, … */
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a page, in order. */
export function docBlocks(page: string): readonly DocBlock[] {
  const blocks: DocBlock[] = [];
  let open: { line: number; language: string; lines: string[] } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    const fence = /^```(\S*)\s*$/.exec(line);
    if (!fence) open?.lines.push(line);
    else if (open) {
      blocks.push({ line: open.line, language: open.language, text: `${open.lines.join('\n')}\n` });
      open = undefined;
    } else open = { line: index + 1, language: fence[1] ?? '', lines: [] };
  }
  if (open) throw new Error(`line ${open.line}: the block has no end`);
  return blocks;
}

/** A script of a page, and what it prints when the page says so (a block ```output behind it). */
export interface DocScript {
  readonly line: number;
  readonly text: string;
  readonly output: string | undefined;
}

/** The scripts of a page: blocks ```bpftrace. */
export function docScripts(page: string): readonly DocScript[] {
  const blocks = docBlocks(page);
  return blocks.flatMap((block, index) => {
    if (block.language !== 'bpftrace') return [];
    const next = blocks[index + 1];
    return [
      { line: block.line, text: block.text, output: next?.language === 'output' ? next.text : undefined },
    ];
  });
}

/** A command of a page: a shell command that begins with `tetrace`, over as many lines as its quotes take. */
export interface DocCommand {
  readonly line: number;
  readonly text: string;
}

/** The commands of a page, from blocks ```sh; comments and other commands in them are for the reader. */
export function docCommands(page: string): readonly DocCommand[] {
  return docBlocks(page)
    .filter(({ language }) => language === 'sh')
    .flatMap((block) => commandsIn(block));
}

function commandsIn(block: DocBlock): readonly DocCommand[] {
  const commands: { line: number; text: string }[] = [];
  let open: { line: number; text: string } | undefined;
  for (const [index, line] of block.text.split('\n').entries()) {
    if (open) open.text += `\n${line}`;
    else if (line.startsWith('tetrace ')) open = { line: block.line + 1 + index, text: line };
    // In these pages only single quotes go over lines, and none stands inside.
    if (open && (open.text.match(/'/g)?.length ?? 0) % 2 === 0) {
      commands.push(open);
      open = undefined;
    }
  }
  if (open) throw new Error(`line ${open.line}: the command has no end`);
  return commands;
}
