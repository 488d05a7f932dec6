const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `text` as UTF-8 bytes. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** UTF-8 bytes as text; malformed bytes become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The text before the first NUL of `bytes`, or all of it when there is none. */
export function decodeCString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** `text` as UTF-8 bytes with a terminating NUL. */
export function encodeCString(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${text}\0`);
}
