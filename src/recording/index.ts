export { machineTap } from './machine-tap.ts';
export { type ItemSink, Recorder } from './recorder.ts';
export {
  type Recording,
  RecordingError,
  type RecordingHeader,
  type RecordingItem,
  RecordingWriter,
  readRecording,
} from './recording.ts';
export { ReplayError, Replayer, type ReplayStreams } from './replayer.ts';
