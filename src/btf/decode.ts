import { type BtfKind, linkages } from './kind.ts';
import type { BtfId, BtfMember, BtfType } from './type.ts';

/** What a record says by reference. */
interface Surroundings {
  string(offset: number): string;
  resolve(id: BtfId): BtfId;
  kindOf(id: BtfId): BtfKind;
  type(id: BtfId): BtfType;
}

/**
 * Makes a type of its record, which the index has checked.
 *
 * @param word where the record begins, in 32-bit words
 */
export function decodeType(btf: Surroundings, words: Uint32Array, word: number, kind: BtfKind): BtfType {
  const name = btf.string(words[word]!);
  const info = words[word + 1]!;
  const kindFlag = info >>> 31 === 1;
  const count = info & 0xffff;
  // `size` and `type` share a word.
  const size = words[word + 2]!;
  const type = size;
  const extra = word + 3;
  switch (kind) {
    case 'void':
      return { kind };
    case 'int': {
      const encoding = words[extra]!;
      return {
        kind,
        name,
        size,
        bits: encoding & 0xff,
        bitOffset: (encoding >>> 16) & 0xff,
        signed: (encoding & 0x0100_0000) !== 0,
        char: (encoding & 0x0200_0000) !== 0,
        bool: (encoding & 0x0400_0000) !== 0,
      };
    }
    case 'float':
      return { kind, name, size };
    case 'ptr':
    case 'const':
    case 'volatile':
    case 'restrict':
      return { kind, type };
    case 'typedef':
    case 'type_tag':
      return { kind, name, type };
    case 'fwd':
      return { kind, name, of: kindFlag ? 'union' : 'struct' };
    case 'array':
      return { kind, type: words[extra]!, indexType: words[extra + 1]!, length: words[extra + 2]! };
    case 'struct':
    case 'union':
      return { kind, name, size, members: membersAt(btf, words, extra, count, kindFlag) };
    case 'enum': {
      const values = [];
      for (let at = extra; at < extra + 2 * count; at += 2) {
        const raw = BigInt(words[at + 1]!);
        values.push({ name: btf.string(words[at]!), value: kindFlag ? BigInt.asIntN(32, raw) : raw });
      }
      return { kind, name, size, signed: kindFlag, values };
    }
    case 'enum64': {
      const values = [];
      for (let at = extra; at < extra + 3 * count; at += 3) {
        const raw = (BigInt(words[at + 2]!) << 32n) | BigInt(words[at + 1]!);
        values.push({ name: btf.string(words[at]!), value: kindFlag ? BigInt.asIntN(64, raw) : raw });
      }
      return { kind, name, size, signed: kindFlag, values };
    }
    case 'func':
      return { kind, name, type, linkage: linkages[count] ?? 'static' };
    case 'func_proto': {
      const params = [];
      for (let at = extra; at < extra + 2 * count; at += 2) {
        params.push({ name: btf.string(words[at]!), type: words[at + 1]! });
      }
      const last = params.at(-1);
      const variadic = last !== undefined && last.name === '' && last.type === 0;
      return { kind, returns: type, params: variadic ? params.slice(0, -1) : params, variadic };
    }
    case 'var':
      return { kind, name, type, linkage: linkages[words[extra]!] ?? 'static' };
    case 'datasec': {
      const vars = [];
      for (let at = extra; at < extra + 3 * count; at += 3) {
        vars.push({ type: words[at]!, offset: words[at + 1]!, size: words[at + 2]! });
      }
      return { kind, name, size, vars };
    }
    case 'decl_tag':
      return { kind, name, type, component: words[extra]! | 0 };
  }
}

function membersAt(
  btf: Surroundings,
  words: Uint32Array,
  extra: number,
  count: number,
  kindFlag: boolean,
): BtfMember[] {
  const members: BtfMember[] = [];
  for (let at = extra; at < extra + 3 * count; at += 3) {
    const name = btf.string(words[at]!);
    const type = words[at + 1]!;
    const offset = words[at + 2]!;
    if (kindFlag) {
      members.push({ name, type, bitOffset: offset & 0xff_ffff, bitfieldSize: offset >>> 24 });
      continue;
    }
    // Before the kind flag existed, a bitfield's width and shift were those of its int type.
    const target = btf.resolve(type);
    const resolved = btf.kindOf(target) === 'int' ? btf.type(target) : undefined;
    const narrow =
      resolved?.kind === 'int' && (resolved.bits !== resolved.size * 8 || resolved.bitOffset !== 0);
    members.push({
      name,
      type,
      bitOffset: offset + (narrow ? resolved.bitOffset : 0),
      bitfieldSize: narrow ? resolved.bits : 0,
    });
  }
  return members;
}
