export { EventFeed, type EventFeedOptions } from './event-feed.ts';
export type { Otherwise } from './fed-environment.ts';
export { type FedNames, fedHost, OutsideError } from './fed-host.ts';
export { fedTarget, type ScriptFiles } from './fed-target.ts';
export { type Happening, READ_TEXT, type Told } from './happening.ts';
export type { BinaryFacts, MachineFacts } from './machine-facts.ts';
export { MemoryImage } from './memory-image.ts';
