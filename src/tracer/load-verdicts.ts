/** What verifiers would say, loaded when it is asked for: most runs ask the kernel's own. */
export function loadVerdicts(): Promise<typeof import('./foretold-refusals.ts')> {
  return import('./foretold-refusals.ts');
}
