/**
 * Length of the valid UTF-8 sequence that begins with these bytes, 0 when none does. Bytes past the end are anything that is no
 * byte of a sequence, such as NaN or 0. Source: RFC 3629, section 4.
 */
export function utf8Length(first: number, second: number, third: number, fourth: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return isContinuation(second) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const low = first === 0xe0 ? 0xa0 : 0x80; // no overlong forms
    const high = first === 0xed ? 0x9f : 0xbf; // no surrogates
    return second >= low && second <= high && isContinuation(third) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const low = first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xf4 ? 0x8f : 0xbf; // nothing behind U+10FFFF
    return second >= low && second <= high && isContinuation(third) && isContinuation(fourth) ? 4 : 0;
  }
  return 0;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
