import { type FrameSection, readPointer } from './call-frames.ts';
import { DwarfCursor } from './cursor.ts';
import { DwarfError } from './dwarf-error.ts';

/**
 * Where .eh_frame is, from .eh_frame_hdr: for binaries without a section table. Undefined when the header makes no sense.
 *
 * Source: Linux Standard Base 5, section 10.6.2.
 */
export function frameSectionAddress(header: FrameSection): number | undefined {
  try {
    const cursor = new DwarfCursor(header.bytes, '.eh_frame_hdr');
    if (cursor.u8() !== 1) return undefined;
    const encoding = cursor.u8();
    // How the count and the entries of its search table are written.
    cursor.take(2);
    return readPointer(cursor, encoding, header);
  } catch (error) {
    if (error instanceof DwarfError) return undefined;
    throw error;
  }
}
