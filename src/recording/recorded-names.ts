import type { FedNames } from '../embedded/index.ts';
import type { SymbolFrame } from '../program/index.ts';
import type { RecordingItem } from './recording.ts';

/** What addresses, users and groups were called in a recorded run, as far as it asked. */
export function recordedNames(items: readonly RecordingItem[]): FedNames {
  const answers = new Map<string, unknown>();
  for (const item of items) {
    if (item.kind === 'answer') answers.set(questionOf(item.call, item.asked), item.given);
  }
  // The form of answers is that of the calls they were noted for.
  const answer = <T>(call: string, asked: readonly unknown[]): T | undefined =>
    answers.get(questionOf(call, asked)) as T | undefined;
  return {
    kernelSymbol: (address) => answer<SymbolFrame[]>('kernelSymbol', [address]) ?? [],
    userSymbol: (pid, address, isCaller) => {
      const found = (asCaller: boolean) => answer<SymbolFrame[]>('userSymbol', [pid, address, 0, asCaller]);
      // The other script may show as a caller what this one showed by itself.
      return found(isCaller) ?? found(!isCaller) ?? [];
    },
    userName: (uid) => answer<string>('userName', [uid]),
    cgroupPath: (id, filter) => answer<string>('cgroupPath', [id, filter]),
  };
}

function questionOf(call: string, asked: readonly unknown[]): string {
  // The third word about a user symbol says by which probe of the recorded script it was had.
  const words = call === 'userSymbol' ? [asked[0], asked[1], asked[3]] : asked;
  return `${call} ${words.join(' ')}`;
}
