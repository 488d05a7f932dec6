import { invariant, unreachable, viewOf } from '../base/index.ts';
import { pseudoCalls, pseudoLoads } from '../bpf/index.ts';
import type { Reloc } from '../program/index.ts';

/** Slots of 8 bytes: u8 opcode, u8 registers (src << 4 | dst), i16 off, i32 imm. */
const SLOT_BYTES = 8;

/** What the places in a prog's instructions stand for on this kernel. */
interface RelocTargets {
  /** Descriptor of a BPF map of the Program. */
  mapFd(map: number): number;
  /** BTF id of a kernel function, and for one of a module the index of its BTF descriptor in the load's fd_array (0: vmlinux). */
  kfunc(name: string): { readonly id: number; readonly fdIndex: number };
  /** BTF id of a kernel variable, and for one of a module its BTF descriptor (0: vmlinux). */
  ksym(name: string): { readonly id: number; readonly fd: number };
}

/** A copy of the instructions with every reloc filled in. */
export function relocate(
  insns: Uint8Array,
  relocs: readonly Reloc[],
  targets: RelocTargets,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(insns.length));
  bytes.set(insns);
  const view = viewOf(bytes);
  for (const reloc of relocs) {
    const at = reloc.insn * SLOT_BYTES;
    invariant(at + SLOT_BYTES <= bytes.length, 'a reloc lies inside its prog');
    switch (reloc.kind) {
      case 'map':
        setLoad(view, at, pseudoLoads.BPF_PSEUDO_MAP_FD, targets.mapFd(reloc.map), 0);
        break;
      case 'map-value':
        setLoad(view, at, pseudoLoads.BPF_PSEUDO_MAP_VALUE, targets.mapFd(reloc.map), reloc.offset);
        break;
      case 'ksym': {
        const { id, fd } = targets.ksym(reloc.name);
        setLoad(view, at, pseudoLoads.BPF_PSEUDO_BTF_ID, id, fd);
        break;
      }
      case 'kfunc': {
        const { id, fdIndex } = targets.kfunc(reloc.name);
        setSource(view, at, pseudoCalls.BPF_PSEUDO_KFUNC_CALL);
        view.setInt16(at + 2, fdIndex, true);
        view.setInt32(at + 4, id, true);
        break;
      }
      default:
        unreachable(reloc);
    }
  }
  return bytes;
}

/** ld_imm64 takes two slots: the low immediate in the first, the high one in the second. */
function setLoad(view: DataView, at: number, pseudo: number, low: number, high: number): void {
  setSource(view, at, pseudo);
  view.setInt32(at + 4, low, true);
  view.setInt32(at + SLOT_BYTES + 4, high, true);
}

function setSource(view: DataView, at: number, source: number): void {
  view.setUint8(at + 1, (view.getUint8(at + 1) & 0x0f) | (source << 4));
}
