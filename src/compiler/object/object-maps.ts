/**
 * The maps of an object file: those that its C defines, and a one-entry array for each section of global data.
 *
 *     struct {
 *       __uint(type, BPF_MAP_TYPE_HASH);     int (*type)[1]          pointer to an array: its length is the value
 *       __type(key, int);                    int *key                pointer to a type: its size is
 *       __ulong(map_extra, 3);               enum { x = 3 } map_extra
 *     } seen SEC(".maps");
 *
 * Source: tools/lib/bpf/libbpf.c, parse_btf_map_def.
 */
import { mapFlags, mapTypes } from '../../bpf/index.ts';
import type { Btf, BtfId, BtfMember } from '../../btf/index.ts';
import type { BpfMapSpec, BpfMapType } from '../../program/index.ts';
import { ObjectError } from './object-error.ts';
import type { ElfParts, ElfSection } from './read-elf.ts';

export interface ObjectMap {
  readonly spec: BpfMapSpec;
  readonly section: number;
  /** A map of `.maps` is named by its place in there; global data is reached at any byte. */
  readonly at: { readonly kind: 'definition'; readonly offset: number } | { readonly kind: 'data' };
}

export function readObjectMaps(
  { sections, symbols, relocationsOf }: ElfParts,
  btf: Btf,
): readonly ObjectMap[] {
  const maps: ObjectMap[] = [];
  for (const [number, section] of sections.entries()) {
    if (section.name === '.maps') {
      if (relocationsOf(number).length > 0) throw new ObjectError('it has maps of maps or of functions');
      for (const { name, type, section: place, value } of symbols) {
        if (place === number && type === 'object')
          maps.push({
            spec: readDefinition(btf, name),
            section: number,
            at: { kind: 'definition', offset: value },
          });
      }
    } else if (isData(section)) {
      if (relocationsOf(number).length > 0)
        throw new ObjectError(
          `its global data (${section.name}) holds addresses, which have no place in BPF`,
        );
      maps.push({ spec: dataSpec(section), section: number, at: { kind: 'data' } });
    }
  }
  return maps;
}

function isData({ name, isLoaded, isCode, bytes }: ElfSection): boolean {
  return isLoaded && !isCode && bytes.length > 0 && /^\.(?:data|rodata|bss)(?:\.|$)/.test(name);
}

function dataSpec({ name, bytes }: ElfSection): BpfMapSpec {
  const isConstant = name.startsWith('.rodata');
  return {
    name,
    type: 'BPF_MAP_TYPE_ARRAY',
    keySize: 4,
    valueSize: bytes.length,
    maxEntries: 1,
    flags: isConstant ? mapFlags.BPF_F_RDONLY_PROG : 0,
    initial: bytes,
    ...(isConstant ? { frozen: true } : {}),
    role: 'other',
  };
}

/** The types that a script's C can have maps of: those that need no more than sizes and flags. */
const knownTypes: readonly BpfMapType[] = [
  'BPF_MAP_TYPE_HASH',
  'BPF_MAP_TYPE_ARRAY',
  'BPF_MAP_TYPE_PERCPU_HASH',
  'BPF_MAP_TYPE_PERCPU_ARRAY',
  'BPF_MAP_TYPE_LRU_HASH',
  'BPF_MAP_TYPE_LRU_PERCPU_HASH',
  'BPF_MAP_TYPE_RINGBUF',
  'BPF_MAP_TYPE_STACK_TRACE',
];

/** Parts of values that the kernel has to find by BTF of the map. Source: kernel/bpf/btf.c, btf_get_field_type. */
const specialParts: ReadonlySet<string> = new Set([
  'bpf_spin_lock',
  'bpf_res_spin_lock',
  'bpf_timer',
  'bpf_wq',
  'bpf_task_work',
  'bpf_list_head',
  'bpf_list_node',
  'bpf_rb_root',
  'bpf_rb_node',
  'bpf_refcount',
]);

function readDefinition(btf: Btf, name: string): BpfMapSpec {
  const refuse = (why: string): never => {
    throw new ObjectError(`its map ${name} ${why}`);
  };
  const variable = btf.findAll(name, 'var').map((id) => btf.type(id))[0];
  const members = variable?.kind === 'var' ? btf.composite(variable.type)?.members : undefined;
  if (!members) return refuse('has no definition in BTF');
  const values = new Map(members.map((member) => [member.name, propertyOf(btf, member)]));
  const take = (property: string): number | undefined => {
    const value = values.get(property);
    values.delete(property);
    return value;
  };
  const number = take('type');
  const type = knownTypes.find((candidate) => mapTypes[candidate] === number);
  if (type === undefined) {
    const known = Object.entries(mapTypes).find(([, value]) => value === number);
    return refuse(`is a ${known?.[0] ?? `map of type ${number ?? 0}`}, which cannot be imported so far`);
  }
  const special = specialPartOf(btf, members.find((member) => member.name === 'value')?.type);
  if (special !== undefined) return refuse(`has values with ${special}, which cannot be imported so far`);
  const spec: BpfMapSpec = {
    name,
    type,
    keySize: take('key_size') ?? take('key') ?? 0,
    valueSize: take('value_size') ?? take('value') ?? 0,
    maxEntries: take('max_entries') ?? 0,
    flags: take('map_flags') ?? 0,
    role: 'other',
  };
  const isSized = spec.keySize > 0 || type === 'BPF_MAP_TYPE_RINGBUF';
  if (!isSized) return refuse('says neither key nor key_size');
  if (spec.maxEntries === 0) return refuse('says no max_entries');
  // Both may be there, and then agree.
  take('key');
  take('value');
  const [left] = values.keys();
  return left === undefined ? spec : refuse(`has the property ${left}, which cannot be imported so far`);
}

/** A number that stands in a type; undefined for what is none. */
function propertyOf(btf: Btf, member: BtfMember): number | undefined {
  const type = btf.resolved(member.type);
  if (type.kind !== 'ptr') return undefined;
  const target = btf.resolved(type.type);
  // `__uint(type, N)` points to an array of N; a `key` that is an array is told from it by its name.
  const isType = member.name === 'key' || member.name === 'value';
  if (target.kind === 'array' && !isType) return target.length;
  return btf.sizeOf(type.type);
}

function specialPartOf(btf: Btf, pointer: BtfId | undefined): string | undefined {
  const isKernelPointer = (id: BtfId): boolean =>
    btf.pointerTags(id).some((tag) => /^(?:kptr|kptr_untrusted|percpu_kptr|uptr)$/.test(tag));
  const find = (id: BtfId): string | undefined => {
    const type = btf.resolved(id);
    if (type.kind === 'array') return find(type.type);
    if (type.kind === 'ptr') return isKernelPointer(id) ? 'a kptr' : undefined;
    if (type.kind !== 'struct' && type.kind !== 'union') return undefined;
    if (specialParts.has(type.name)) return `struct ${type.name}`;
    for (const member of type.members) {
      const found = find(member.type);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const value = pointer === undefined ? undefined : btf.resolved(pointer);
  return value?.kind === 'ptr' ? find(value.type) : undefined;
}
