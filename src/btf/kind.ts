/** BTF kinds, by number. Source: uapi/linux/btf.h, BTF_KIND_*. `extra` bytes follow the 12-byte header, plus `each` per vlen. */
export const btfKinds = {
  void: { number: 0, extra: 0, each: 0 },
  int: { number: 1, extra: 4, each: 0 },
  ptr: { number: 2, extra: 0, each: 0 },
  array: { number: 3, extra: 12, each: 0 },
  struct: { number: 4, extra: 0, each: 12 },
  union: { number: 5, extra: 0, each: 12 },
  enum: { number: 6, extra: 0, each: 8 },
  fwd: { number: 7, extra: 0, each: 0 },
  typedef: { number: 8, extra: 0, each: 0 },
  volatile: { number: 9, extra: 0, each: 0 },
  const: { number: 10, extra: 0, each: 0 },
  restrict: { number: 11, extra: 0, each: 0 },
  func: { number: 12, extra: 0, each: 0 },
  func_proto: { number: 13, extra: 0, each: 8 },
  var: { number: 14, extra: 4, each: 0 },
  datasec: { number: 15, extra: 0, each: 12 },
  float: { number: 16, extra: 0, each: 0 },
  decl_tag: { number: 17, extra: 4, each: 0 },
  type_tag: { number: 18, extra: 0, each: 0 },
  enum64: { number: 19, extra: 0, each: 12 },
} as const satisfies Record<
  string,
  { readonly number: number; readonly extra: number; readonly each: number }
>;

export type BtfKind = keyof typeof btfKinds;

export const kindsByNumber: readonly BtfKind[] = (() => {
  const kinds: BtfKind[] = [];
  // Object.entries forgets that the keys are the table's own.
  for (const [kind, row] of Object.entries(btfKinds) as [BtfKind, { number: number }][])
    kinds[row.number] = kind;
  return kinds;
})();

/** Bytes of the header. Source: uapi/linux/btf.h, struct btf_header. */
export const BTF_HEADER_SIZE = 24;
export const BTF_MAGIC = 0xeb9f;
export const BTF_VERSION = 1;

export const linkages = ['static', 'global', 'extern'] as const;
export type Linkage = (typeof linkages)[number];
