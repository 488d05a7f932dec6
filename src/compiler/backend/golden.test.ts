import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { testGoldenFolder } from '../../../tests/support/golden.ts';
import { listing } from '../../bpf/index.ts';
import { checkFunc, parseFuncs } from '../ir/index.ts';
import { emitProg } from './index.ts';

/** `bpf`: the instructions; `bpf v4`: those for a kernel with cpu v4. */
function bpf(text: string, section: string): string {
  const funcs = parseFuncs(text);
  for (const func of funcs) assert.deepEqual(checkFunc(func, { isFinal: true }), []);
  const prog = emitProg(funcs, { cpuV4: section.includes('v4') });
  const sizes = `stack ${prog.stackBytes}, scratch ${prog.scratchBytes}`;
  const relocs = prog.relocs.map((reloc) => `${reloc.insn}: ${Object.values(reloc).slice(1).join(' ')}`);
  return [sizes, ...relocs, listing(prog.insns)].join('\n');
}

describe('backend', () => {
  testGoldenFolder('backend', { bpf }, ['bpf']);
});
