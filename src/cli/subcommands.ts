/** What a subcommand does with its words; the result is the exit code. */
export type Subcommand = (words: readonly string[]) => Promise<number>;

/**
 * Words that start something other than a script, as the first word and only under our own name. A script file of the same name is
 * reached by its path (`./tetris`). Each is loaded when it is called.
 */
export const subcommands: Readonly<
  Record<string, { readonly doc: string; readonly load: () => Promise<Subcommand> }>
> = {
  tetris: {
    doc: 'play Tetris, the example program',
    load: async () => (await import('./tetris.ts')).tetris,
  },
  tools: {
    doc: 'run one of the tools that come along (opensnoop, biolatency, …), or list them',
    load: async () => (await import('./tools.ts')).tools,
  },
};

export function findSubcommand(word: string | undefined): (() => Promise<Subcommand>) | undefined {
  return word !== undefined && Object.hasOwn(subcommands, word) ? subcommands[word]?.load : undefined;
}
