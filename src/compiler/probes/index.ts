/** Attach points: what a script's probes mean on this machine. */
export { probeCatalogue } from './catalogue.ts';
export type { MissingPolicy, Point, ResolveContext, ResolveOptions } from './context.ts';
export { listAttachments } from './listing/attachments.ts';
export type { ListContext, ListedProbe } from './listing/listed.ts';
export { listProbes } from './listing/pattern.ts';
export {
  listTypeDefinitions,
  listTypeNames,
  parseTypePattern,
  type TypePattern,
} from './listing/types.ts';
export { hardwareEvents, type PerfEvent, softwareEvents } from './perf-events.ts';
export { type ProviderFacts, providerNamed, providers } from './providers.ts';
export { resolveProbes } from './resolve.ts';
export type { Attachment, ProbeArg, ProbeArgs, ResolvedProbe, TypeSource } from './resolved.ts';
export { joinSessions, sessionQuestion } from './sessions.ts';
export { hasWildcard, matcher } from './wildcard.ts';
