import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unreachable } from '../base/index.ts';
import { exitCodes } from './exit-codes.ts';
import { main } from './main.ts';
import { packageRoot } from './package-root.ts';
import { print, say } from './print.ts';
import { readToolFile, type ToolFile } from './tool-file.ts';
import { toolHelp, toolList } from './tool-help.ts';
import { readToolWords } from './tool-words.ts';

/** `tetrace tools`: lists the tools; `tetrace tools NAME [words]`: runs one. The result is the exit code. */
export async function tools(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === '-h' || name === '--help') {
    print(toolList(toolNames().map(readTool)));
    return exitCodes.ok;
  }
  if (!toolNames().includes(name)) {
    say(`ERROR: there is no tool '${name}': \`tetrace tools\` lists them\n`);
    return exitCodes.refused;
  }
  const tool = readTool(name);
  const read = readToolWords(tool, rest);
  switch (read.kind) {
    case 'help':
      print(toolHelp(tool));
      return exitCodes.ok;
    case 'error':
      say(`ERROR: ${read.message}\n`);
      return exitCodes.refused;
    case 'run':
      return main([...read.tracer, toolPath(name), '--', ...read.script], 'tetrace');
    default:
      return unreachable(read);
  }
}

function toolNames(): readonly string[] {
  const folder = toolFolder();
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.bt'))
    .map((file) => file.slice(0, -'.bt'.length))
    .sort();
}

function readTool(name: string): ToolFile {
  return readToolFile(name, readFileSync(toolPath(name)));
}

function toolPath(name: string): string {
  return join(toolFolder(), `${name}.bt`);
}

function toolFolder(): string {
  return join(packageRoot(), 'tools');
}
