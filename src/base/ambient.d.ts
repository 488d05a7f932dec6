/**
 * The few names that every host (Node, browser, worker) has and that the pure folders use.
 *
 * Pure folders are checked with no Node and no DOM types; these are the only additions. Sources: WHATWG Encoding
 * standard. WebAssembly has a file of its own, webassembly.d.ts.
 */

declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string;
}
