export { createTranslator } from './engine.ts';
