/**
 * C macros for static probes, like those of sys/sdt.h, which need not be installed. `PROBE(provider, name, semaphore, arguments,
 * operands)`: `arguments` is the text of the note, in which the compiler puts an operand for each `%0`, `%1` …; `semaphore` is a
 * symbol or 0.
 */
export const usdtMacros = `
#define PROBE(provider, name, semaphore, arguments, ...) \\
  __asm__ volatile( \\
    "990: nop\\n" \\
    ".pushsection .note.stapsdt, \\"\\", \\"note\\"\\n" \\
    ".balign 4\\n" \\
    ".4byte 992f - 991f, 994f - 993f, 3\\n" \\
    "991: .asciz \\"stapsdt\\"\\n" \\
    "992: .balign 4\\n" \\
    "993: .8byte 990b, _.stapsdt.base, " #semaphore "\\n" \\
    ".asciz \\"" #provider "\\"\\n" \\
    ".asciz \\"" #name "\\"\\n" \\
    ".asciz \\"" arguments "\\"\\n" \\
    "994: .balign 4\\n" \\
    ".popsection\\n" \\
    ".ifndef _.stapsdt.base\\n" \\
    ".pushsection .stapsdt.base, \\"aG\\", \\"progbits\\", .stapsdt.base, comdat\\n" \\
    ".weak _.stapsdt.base\\n" \\
    ".hidden _.stapsdt.base\\n" \\
    "_.stapsdt.base: .space 1\\n" \\
    ".size _.stapsdt.base, 1\\n" \\
    ".popsection\\n" \\
    ".endif\\n" \\
    :: __VA_ARGS__)

/* A counter that says whether somebody listens. */
#define SEMAPHORE(name) __attribute__((section(".probes"), visibility("hidden"))) volatile unsigned short name = 0
`;
