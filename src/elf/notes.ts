import { alignUp, decodeCString, viewOf } from '../base/index.ts';

/** One entry of a note section or segment. */
export interface ElfNote {
  readonly owner: string;
  readonly type: number;
  /** A view. */
  readonly description: Uint8Array;
}

/** The notes in `bytes`; a truncated last one ends the list. `align` is 4, or 8 where the segment says so. Source: gABI, "Note Section". */
export function* readNotes(bytes: Uint8Array, align = 4): Generator<ElfNote> {
  const view = viewOf(bytes);
  let at = 0;
  while (at + 12 <= bytes.length) {
    const ownerSize = view.getUint32(at, true);
    const descriptionSize = view.getUint32(at + 4, true);
    const type = view.getUint32(at + 8, true);
    const descriptionAt = alignUp(at + 12 + ownerSize, align);
    const end = descriptionAt + descriptionSize;
    if (end > bytes.length) return;
    yield {
      owner: decodeCString(bytes.subarray(at + 12, at + 12 + ownerSize)),
      type,
      description: bytes.subarray(descriptionAt, end),
    };
    at = alignUp(end, align);
  }
}
