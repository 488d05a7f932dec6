/**
 * All C types a script can name: its own definitions first, then the kernel's BTF, the base types of C, and the debug information of the
 * programs it probes. The one StructTable of a compilation; attach points ask it as their TypeSource.
 */
import type { Btf, BtfId } from '../../btf/index.ts';
import type { Dwarf, DwarfTypeId } from '../../dwarf/index.ts';
import type { AddressSpace, EnumLayout, StructLayout, Type } from '../../types/index.ts';
import type { CDecl } from '../cpreproc/index.ts';
import { suggest } from '../language/index.ts';
import type { TypeSource } from '../probes/index.ts';
import { BtfTypes, type Enumerator, type KernelFunctionType } from './btf-types.ts';
import { cBaseType } from './c-base-types.ts';
import { type DwarfScope, DwarfTypes } from './dwarf-types.ts';
import { type OuterTypes, ScriptTypes } from './script-types.ts';
import { parseTypeText } from './type-text.ts';

const noKernelTypes =
  "The kernel's types come from its BTF, and there is none to read. Define what the script needs of them, or name a file with BPFTRACE_BTF.";

export class TypeTable implements OuterTypes, TypeSource {
  readonly #script: ScriptTypes;
  readonly #kernel: BtfTypes;
  readonly #objects: BtfTypes;
  readonly #programs: DwarfTypes;

  /**
   * @param btfs the kernel's BTF and those of the modules that probes name: asked for when something is looked up there, since reading
   *   them takes longer than compiling a script that has no use for them.
   * @param declarations the script's own definitions; they win.
   * @param objects the BTF of imported objects.
   */
  constructor(btfs: () => readonly Btf[], declarations: readonly CDecl[] = [], objects: readonly Btf[] = []) {
    this.#kernel = new BtfTypes(btfs);
    this.#objects = new BtfTypes(() => objects);
    this.#programs = new DwarfTypes(this.#kernel);
    this.#script = new ScriptTypes(declarations, this);
  }

  struct(name: string): StructLayout | undefined {
    return this.#script.struct(name) ?? this.#kernel.struct(name) ?? this.#programs.struct(name);
  }

  /** Whether a struct is defined by the script, not by the kernel. */
  isScriptStruct(name: string): boolean {
    return this.#script.defines(name);
  }

  enum(name: string): EnumLayout | undefined {
    return this.#script.enum(name) ?? this.#kernel.enum(name) ?? this.#programs.enum(name);
  }

  enumerator(name: string): Enumerator | undefined {
    return this.#script.enumerator(name) ?? this.#kernel.enumerator(name);
  }

  /** The names of all enumerators, for suggestions. */
  *enumeratorNames(): Generator<string> {
    yield* this.#script.enumeratorNames;
    yield* this.#kernel.enumeratorNames();
  }

  /** What a bare name stands for as a type: a typedef, a base type of C. */
  named(name: string, space: AddressSpace): Type | undefined {
    return (
      this.#script.typedef(name) ??
      this.#kernel.named(name, space) ??
      cBaseType(name) ??
      this.#programs.named(name, space)
    );
  }

  outerNamed(name: string): Type | undefined {
    return this.#kernel.named(name, 'kernel') ?? cBaseType(name);
  }

  /** The type of a variable of the kernel. */
  kernelVariable(name: string): Type | undefined {
    return this.#kernel.variable(name);
  }

  /** A function of an imported object. */
  objectFunction(name: string): KernelFunctionType | undefined {
    return this.#objects.func(name);
  }

  /** A function of the kernel, for calls by its name. */
  kernelFunction(name: string): KernelFunctionType | undefined {
    return this.#kernel.func(name);
  }

  ofBtf(btf: Btf, id: BtfId, space: AddressSpace): Type {
    return this.#kernel.ofId(btf, id, space);
  }

  ofDwarf(dwarf: Dwarf, id: DwarfTypeId, space: AddressSpace): Type {
    return this.#programs.ofId(dwarf, id, space);
  }

  addProgram(scope: DwarfScope): void {
    this.#programs.addScope(scope);
  }

  ofText(text: string, space: AddressSpace): Type | undefined {
    return parseTypeText(text, (name) => this.tagged(name) ?? this.named(name, space), space);
  }

  /** `struct x`, `union x` or `enum x` by its full name, defined or not; undefined for other names. */
  tagged(name: string): Type | undefined {
    const [tag, label] = name.split(' ');
    if (label === undefined) return undefined;
    if (tag === 'struct' || tag === 'union') return { kind: 'struct', name };
    if (tag !== 'enum') return undefined;
    const layout = this.enum(label);
    return layout && { kind: 'enum', name: label, size: layout.size, signed: layout.signed };
  }

  /** The names of known structs, for suggestions. */
  *structNames(): Generator<string> {
    yield* this.#script.structNames;
    yield* this.#kernel.structNames();
  }

  /** What to do about a struct that nobody knows. */
  structHint(name: string): string | undefined {
    return suggest(name, this.structNames()) ?? this.kernelHint();
  }

  /** What to do about something that the kernel may know: nothing but a hint when its BTF cannot be read. */
  kernelHint(): string | undefined {
    return this.#kernel.isEmpty ? noKernelTypes : undefined;
  }
}
