export { type CtxForm, type NoteOptions, noteEvents, whyUnnotable } from './note-events.ts';
export type { Pass } from './pass.ts';
export { finish, type OptimizeOptions, optimize, rounds, type Stage } from './pipeline.ts';
export { ruleText } from './rule-pattern.ts';
export { type Rule, rules } from './rules.ts';
