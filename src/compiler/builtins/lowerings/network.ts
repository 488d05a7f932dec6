import { type AddressSpace, uint64 } from '../../../types/index.ts';
import type { ValueId } from '../../ir/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import type { CallExpr, Lower, Lowering } from './lowering.ts';
import { addressOf, copyPlace, type Place, placeAfter, storeText, zeroPlace } from './place.ts';

/** Address families. Source: include/linux/socket.h. */
const AF_INET = 2;
const AF_INET6 = 10;
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
const MAC_BYTES = 6;

/** u64 family, then 16 bytes, of which IPv4 uses 4. */
function lowerNtop(lower: Lower, call: CallExpr, to: Place): void {
  const { b } = lower;
  const [address, family] = call.args;
  const source = address!;
  const { type } = source;
  const bytes = placeAfter(to, 8);
  const isValue = type.kind === 'int' || type.kind === 'enum';
  const size = isValue || type.kind === 'pointer' ? IPV4_BYTES : lower.sizeOf(type);
  const familyValue =
    family === undefined ? b.const(size === IPV6_BYTES ? AF_INET6 : AF_INET) : lower.scalar(family);
  b.store(8, to.base, familyValue, to.off);
  zeroPlace(b, bytes, IPV6_BYTES);
  if (isValue) {
    b.store(4, bytes.base, lower.scalar(source), bytes.off);
  } else if (type.kind === 'pointer') {
    readAddress(lower, lower.spaceOf(source), lower.scalar(source), familyValue, bytes);
  } else copyPlace(b, bytes, lower.memory(source), Math.min(IPV6_BYTES, size));
}

/** What a helper gives for a kernel object; 0 where there is none, which the verifier wants to be tested. */
function ifNotNull(lower: Lower, pointer: ValueId, use: (pointer: ValueId) => ValueId): ValueId {
  const { b } = lower;
  return lower.choose(
    b.compare('ne', pointer, b.const(0)),
    () => use(pointer),
    () => b.const(0),
  );
}

/** As many bytes as the family has. */
function readAddress(lower: Lower, space: AddressSpace, pointer: ValueId, family: ValueId, to: Place): void {
  const { b } = lower;
  lower.branch(
    b.compare('eq', family, b.const(AF_INET6)),
    () => lower.read(space, to, b.const(IPV6_BYTES), pointer),
    () => lower.read(space, to, b.const(IPV4_BYTES), pointer),
  );
}

function lowerMacaddr(lower: Lower, call: CallExpr, to: Place): void {
  const { b } = lower;
  const source = call.args[0]!;
  const { kind } = source.type;
  if (kind === 'pointer' || kind === 'int') {
    lower.read(lower.spaceOf(source), to, b.const(MAC_BYTES), lower.scalar(source));
    return;
  }
  const place = lower.memory(source);
  // A buffer starts with its length.
  copyPlace(b, to, kind === 'buffer' ? placeAfter(place, 4) : place, MAC_BYTES);
}

function lowerBswap(lower: Lower, call: CallExpr): ValueId {
  const value = lower.scalar(call.args[0]!);
  switch (lower.sizeOf(call.type)) {
    case 2:
      return lower.b.unary('bswap16', value);
    case 4:
      return lower.b.unary('bswap32', value);
    case 8:
      return lower.b.unary('bswap64', value);
    default:
      return value;
  }
}

/** bpf_skb_output puts packet bytes behind ours: u64 record index, u64 time, u64 length. */
const PACKET_HEADER_BYTES = 24;
/** Where the kernel finds how much of the packet to add. Source: uapi/linux/bpf.h, BPF_F_CTXLEN_MASK; the low half says: this CPU. */
const CTX_LENGTH_SHIFT = 32;
const BPF_F_CURRENT_CPU = 0xffff_ffffn;

function constantOf(expr: TypedExpr): bigint | undefined {
  if (expr.kind === 'int') return expr.value;
  return expr.kind === 'cast' ? constantOf(expr.operand) : undefined;
}

/** The kernel copies from the start of the packet; the reader skips `offset` bytes. */
function lowerSkboutput(lower: Lower, call: CallExpr): ValueId {
  const { b } = lower;
  const [object, length, offset] = call.args;
  const skipped = constantOf(offset!);
  if (skipped === undefined) lower.refuse(call.at, 'skboutput() needs a constant offset');
  const packet = lower.scalar(object!);
  const bytes = lower.scalar(length!);
  const record = lower.temporary(PACKET_HEADER_BYTES);
  const index = lower.recordIndex({
    kind: 'packet',
    path: call.attrs.text ?? '',
    timeNs: { offset: 8, type: uint64 },
    length: { offset: 16, type: uint64 },
    dataOffset: PACKET_HEADER_BYTES + Number(skipped),
    sizeBytes: PACKET_HEADER_BYTES,
  });
  b.store(8, record.base, b.const(index), record.off);
  b.store(8, record.base, lower.readClock('boot'), record.off + 8);
  b.store(8, record.base, bytes, record.off + 16);
  const flags = b.binary('or', b.binary('shl', bytes, b.const(CTX_LENGTH_SHIFT)), b.const(BPF_F_CURRENT_CPU));
  const sent = ifNotNull(lower, packet, (skb) =>
    b.call('skb_output', [
      skb,
      b.mapFd(lower.perfBuffer()),
      flags,
      addressOf(b, record),
      b.const(PACKET_HEADER_BYTES),
    ]),
  );
  return b.unary('zext32', sent);
}

export const networkLowerings = {
  ntop: { gives: 'memory', lower: lowerNtop },
  pton: {
    gives: 'memory',
    lower: (lower, call, to) => storeText(lower.b, to, call.attrs.text ?? '', lower.sizeOf(call.type)),
  },
  macaddr: { gives: 'memory', lower: lowerMacaddr },
  bswap: { gives: 'scalar', lower: lowerBswap },
  socket_cookie: {
    gives: 'scalar',
    lower: (lower, call) =>
      ifNotNull(lower, lower.scalar(call.args[0]!), (sock) =>
        lower.b.call('get_socket_cookie', [sock], 'reads'),
      ),
  },
  skboutput: { gives: 'scalar', lower: lowerSkboutput },
} as const satisfies Record<string, Lowering>;
