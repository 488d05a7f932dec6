import type { ProbeKind } from '../../../program/index.ts';
import {
  type IntSize,
  int64,
  intType,
  sizeOf,
  spellType,
  type Type,
  uint8,
  uint32,
  uint64,
} from '../../../types/index.ts';
import type { TypedExpr } from '../../typed/index.ts';
import { isInteger, isIntegerOrPointer, kindWord } from '../kind-word.ts';
import type { BuiltinRow, BuiltinUse } from '../row.ts';
import { integerArgument, stringLiteral } from './arguments.ts';
import { parseAddress } from './inet-address.ts';

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
const MAC_BYTES = 6;

/** Probes whose progs are of a tracing type. */
const tracingProbes: readonly ProbeKind[] = ['fentry', 'fexit', 'rawtracepoint', 'iter'];

/**
 * `args[0]`: the address: an integer (IPv4 in network order, as uint32 or uint64), a pointer, or an array or string value of 4 or 16 bytes;
 * `args[1]`: the address family if given, int64. Without one the size says: 16 bytes are IPv6.
 */
function checkNtop(use: BuiltinUse): TypedExpr {
  const hasFamily = use.args.length === 2;
  const family = hasFamily ? integerArgument(use, 0) : undefined;
  const address = use.value(hasFamily ? 1 : 0);
  if (use.failed(address) || (hasFamily && !family)) return use.unknown();
  const { type } = address;
  if (!isIntegerOrPointer(type) && type.kind !== 'array' && type.kind !== 'string') {
    return use.error(`ntop() expects an integer or array argument, got ${kindWord(type)}`);
  }
  if (type.kind === 'array' || type.kind === 'string') {
    const size = sizeOf(type, use.structs);
    if (size !== IPV4_BYTES && size !== IPV6_BYTES) {
      return use.error('ntop() argument must be 4 or 16 bytes in size');
    }
  }
  const bytes = use.bytes(address);
  return use.call({ kind: 'inet' }, family ? [bytes, use.cast(family, int64)] : [bytes]);
}

/** `attrs.text`: the 4 or 16 bytes of the address. */
function checkPton(use: BuiltinUse): TypedExpr {
  const text = stringLiteral(use, 0);
  if (text === undefined) return use.unknown();
  const bytes = parseAddress(text);
  if (!bytes) return use.error(`pton() expects a valid IPv4/IPv6 address, got ${text}`);
  const type: Type = { kind: 'array', of: uint8, length: bytes.length };
  return use.call(type, [], { text: String.fromCharCode(...bytes) });
}

/** `args[0]`: an array or string value, or a pointer. */
function checkMacaddr(use: BuiltinUse): TypedExpr {
  const address = use.value(0);
  if (use.failed(address)) return address;
  const { type } = address;
  if (use.text(0) !== undefined) return use.error('macaddr() does not support literal string arguments');
  if (
    !isIntegerOrPointer(type) &&
    type.kind !== 'array' &&
    type.kind !== 'string' &&
    type.kind !== 'buffer'
  ) {
    return use.error(`macaddr() only supports array or pointer arguments (${kindWord(type)} provided)`);
  }
  if (!isIntegerOrPointer(type) && sizeOf(type, use.structs) < MAC_BYTES) {
    return use.error('macaddr() argument must be at least 6 bytes in size');
  }
  return use.call({ kind: 'mac' }, [isInteger(type) ? use.address(address) : use.bytes(address)]);
}

/** `args[0]`: an unsigned integer of the node's type. */
function checkBswap(use: BuiltinUse): TypedExpr {
  const value = use.value(0);
  if (use.failed(value)) return value;
  if (value.type.kind !== 'int') {
    return use.error(`bswap() only supports integer arguments (${kindWord(value.type)} provided)`);
  }
  const size: IntSize = value.type.size;
  const type = intType(size, false);
  return use.call(type, [use.cast(value, type)]);
}

/** `args[0]`: a pointer to struct sock. */
function checkSocketCookie(use: BuiltinUse): TypedExpr {
  const sock = use.value(0);
  if (use.failed(sock)) return sock;
  if (sock.type.kind !== 'pointer') {
    return use.error(`socket_cookie() only supports pointer arguments (${kindWord(sock.type)} provided)`);
  }
  const target = sock.type.to;
  if (target.kind !== 'struct' || target.name !== 'struct sock') {
    const provided = target.kind === 'struct' ? `'${spellType(sock.type)}'` : kindWord(sock.type);
    return use.error(`socket_cookie() only supports 'struct sock *' as the argument (${provided} provided)`);
  }
  return use.call(uint64, [sock]);
}

/** `args`: the skb pointer, the length and the offset (uint64). `attrs.text`: the pcap file. */
function checkSkboutput(use: BuiltinUse): TypedExpr {
  const file = stringLiteral(use, 0);
  const skb = use.value(1);
  const length = integerArgument(use, 2);
  const offset = integerArgument(use, 3);
  if (file === undefined || use.failed(skb) || !length || !offset) return use.unknown();
  if (skb.type.kind !== 'pointer') {
    return use.error(`skboutput() only supports pointer arguments (${kindWord(skb.type)} provided)`);
  }
  return use.call(uint32, [skb, use.cast(length, uint64), use.cast(offset, uint64)], { text: file });
}

export const networkBuiltins = {
  ntop: {
    form: 'function',
    signature: [
      'inet ntop(int address)',
      'inet ntop(uint8 address[])',
      'inet ntop(int64 family, int address)',
      'inet ntop(int64 family, uint8 address[])',
    ],
    doc: 'An IPv4 or IPv6 address, shown as text.',
    arity: [1, 2],
    check: checkNtop,
  },
  pton: {
    form: 'function',
    signature: ['uint8[4] pton(const string address)', 'uint8[16] pton(const string address)'],
    doc: 'The bytes of an IPv4 or IPv6 address in network order.',
    arity: [1, 1],
    check: checkPton,
  },
  macaddr: {
    form: 'function',
    signature: ['macaddr_t macaddr(uint8 address[6])'],
    doc: 'A hardware address, shown as text.',
    arity: [1, 1],
    check: checkMacaddr,
  },
  bswap: {
    form: 'function',
    signature: ['uint16 bswap(uint16)', 'uint32 bswap(uint32)', 'uint64 bswap(uint64)'],
    doc: 'The bytes of an integer in reverse order.',
    arity: [1, 1],
    check: checkBswap,
  },
  socket_cookie: {
    form: 'function',
    signature: ['uint64 socket_cookie(struct sock *sk)'],
    doc: "The kernel's number for a socket.",
    where: tracingProbes,
    arity: [1, 1],
    check: checkSocketCookie,
  },
  skboutput: {
    form: 'function',
    signature: ['uint32 skboutput(const string file, struct sk_buff *skb, uint64 length, uint64 offset)'],
    doc: 'Appends a packet to a pcap file.',
    where: tracingProbes,
    async: true,
    needsCtx: true,
    arity: [4, 4],
    check: checkSkboutput,
  },
} as const satisfies Record<string, BuiltinRow>;
