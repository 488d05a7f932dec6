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
    userSymbol: (pid, address) => answer<SymbolFrame[]>('userSymbol', [pid, address]) ?? [],
    userName: (uid) => answer<string>('userName', [uid]),
    cgroupPath: (id, filter) => answer<string>('cgroupPath', [id, filter]),
  };
}

function questionOf(call: string, asked: readonly unknown[]): string {
  // Of a user symbol the last word says by which probe of the recorded script it was had.
  const words = call === 'userSymbol' ? asked.slice(0, 2) : asked;
  return `${call} ${words.join(' ')}`;
}
