import { invariant } from '../../base/index.ts';
import { MAX_CALL_FRAMES } from '../../bpf/index.ts';
import { helperCalls, kfuncCalls } from '../calls/index.ts';
import {
  type Core,
  type DecodedProg,
  type EnterFunction,
  MAX_LOOPS,
  type PrepareProg,
  wordsOfCore,
} from '../core.ts';
import { FaultError } from '../fault.ts';
import { encodeModule } from './binary.ts';
import { type HostFunction, hostFunctions, translateProg } from './translate.ts';

/**
 * The fast engine: a WebAssembly module per prog, made when the prog first runs. It shares the machine's memory, and helpers, maps and
 * faults are the interpreter's.
 *
 * @param core of a machine whose memory was made to be shared.
 */
export function createTranslator(core: Core): PrepareProg {
  return (prog) => {
    let entries: ReadonlyMap<number, () => void> | undefined;
    const translate = (): ReadonlyMap<number, () => void> => {
      entries ??= instantiate(core, prog);
      return entries;
    };
    const run: EnterFunction = (_core, start) => {
      const enter = (entries ?? translate()).get(start);
      invariant(enter !== undefined, 'a function that is called was translated');
      enter();
    };
    return { enter: run, translate: () => void translate() };
  };
}

function instantiate(core: Core, prog: DecodedProg): ReadonlyMap<number, () => void> {
  const memory = core.memory.wasm;
  invariant(memory !== undefined, "the translator's machine shares its memory");
  const bytes = encodeModule({
    pages: memory.buffer.byteLength / PAGE,
    imports: hostFunctions,
    funcs: translateProg(prog.code, {
      layout: {
        table: core.memory.table * 4,
        rowMask: core.memory.rowMask,
        firstFrame: core.firstFrame,
        insnsLeft: wordsOfCore.insnsLeft * 4,
        depth: wordsOfCore.depth * 4,
        frameLimit: wordsOfCore.frameLimit * 4,
      },
      maxRounds: MAX_LOOPS,
    }),
  });
  const imports = { vm: { memory, ...hostOf(core) } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  return new Map(
    prog.code.funcs.map(({ start }) => {
      const enter = exports[`enter${start}`];
      invariant(typeof enter === 'function', 'every function of a prog has an entry');
      return [start, enter as () => void];
    }),
  );
}

const PAGE = 65536;

type HostFunctions = Record<HostFunction, (...args: number[]) => number | undefined>;

/** What translated code calls. `insn` is kept for whoever has to say where something went wrong. */
function hostOf(core: Core): HostFunctions {
  const fault =
    (access: 'write' | 'atomic') => (insn: number, low: number, high: number, off: number, size: number) => {
      core.insn = insn;
      throw new FaultError(core.memory.explainAt(low, high, off, size, access));
    };
  return {
    helper(insn, id) {
      core.insn = insn;
      helperCalls[id]!(core); // decoding lets calls of known helpers through only
      return undefined;
    },
    kfunc(insn, index) {
      core.insn = insn;
      kfuncCalls[index]!(core);
      return undefined;
    },
    tailCall(insn) {
      core.insn = insn;
      const next = core.tailCallTarget();
      if (next === undefined) return 0;
      const { prog: caller, frameLimit } = core;
      core.prog = next;
      // The other prog takes this one's frame, and leaves it in its stead.
      core.frameLimit = core.depth + MAX_CALL_FRAMES;
      core.depth--;
      next.enter(core, 0);
      core.frameLimit = frameLimit;
      core.prog = caller;
      return 1;
    },
    loadOutside(insn, low, high, off, size) {
      core.insn = insn;
      return core.loadOutside(low, high, off, size);
    },
    storeFault: fault('write'),
    atomicFault: fault('atomic'),
    insnLimit(insn) {
      core.insn = insn;
      core.insnsLeft = 0;
      return core.insnLimitFault();
    },
    callDepth(insn) {
      core.insn = insn;
      return core.callDepthFault();
    },
  } satisfies { [Name in HostFunction]: (...args: number[]) => number | undefined };
}
