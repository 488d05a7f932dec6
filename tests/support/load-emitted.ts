import { viewOf } from '../../src/base/index.ts';
import { decodeInsns, type ProgType } from '../../src/bpf/index.ts';
import { type EmitOptions, emitProg } from '../../src/compiler/backend/index.ts';
import type { Func } from '../../src/compiler/ir/index.ts';
import { type BpfMap, createMap, type Prog, possibleCpuCount } from '../../src/kernel/index.ts';
import { loadRawProg } from './raw-prog.ts';

/** A loaded prog with the map that holds its scratch bytes. */
export interface LoadedFuncs {
  readonly prog: Prog;
  readonly insnCount: number;
  [Symbol.dispose](): void;
}

/**
 * Compiles functions and loads them. `maps`: what the map numbers of the IR stand for.
 *
 * @throws ProgLoadError when the verifier refuses.
 */
export function loadFuncs(
  funcs: readonly Func[],
  type: ProgType,
  maps: ReadonlyMap<number, BpfMap>,
  options: EmitOptions = {},
): LoadedFuncs {
  const emitted = emitProg(funcs, options);
  const scratch =
    emitted.scratchBytes === 0
      ? undefined
      : createMap(
          { type: 'BPF_MAP_TYPE_PERCPU_ARRAY', keySize: 4, valueSize: emitted.scratchBytes, maxEntries: 1 },
          possibleCpuCount(),
        );
  const view = viewOf(emitted.insns);
  for (const reloc of emitted.relocs) {
    const low = reloc.insn * 8 + 4;
    switch (reloc.kind) {
      case 'map':
      case 'map-value':
        view.setInt32(low, maps.get(reloc.map)!.fd.raw, true);
        break;
      case 'scratch':
        view.setInt32(low, scratch!.fd.raw, true);
        break;
      default:
        throw new Error(`no relocation ${reloc.kind} in this test`);
    }
  }
  const prog = loadRawProg(decodeInsns(emitted.insns), type);
  return {
    prog,
    insnCount: emitted.insns.length / 8,
    [Symbol.dispose]() {
      prog[Symbol.dispose]();
      scratch?.[Symbol.dispose]();
    },
  };
}
