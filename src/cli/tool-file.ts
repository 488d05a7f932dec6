import {
  childrenOf,
  createSourceFromBytes,
  type Expr,
  hasErrors,
  type Node,
  parseScript,
  textOfBytes,
} from '../compiler/language/index.ts';

/** An option of a tool: a named parameter that its script declares with getopt(). */
export interface ToolOption {
  readonly name: string;
  /** A flag takes no value; `number` and `text` say what the value is. */
  readonly kind: 'flag' | 'number' | 'text';
  readonly description: string;
}

/** What the script of a tool says about itself. */
export interface ToolFile {
  readonly name: string;
  /** What has to stand on the command line beside options, for example `FUNCTION`. */
  readonly operands: readonly string[];
  /** One sentence, without the name. */
  readonly summary: string;
  /** The lines below it. */
  readonly text: readonly string[];
  /** In the order in which the script declares them. Without `json`, which `-f json` stands for. */
  readonly options: readonly ToolOption[];
  readonly hasJsonRows: boolean;
}

/**
 * Reads the head of a tool's script: `// NAME OPERANDS: summary`, comment lines, and the getopt() calls, whose default tells the kind.
 *
 * @throws Error when the file is not like that: tools come with the program.
 */
export function readToolFile(name: string, bytes: Uint8Array): ToolFile {
  const { script, diagnostics } = parseScript(createSourceFromBytes(name, bytes));
  if (hasErrors(diagnostics)) throw new Error(`${name} does not parse`);
  const comments: string[] = [];
  for (const line of textOfBytes(bytes).split('\n').slice(1)) {
    if (line === '' && comments.length === 0) continue;
    if (!line.startsWith('//')) break;
    comments.push(line.slice(2).trimEnd().replace(/^ /, ''));
  }
  const [, ownName, operands = '', summary = ''] =
    /^(\w+)((?: [A-Z]+)*): (.*)\.$/.exec(comments[0] ?? '') ?? [];
  if (ownName !== name) throw new Error(`${name} does not begin with what it is`);
  const options = new Map<string, ToolOption>();
  collectOptions(script, options);
  const hasJsonRows = options.delete('json');
  return {
    name,
    operands: operands.split(' ').filter((word) => word !== ''),
    summary,
    text: comments.slice(1).join('\n').trim().split('\n'),
    options: [...options.values()],
    hasJsonRows,
  };
}

function collectOptions(node: Node, found: Map<string, ToolOption>): void {
  if (node.kind === 'call' && node.callee.text === 'getopt') {
    const [name, fallback, description] = node.args;
    if (name?.kind === 'string' && !found.has(name.value)) {
      found.set(name.value, {
        name: name.value,
        kind: kindOf(fallback as Expr | undefined),
        description: description?.kind === 'string' ? description.value : '',
      });
    }
  }
  for (const child of childrenOf(node)) collectOptions(child, found);
}

function kindOf(fallback: Expr | undefined): ToolOption['kind'] {
  if (fallback === undefined || fallback.kind === 'bool') return 'flag';
  return fallback.kind === 'string' ? 'text' : 'number';
}
