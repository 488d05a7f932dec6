import { type StageTrace, stageTexts } from '../compiler/index.ts';
import { createSourceFromBytes, formatScript, parseScript } from '../compiler/language/index.ts';
import type { LoadOptions, Program } from '../program/index.ts';
import type { DebugStage, Options } from './options.ts';
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
    write.err(`AST after: parse\n-------------------\n${formatScript(tree)}\n`);
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

/** The stages behind the compiler: what the loader does, and the verifier's logs. With `-v` and a size for them they are asked for as well, so that what does not fit is an error. */
export function loaderLogs(
  program: Program,
  options: Options,
  write: (text: string) => void,
): Pick<LoadOptions, 'verifierLog' | 'loaderLog'> {
  const showLog = (prog: number, log: string): void => {
    const title = `BPF verifier log for ${program.progs[prog]?.name ?? prog}:`;
    write(`${title}\n--------------------------------------\n${log}\n`);
  };
  const isSized = options.verbose && program.settings.logSize !== undefined;
  return {
    ...(options.debug.has('verifier') ? { verifierLog: showLog } : isSized ? { verifierLog: () => {} } : {}),
    ...(options.debug.has('libbpf') ? { loaderLog: (line: string) => write(`${line}\n`) } : {}),
  };
}
