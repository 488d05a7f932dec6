import { alignUp } from '../../base/index.ts';
import type { NamedParam, RuntimeConstant } from '../../program/index.ts';
import type { StructTable } from '../../types/index.ts';
import { sizeOf } from '../../types/index.ts';
import type { TypedNamedParam } from '../typed/index.ts';

/**
 * The frozen map of constants: named parameters and facts the runtime fills in before load, long string literals and name tables. The
 * verifier knows its bytes, so a branch on one of them is folded and a loop bound read from it is a constant.
 */
export class ConstantPool {
  readonly #pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #runtime: RuntimeConstant[] = [];
  readonly #params: NamedParam[] = [];
  readonly #offsetByText = new Map<string, number>();
  readonly #structs: StructTable;
  #size = 0;

  constructor(typedParams: readonly TypedNamedParam[], structs: StructTable) {
    this.#structs = structs;
    // All of them, used or not: the command line may name any.
    for (const param of typedParams) this.#params.push(this.#placeParam(param));
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  get runtimeConstants(): readonly RuntimeConstant[] {
    return this.#runtime;
  }

  get namedParams(): readonly NamedParam[] {
    return this.#params;
  }

  /** Where a named parameter lies. */
  paramOffset(index: number): number {
    return this.#params[index]?.offset ?? 0;
  }

  /** Where the runtime puts a fact, as 8 bytes. */
  runtimeOffset(what: RuntimeConstant['what']): number {
    const known = this.#runtime.find((constant) => constant.what === what);
    if (known) return known.offset;
    const offset = this.#allocate(8);
    this.#runtime.push({ what, offset });
    return offset;
  }

  /** Where bytes (a binary string) lie, at a multiple of 8. */
  textOffset(text: string): number {
    const known = this.#offsetByText.get(text);
    if (known !== undefined) return known;
    const offset = this.#allocate(text.length);
    this.#pieces.push({ offset, bytes: bytesOf(text) });
    this.#offsetByText.set(text, offset);
    return offset;
  }

  /** The map's contents. */
  contents(): Uint8Array {
    const contents = new Uint8Array(alignUp(this.#size, 8));
    for (const { offset, bytes } of this.#pieces) contents.set(bytes, offset);
    return contents;
  }

  #allocate(size: number): number {
    const offset = alignUp(this.#size, 8);
    this.#size = offset + size;
    return offset;
  }

  #placeParam(param: TypedNamedParam): NamedParam {
    const size = sizeOf(param.type, this.#structs);
    const offset = this.#allocate(size);
    const fallback = param.default;
    if (fallback !== undefined) {
      this.#pieces.push({ offset, bytes: paramBytes(fallback, size) });
    }
    return {
      name: param.name,
      kind: paramKind(param),
      description: param.description,
      offset,
      size,
      ...(fallback !== undefined ? { default: fallback } : {}),
    };
  }
}

function paramKind({ type }: TypedNamedParam): NamedParam['kind'] {
  if (type.kind === 'bool') return 'bool';
  if (type.kind === 'int') return type.signed ? 'int' : 'uint';
  return 'string';
}

function paramBytes(value: bigint | string | boolean, size: number): Uint8Array {
  if (typeof value === 'string') return bytesOf(value.slice(0, size - 1));
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)), true);
  return bytes.slice(0, size);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
