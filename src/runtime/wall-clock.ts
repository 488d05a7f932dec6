/** Nanoseconds since 1970, to the microsecond: performance.timeOrigin has those, where Date.now() has milliseconds. */
export function wallNs(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}
