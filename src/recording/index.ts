export { type Beginning, factsOfRun } from './facts-of-run.ts';
export { happeningsOf, lostNotes } from './happenings.ts';
export { machineTap } from './machine-tap.ts';
export { recordedNames } from './recorded-names.ts';
export { type ItemSink, type NotedLoad, Recorder } from './recorder.ts';
export {
  type Recording,
  RecordingError,
  type RecordingHeader,
  type RecordingItem,
  RecordingWriter,
  readRecording,
} from './recording.ts';
export { refusingEnvironment } from './refusing-environment.ts';
export { ReplayError, Replayer, type ReplayStreams } from './replayer.ts';
export { recordedTypes, typesOfRun } from './types-of-run.ts';
