import { type FrameSection, frameSectionAddress, type UnwindTable, unwindTable } from '../../dwarf/index.ts';
import { codeKinds, type ElfFile, isSameKind } from '../../elf/index.ts';

const SHT_NOBITS = 8;
const PT_GNU_EH_FRAME = 0x6474_e550;
/** As much of .eh_frame_hdr as says where .eh_frame is. */
const HEADER_BYTES = 16;
/** A section without an end that is known is read so far. */
const MAX_SECTION_BYTES = 256 * 1024 * 1024;

/** Whether it is code that tables can unwind. */
export function isUnwindable(elf: ElfFile): boolean {
  return isSameKind(elf, codeKinds.x86_64);
}

/** The unwind table of a binary; undefined when it has none. @throws ElfError or DwarfError when what it has makes no sense. */
export function tableOf(elf: ElfFile): UnwindTable | undefined {
  if (!isUnwindable(elf)) return undefined;
  const section = frameSection(elf);
  return section && unwindTable(section);
}

function frameSection(elf: ElfFile): FrameSection | undefined {
  const section = elf.section('.eh_frame');
  if (section && section.type !== SHT_NOBITS)
    return { bytes: elf.bytesOf(section), address: Number(section.address) };
  const segment = elf.segments.find(({ type }) => type === PT_GNU_EH_FRAME);
  const header = segment && elf.bytesAt(segment.address, HEADER_BYTES);
  if (!header) return undefined;
  const address = frameSectionAddress({ bytes: header, address: Number(segment.address) });
  if (address === undefined || !(address >= 0)) return undefined;
  const bytes = elf.bytesAt(BigInt(address), MAX_SECTION_BYTES);
  return bytes && { bytes, address };
}
