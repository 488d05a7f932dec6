import { errnos } from '../../base/index.ts';
import { stackFlags } from '../../bpf/index.ts';
import type { BpfMapSpec } from '../../program/index.ts';
import type { StackMap } from './map.ts';

/**
 * BPF_MAP_TYPE_STACK_TRACE: a bucket per hash value, a stack per bucket; the bucket's number is the stack's id. Source:
 * kernel/bpf/stackmap.c.
 */
export function createStackMap(spec: BpfMapSpec): StackMap {
  return new StackTraces(spec);
}

interface Stored {
  readonly hash: number;
  readonly addresses: readonly bigint[];
}

class StackTraces implements StackMap {
  readonly kind = 'stacks';
  readonly spec: BpfMapSpec;
  readonly #buckets = new Map<number, Stored>();
  readonly #bucketCount: number;

  constructor(spec: BpfMapSpec) {
    this.spec = spec;
    let count = 1;
    while (count < spec.maxEntries) count *= 2;
    this.#bucketCount = count;
  }

  store(addresses: readonly bigint[], flags: number): number {
    const kept = addresses.slice(0, this.spec.valueSize / 8);
    const hash = hashAddresses(kept);
    const id = hash & (this.#bucketCount - 1);
    const old = this.#buckets.get(id);
    const sameHash = old?.hash === hash;
    if (sameHash && (flags & stackFlags.BPF_F_FAST_STACK_CMP) !== 0) return id;
    if (sameHash && isSame(old.addresses, kept)) return id;
    if (old !== undefined && (flags & stackFlags.BPF_F_REUSE_STACKID) === 0) return -errnos.EEXIST.number;
    this.#buckets.set(id, { hash, addresses: kept });
    return id;
  }

  read(id: number): readonly bigint[] | undefined {
    return this.#buckets.get(id)?.addresses;
  }

  delete(id: number): number {
    return this.#buckets.delete(id) ? 0 : -errnos.ENOENT.number;
  }

  ids(): number[] {
    return [...this.#buckets.keys()];
  }
}

function isSame(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.length === b.length && a.every((address, index) => address === b[index]);
}

/** 32 bits from the addresses (FNV-1a over their halves, mixed at the end so that the low bits hang on all of them). */
function hashAddresses(addresses: readonly bigint[]): number {
  let hash = 0x811c9dc5;
  for (const address of addresses) {
    hash = Math.imul(hash ^ Number(BigInt.asIntN(32, address)), 0x01000193);
    hash = Math.imul(hash ^ Number(BigInt.asIntN(32, address >> 32n)), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
