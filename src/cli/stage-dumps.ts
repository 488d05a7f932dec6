import { type StageTrace, stageTexts } from '../compiler/index.ts';
import { createSourceFromBytes, formatScript, parseScript } from '../compiler/language/index.ts';
import type { DebugStage } from './options.ts';
import type { LoadedScript } from './script-source.ts';

/**
 * Shows what the compiler does (`-d`): the script as it was read on stderr; the typed tree, the IR before and after the
 * optimizer and the instructions on stdout.
 */
export function dumpStages(
  stages: ReadonlySet<DebugStage>,
  script: LoadedScript,
  write: { readonly out: (text: string) => void; readonly err: (text: string) => void },
): StageTrace {
  if (stages.has('parse') || stages.has('ast')) {
    const { script: tree } = parseScript(createSourceFromBytes(script.name, script.bytes));
    const title = 'AST after: parser';
    write.err(`${title}\n${'-'.repeat(title.length)}\n${formatScript(tree)}\n`);
  }
  return {
    typed: (program, names) => {
      if (stages.has('types')) write.out(`${stageTexts.typed(program, names)}\n\n`);
    },
    func: (stage, func) => {
      const isWanted = stage === 'ir' ? stages.has('ir') || stages.has('codegen') : stages.has('codegen-opt');
      if (isWanted) write.out(`${stageTexts.func(func)}\n`);
    },
    prog: (name, prog) => {
      if (stages.has('dis')) write.out(`${name}:\n${stageTexts.insns(prog.insns)}\n\n`);
    },
  };
}
