/** Operands in AT&T syntax, as compilers for x86 write them: `$5`, `%eax`, `-8(%rbp)`, `16(%rbx,%rax,8)`, `table+8(%rip)`. */
import { besideProbe, type Operand, type OperandContext, parseNumber } from './operand.ts';

const registerPattern = /^%(\w+)$/;
const memoryPattern = /^([^()]*)\(([^()]*)\)$/;
/** A symbol with numbers around it: `table`, `table+8`, `8+table`, `-4+table`. */
const symbolPattern =
  /^(?:([+-]?(?:0x[0-9a-fA-F]+|\d+))\+)?([A-Za-z_.$][\w.$@]*)([+-](?:0x[0-9a-fA-F]+|\d+))?$/;

export function parseX86Operand(text: string, context: OperandContext): Operand {
  if (text.startsWith('$')) {
    const value = parseNumber(text.slice(1));
    return value === undefined ? notRead : { kind: 'constant', value };
  }
  const register = registerPattern.exec(text);
  if (register) {
    const part = partNamed(register[1], context);
    return part === undefined ? noRegister(text) : { kind: 'register', ...part };
  }
  if (text.startsWith('%')) return { kind: 'unreadable', reason: 'lies in a segment, which cannot be read' };
  const memory = memoryPattern.exec(text);
  if (memory) return parseMemory(memory[1] ?? '', memory[2] ?? '', context);
  return parseVariable(text, context);
}

const notRead: Operand = { kind: 'unreadable', reason: 'is an operand that is not understood' };

function noRegister(text: string): Operand {
  return { kind: 'unreadable', reason: `is in ${text}, which a probe does not get to see` };
}

/** `DISPLACEMENT(%BASE,%INDEX,SCALE)`; each part but one register may be left out. */
function parseMemory(displacement: string, inside: string, context: OperandContext): Operand {
  const [baseText = '', indexText = '', scaleText = '', ...more] = inside
    .split(',')
    .map((piece) => piece.trim());
  if (more.length > 0) return notRead;
  if (baseText === '%rip') return indexText === '' ? parseVariable(displacement, context) : notRead;
  const offset = displacement === '' ? 0n : parseNumber(displacement);
  const scale = scaleText === '' ? 1n : parseNumber(scaleText);
  if (offset === undefined || scale === undefined || ![1n, 2n, 4n, 8n].includes(scale)) return notRead;
  const base = baseText === '' ? undefined : addressRegister(baseText, context);
  const index = indexText === '' ? undefined : addressRegister(indexText, context);
  if (base === null || index === null || (base === undefined && index === undefined)) return notRead;
  return {
    kind: 'memory',
    address: {
      offset,
      // Programs of 32 bits compute with the low halves.
      bits: (base ?? index)?.bytes === 4 ? 32 : 64,
      ...(base === undefined ? {} : { base: base.register }),
      ...(index === undefined
        ? {}
        : { index: { register: index.register, bits: 64, signed: false, scale: Number(scale) } }),
    },
  };
}

/** A register an address is made with; null when the text names none. */
function addressRegister(text: string, context: OperandContext) {
  const part = partNamed(registerPattern.exec(text)?.[1], context);
  return part !== undefined && part.bytes >= 4 ? part : null;
}

function partNamed(name: string | undefined, { facts }: OperandContext) {
  return name !== undefined && Object.hasOwn(facts.operands, name) ? facts.operands[name] : undefined;
}

function parseVariable(text: string, context: OperandContext): Operand {
  const match = symbolPattern.exec(text);
  if (!match) return notRead;
  const [, before = '0', name = '', after = '0'] = match;
  if (name.includes('@')) {
    return { kind: 'unreadable', reason: 'is found through a table of the linker, which is not read' };
  }
  return besideProbe(name, (parseNumber(before) ?? 0n) + (parseNumber(after) ?? 0n), context);
}
