export { embeddedTarget, type ServedEvents, type TargetHost } from './target.ts';
