import type { Btf } from '../../btf/index.ts';
import type { Dwarf, DwarfTypeId } from '../../dwarf/index.ts';
import type { AttachBtf, BpfProgType, ProbeKind, ProbeSpec } from '../../program/index.ts';
import type { AddressSpace, Type } from '../../types/index.ts';
import type { Span } from '../language/index.ts';
import type { ArgSource } from '../typed/index.ts';

/** A named argument of a probe (`args.name`). */
export interface ProbeArg {
  readonly name: string;
  readonly type: Type;
  readonly source: ArgSource;
}

/**
 * The `args` of a probe. Fields are typed one by one, when a script names them: most scripts name few, and typing takes BTF.
 */
export interface ProbeArgs {
  /** How messages call the whole: `struct tracepoint:sched:sched_switch_args`. */
  readonly typeName: string;
  readonly names: readonly string[];
  field(name: string): ProbeArg | undefined;
  /** Why a name has no field although it is among `names`. */
  problem?(name: string): string | undefined;
}

/** The arguments of a probe that have no names. */
export interface NumberedArgs {
  readonly count: number;
  readonly source: (index: number) => ArgSource;
  readonly type: Type;
  /** What there is to say about a use of one, whether or not it is among `count`. */
  readonly complaint?: (
    index: number,
  ) => { readonly severity: 'error' | 'warning'; readonly message: string } | undefined;
}

/**
 * How C types outside the script become types of the language. Made by the checker (it owns the struct table); attach points only ask.
 */
export interface TypeSource {
  /** The type of a BTF type id, modifiers and typedefs resolved; pointers get `space`. */
  ofBtf(btf: Btf, id: number, space: AddressSpace): Type;
  /** The type of a program's debug information, typedefs and qualifiers resolved; pointers get `space`. @throws DwarfError */
  ofDwarf(dwarf: Dwarf, id: DwarfTypeId, space: AddressSpace): Type;
  /** Names of types are looked for in this program as well, first in the unit that holds the address `near`. */
  addProgram(program: { readonly dwarf: () => Dwarf | undefined; readonly near: number }): void;
  /** A type as a tracefs format file spells it: `unsigned int`, `const char *`, `char[16]`, `struct page *`, `u32`. */
  ofText(text: string, space: AddressSpace): Type | undefined;
}

/** A ProbeSpec before it knows its prog. */
export type Attachment = ProbeSpec extends infer P ? (P extends ProbeSpec ? Omit<P, 'prog'> : never) : never;

/**
 * One prog to be: a probe block joined with the attach point(s) it was expanded to. The same block appears once per attach point it is
 * cloned for, because `args`, `ctx` and `retval` may differ.
 */
export interface ResolvedProbe {
  readonly kind: ProbeKind;
  /** Index of the block in the script's list of probes. */
  readonly block: number;
  /** Canonical name, the builtin `probe`. */
  readonly name: string;
  /** The builtin `probetype`: `special`, `test`, `benchmark`, or the provider's name. */
  readonly probeType: string;
  readonly span: Span;
  readonly attachments: readonly Attachment[];
  readonly progType: BpfProgType;
  readonly expectedAttachType?: string;
  readonly attachBtf?: AttachBtf;
  /** How many words the ctx of a prog has whose arguments BTF describes; undefined where nobody can tell. */
  readonly ctxWords?: number;
  /** What the prog returns at its end: 1 for tracepoints (0 would filter), 0 otherwise. */
  readonly defaultReturn: bigint;
  /** `args`: undefined where the provider has none. */
  readonly args?: ProbeArgs;
  /** Why `args` cannot be used here although the provider could have it. */
  readonly argsProblem?: string;
  /** `argN`: how many there are and how they are reached; undefined where the provider has none. */
  readonly numbered?: NumberedArgs;
  readonly retval?: { readonly type: Type; readonly source: ArgSource };
  /** Why `retval` cannot be used here although the provider could have it. */
  readonly retvalProblem?: string;
  /** `ctx`: its pointer type; undefined: not usable. */
  readonly ctx?: Type;
  /** Where ctx holds pt_regs, for reg(), func and usermode. */
  readonly hasRegisters: boolean;
  /** How `func` is had: from the instruction pointer, by bpf_get_func_ip, or not at all. */
  readonly func?: 'ip' | 'helper' | 'user-ip' | 'user-helper';
  /** Address space of integers that are dereferenced here. */
  readonly space: AddressSpace;
  /** A kprobe or kretprobe that can be one half of a session: it names functions, and needs no registers that sessions lack. */
  readonly fitsSession?: boolean;
  /**
   * The session that joins this probe with another: the entry's prog runs the return's body too, and has the attachment of both.
   * `exit`: index of the return among the probes.
   */
  readonly session?: { readonly half: 'entry'; readonly exit: number } | { readonly half: 'exit' };
  /** A kprobe served by a fentry/fexit prog (no kprobes in this kernel). */
  readonly substituted?: boolean;
  /** -p/-c: the pid test is injected at the start. */
  readonly pidFilter: boolean;
}
