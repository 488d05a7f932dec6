import { closeSync, fchmodSync, fstatSync, openSync } from 'node:fs';
import { type ItemSink, Recorder, type RecordingHeader, RecordingWriter } from '../recording/index.ts';
import { systemErrorText, writeWhole } from '../runtime/index.ts';

/** A recording holds what the run saw. */
const OWNER_ONLY = 0o600;

/** The file of `--record`, being written. It is no recording until its end. */
export interface RecordFile extends Disposable {
  readonly recorder: Recorder;
  readonly sink: ItemSink;
  /** Makes the recording whole. `exitCode`: how the command ends. */
  end(exitCode: number): void;
}

/** Begins a recording; the text is what is wrong with the file. */
export function openRecordFile(path: string, header: RecordingHeader): RecordFile | string {
  let fd: number;
  try {
    fd = openSync(path, 'w', OWNER_ONLY);
    // The file may have been there, for everybody to read.
    if (fstatSync(fd).isFile()) fchmodSync(fd, OWNER_ONLY);
  } catch (error) {
    return `Failed to open recording: "${path}": ${systemErrorText(error)}`;
  }
  const writer = new RecordingWriter((bytes) => {
    writeWhole(fd, bytes, `"${path}"`);
  }, header);
  const sink: ItemSink = (item) => writer.add(item);
  return {
    recorder: new Recorder(sink),
    sink,
    end(exitCode) {
      sink({ kind: 'answer', call: 'end', asked: [], given: exitCode });
      writer.end();
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
