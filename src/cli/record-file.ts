import { closeSync, openSync, writeSync } from 'node:fs';
import { type ItemSink, Recorder, type RecordingHeader, RecordingWriter } from '../recording/index.ts';
import { systemErrorText } from '../runtime/index.ts';

const BLOCK_BYTES = 1 << 16;

/** The file of `--record`, being written. */
export interface RecordFile {
  readonly recorder: Recorder;
  readonly sink: ItemSink;
  /** Makes the recording whole. `exitCode`: how the command ends. */
  end(exitCode: number): void;
}

/** Begins a recording; the text is what is wrong with the file. */
export function openRecordFile(path: string, header: RecordingHeader): RecordFile | string {
  let fd: number;
  try {
    fd = openSync(path, 'w', 0o600);
  } catch (error) {
    return `Failed to open recording: "${path}": ${systemErrorText(error)}`;
  }
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const flush = (): void => {
    const block = Buffer.concat(pending);
    for (let at = 0; at < block.length; ) at += writeSync(fd, block, at);
    pending = [];
    pendingBytes = 0;
  };
  const writer = new RecordingWriter((bytes) => {
    pending.push(bytes);
    pendingBytes += bytes.length;
    if (pendingBytes >= BLOCK_BYTES) flush();
  }, header);
  const sink: ItemSink = (item) => writer.add(item);
  return {
    recorder: new Recorder(sink),
    sink,
    end(exitCode) {
      sink({ kind: 'answer', call: 'end', asked: [], given: exitCode });
      writer.end();
      flush();
      closeSync(fd);
    },
  };
}
