/** `import`: files that become part of a script. */
export { importCatalogue } from './catalogue.ts';
export { type LoadedImports, loadImports } from './load-imports.ts';
