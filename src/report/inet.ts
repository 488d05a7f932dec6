/** Address families. Source: linux/socket.h. */
const AF_INET = 2n;
const AF_INET6 = 10n;

/** The text inet_ntop(3) gives for an address; empty for a family it does not know. */
export function inetText(family: bigint, bytes: Uint8Array): string {
  if (family === AF_INET) return ipv4Text(bytes, 0);
  if (family === AF_INET6) return ipv6Text(bytes);
  return '';
}

function ipv4Text(bytes: Uint8Array, offset: number): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/**
 * RFC 5952 as the C library does it: the longest run of at least two zero groups (the first of equally long ones) becomes `::`, and an
 * address of the form ::a.b.c.d or ::ffff:a.b.c.d ends in dotted form.
 */
function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_unused, index) => (bytes[2 * index]! << 8) | bytes[2 * index + 1]!,
  );
  const run = longestZeroRun(groups);
  const embedsIpv4 = run.start === 0 && (run.length === 6 || (run.length === 5 && groups[5] === 0xffff));
  const shown = groups.slice(0, embedsIpv4 ? 6 : 8).map((group) => group.toString(16));
  if (embedsIpv4) shown.push(ipv4Text(bytes, 12));
  if (run.length === 0) return shown.join(':');
  const head = shown.slice(0, run.start).join(':');
  const tail = shown.slice(run.start + run.length).join(':');
  return `${head}::${tail}`;
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length >= 2 && length > best.length) best = { start, length };
    start += length;
  }
  return best;
}

/** `AA:BB:CC:DD:EE:FF` */
export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, hexByte).join(':').toUpperCase();
}

/** A byte as two lower-case digits. */
export function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
