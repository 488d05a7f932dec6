import { bytes, struct, u16, u32, u64 } from '../base/index.ts';

/** The tables an ELF file is made of, in both word sizes. Source: elf(5), System V gABI chapters 4 and 5. */
export const elfLayouts = {
  64: {
    header: struct('Elf64_Ehdr', {
      e_ident: bytes(16),
      e_type: u16,
      e_machine: u16,
      e_version: u32,
      e_entry: u64,
      e_phoff: u64,
      e_shoff: u64,
      e_flags: u32,
      e_ehsize: u16,
      e_phentsize: u16,
      e_phnum: u16,
      e_shentsize: u16,
      e_shnum: u16,
      e_shstrndx: u16,
    }),
    section: struct('Elf64_Shdr', {
      sh_name: u32,
      sh_type: u32,
      sh_flags: u64,
      sh_addr: u64,
      sh_offset: u64,
      sh_size: u64,
      sh_link: u32,
      sh_info: u32,
      sh_addralign: u64,
      sh_entsize: u64,
    }),
    segment: struct('Elf64_Phdr', {
      p_type: u32,
      p_flags: u32,
      p_offset: u64,
      p_vaddr: u64,
      p_paddr: u64,
      p_filesz: u64,
      p_memsz: u64,
      p_align: u64,
    }),
    /** Symbols are many, so they are read by these offsets instead of being decoded one by one. */
    symbol: { size: 24, name: 0, info: 4, section: 6, value: 8, length: 16 },
  },
  32: {
    header: struct('Elf32_Ehdr', {
      e_ident: bytes(16),
      e_type: u16,
      e_machine: u16,
      e_version: u32,
      e_entry: u32,
      e_phoff: u32,
      e_shoff: u32,
      e_flags: u32,
      e_ehsize: u16,
      e_phentsize: u16,
      e_phnum: u16,
      e_shentsize: u16,
      e_shnum: u16,
      e_shstrndx: u16,
    }),
    section: struct('Elf32_Shdr', {
      sh_name: u32,
      sh_type: u32,
      sh_flags: u32,
      sh_addr: u32,
      sh_offset: u32,
      sh_size: u32,
      sh_link: u32,
      sh_info: u32,
      sh_addralign: u32,
      sh_entsize: u32,
    }),
    segment: struct('Elf32_Phdr', {
      p_type: u32,
      p_offset: u32,
      p_vaddr: u32,
      p_paddr: u32,
      p_filesz: u32,
      p_memsz: u32,
      p_flags: u32,
      p_align: u32,
    }),
    symbol: { size: 16, name: 0, info: 12, section: 14, value: 4, length: 8 },
  },
} as const;

/** Bits per address of the file. */
export type ElfClass = keyof typeof elfLayouts;

export const ET_EXEC = 2;
export const ET_DYN = 3;
export const PT_LOAD = 1;
export const PT_NOTE = 4;
export const PF_X = 1;
export const SHT_SYMTAB = 2;
export const SHT_NOTE = 7;
export const SHT_NOBITS = 8;
export const SHT_DYNSYM = 11;
export const SHN_UNDEF = 0;
/** In e_shstrndx: the index stands in section 0's sh_link. */
export const SHN_XINDEX = 0xffff;
/** In e_phnum: the number stands in section 0's sh_info. */
export const PN_XNUM = 0xffff;
export const STT_FUNC = 2;
export const STT_GNU_IFUNC = 10;
export const STB_GLOBAL = 1;
export const STB_WEAK = 2;
export const NT_GNU_BUILD_ID = 3;
