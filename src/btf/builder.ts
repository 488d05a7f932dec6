import { ByteWriter, encodeText } from '../base/index.ts';
import { BTF_HEADER_SIZE, BTF_MAGIC, BTF_VERSION, type BtfKind, btfKinds, linkages } from './kind.ts';
import type { BtfId, BtfType } from './type.ts';

/**
 * Writes BTF. Ids are given out from 1 in the order of `add`; types may name ids that are added later.
 *
 *     const builder = new BtfBuilder();
 *     const u64 = builder.addInt('u64', 8, 'unsigned');
 *     const pointer = builder.add({ kind: 'ptr', type: u64 });
 */
export class BtfBuilder {
  readonly #types = new ByteWriter();
  readonly #strings = new ByteWriter().u8(0);
  readonly #offsets = new Map<string, number>([['', 0]]);
  #count = 0;

  /** Offset of `text` in the string section; equal strings are kept once. */
  string(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#strings.length;
    this.#strings.bytes(encodeText(text.replaceAll('\0', ' '))).u8(0);
    this.#offsets.set(text, offset);
    return offset;
  }

  /** An integer of whole bytes, with the encoding that C gives it: a `char` has a sign, a bool has none. */
  addInt(name: string, size: number, encoding: 'signed' | 'unsigned' | 'char' | 'bool'): BtfId {
    return this.add({
      kind: 'int',
      name,
      size,
      bits: size * 8,
      bitOffset: 0,
      signed: encoding === 'signed' || encoding === 'char',
      char: encoding === 'char',
      bool: encoding === 'bool',
    });
  }

  add(type: BtfType): BtfId {
    const out = this.#types;
    switch (type.kind) {
      case 'void':
        return 0;
      case 'int': {
        const flags = (type.signed ? 1 : 0) | (type.char ? 2 : 0) | (type.bool ? 4 : 0);
        this.#head(type.name, 'int', 0, type.size);
        out.u32(((flags << 24) | (type.bitOffset << 16) | type.bits) >>> 0);
        break;
      }
      case 'float':
        this.#head(type.name, 'float', 0, type.size);
        break;
      case 'ptr':
      case 'const':
      case 'volatile':
      case 'restrict':
        this.#head('', type.kind, 0, type.type);
        break;
      case 'typedef':
      case 'type_tag':
        this.#head(type.name, type.kind, 0, type.type);
        break;
      case 'fwd':
        this.#head(type.name, 'fwd', 0, 0, type.of === 'union');
        break;
      case 'array':
        this.#head('', 'array', 0, 0);
        out.u32(type.type).u32(type.indexType).u32(type.length);
        break;
      case 'struct':
      case 'union': {
        const hasBitfields = type.members.some((member) => member.bitfieldSize > 0);
        this.#head(type.name, type.kind, type.members.length, type.size, hasBitfields);
        for (const member of type.members) {
          const width = hasBitfields ? member.bitfieldSize << 24 : 0;
          out
            .u32(this.string(member.name))
            .u32(member.type)
            .u32((width | member.bitOffset) >>> 0);
        }
        break;
      }
      case 'enum':
        this.#head(type.name, 'enum', type.values.length, type.size, type.signed);
        for (const { name, value } of type.values)
          out.u32(this.string(name)).u32(Number(BigInt.asUintN(32, value)));
        break;
      case 'enum64':
        this.#head(type.name, 'enum64', type.values.length, type.size, type.signed);
        for (const { name, value } of type.values) out.u32(this.string(name)).u64(BigInt.asUintN(64, value));
        break;
      case 'func':
        this.#head(type.name, 'func', linkages.indexOf(type.linkage), type.type);
        break;
      case 'func_proto':
        this.#head('', 'func_proto', type.params.length + (type.variadic ? 1 : 0), type.returns);
        for (const param of type.params) out.u32(this.string(param.name)).u32(param.type);
        if (type.variadic) out.u32(0).u32(0);
        break;
      case 'var':
        this.#head(type.name, 'var', 0, type.type);
        out.u32(linkages.indexOf(type.linkage));
        break;
      case 'datasec':
        this.#head(type.name, 'datasec', type.vars.length, type.size);
        for (const row of type.vars) out.u32(row.type).u32(row.offset).u32(row.size);
        break;
      case 'decl_tag':
        this.#head(type.name, 'decl_tag', 0, type.type);
        out.i32(type.component);
        break;
    }
    this.#count++;
    return this.#count;
  }

  /** Number of types added. */
  get count(): number {
    return this.#count;
  }

  /** The whole BTF. */
  finish(): Uint8Array<ArrayBuffer> {
    const types = this.#types.finish();
    const strings = this.#strings.finish();
    return new ByteWriter(BTF_HEADER_SIZE + types.length + strings.length)
      .u16(BTF_MAGIC)
      .u8(BTF_VERSION)
      .u8(0)
      .u32(BTF_HEADER_SIZE)
      .u32(0)
      .u32(types.length)
      .u32(types.length)
      .u32(strings.length)
      .bytes(types)
      .bytes(strings)
      .finish();
  }

  #head(name: string, kind: BtfKind, count: number, sizeOrType: number, kindFlag = false): void {
    const info = ((kindFlag ? 0x8000_0000 : 0) | (btfKinds[kind].number << 24) | count) >>> 0;
    this.#types.u32(this.string(name)).u32(info).u32(sizeOrType);
  }
}
