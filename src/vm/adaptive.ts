import type { Core, PrepareProg } from './core.ts';
import { createInterpreter } from './interpreter.ts';
import { createTranslator } from './wasm/index.ts';

/**
 * What translating one instruction costs, in interpreted ones (10 us beside 50 to 100 ns while neither is warm), and what every prog has
 * before it pays: the first module takes tens of milliseconds.
 */
const INTERPRETED_PER_INSN = 100;
const INTERPRETED_AT_LEAST = 20_000;

/**
 * Both engines, the one after the other: a prog is interpreted until that has cost about what translating it costs, and translated then. Most
 * progs of a script run a few times, and starting with the translation of all of them takes longer than they do.
 *
 * The engines share registers, stack, limits and frames, so that a function may change over while its caller is interpreted.
 *
 * @param core of a machine whose memory was made to be shared.
 */
export function createAdaptive(core: Core): PrepareProg {
  const prepareSlow = createInterpreter();
  const prepareFast = createTranslator(core);
  return (prog) => {
    const slow = prepareSlow(prog);
    const fast = prepareFast(prog);
    let rest = Math.max(prog.code.operations.length * INTERPRETED_PER_INSN, INTERPRETED_AT_LEAST);
    return {
      enter(core, start) {
        if (rest <= 0) {
          fast.enter(core, start);
          return;
        }
        const before = core.insnsLeft;
        slow.enter(core, start);
        rest -= before - core.insnsLeft;
      },
      translate() {
        rest = 0;
        fast.translate?.();
      },
    };
  };
}
