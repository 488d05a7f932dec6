import { unreachable } from '../../base/index.ts';
import { type Block, type Edge, type Func, type Insn, noValue, type Terminator } from './func.ts';

/**
 * Writes a function as text. `parseFunc` reads it back.
 *
 *     func main(v0) prog values 5 blocks 2 {
 *       slot s0 8 align 8
 *     b0:
 *       v1 = load.4 v0+16 @3
 *       v2 = const 7
 *       v3 = eq v1 v2
 *       branch v3 b1(v1) b2 cold ifFalse
 *     …
 *     }
 *
 * `.4s` is a sign-extending load; `@3` is the line reference.
 */
export function printFunc(func: Func): string {
  const lines = [
    `func ${func.name}(${func.params.map(valueName).join(', ')}) ${func.role} values ${func.valueCount} blocks ${func.blockCount} {`,
  ];
  func.slots.forEach((slot, index) => {
    lines.push(`  slot s${index} ${slot.bytes} align ${slot.align}${slot.onStack ? ' stack' : ''}`);
  });
  for (const block of func.blocks) printBlock(block, lines);
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

/** Writes several functions, a blank line between them. */
export function printFuncs(funcs: readonly Func[]): string {
  return funcs.map(printFunc).join('\n');
}

/** One instruction as `printFunc` writes it, without indentation. */
export function printInsn(insn: Insn): string {
  const result = insn.id === noValue ? '' : `v${insn.id} = `;
  const line = insn.at === undefined ? '' : ` @${insn.at}`;
  return `${result}${printBody(insn)}${line}`;
}

/** A terminator as `printFunc` writes it. */
export function printTerminator(end: Terminator): string {
  const line = end.at === undefined ? '' : ` @${end.at}`;
  switch (end.kind) {
    case 'jump':
      return `jump ${printEdge(end.to)}${line}`;
    case 'branch': {
      const cold = end.cold === undefined ? '' : ` cold ${end.cold}`;
      return `branch v${end.cond} ${printEdge(end.ifTrue)} ${printEdge(end.ifFalse)}${cold}${line}`;
    }
    case 'return':
      return `return v${end.value}${line}`;
    default:
      return unreachable(end);
  }
}

function printBlock(block: Block, lines: string[]): void {
  const params = block.params.length === 0 ? '' : `(${block.params.map(valueName).join(', ')})`;
  lines.push(`b${block.id}${params}:`);
  for (const insn of block.insns) lines.push(`  ${printInsn(insn)}`);
  lines.push(`  ${printTerminator(block.end)}`);
}

function printBody(insn: Insn): string {
  const [a, b] = insn.args;
  switch (insn.op) {
    case 'const':
      return `const ${insn.value}`;
    case 'slot':
    case 'slotStart':
      return `${insn.op} s${insn.slot}`;
    case 'mapFd':
      return `mapFd ${insn.map}`;
    case 'mapValue':
      return `mapValue ${insn.map}+${insn.off}`;
    case 'ksym':
    case 'funcAddr':
      return `${insn.op} ${insn.name}`;
    case 'callFunc':
    case 'callKfunc':
      return `${insn.op} ${insn.name}(${insn.args.map(valueName).join(', ')})`;
    case 'call':
      return `call ${insn.helper}(${insn.args.map(valueName).join(', ')}) ${insn.effect}`;
    case 'load':
      return `load.${insn.size}${insn.signed ? 's' : ''} v${a}+${insn.off}`;
    case 'store':
      return `store.${insn.size} v${a}+${insn.off} v${b}`;
    case 'atomic':
      return `atomic.${insn.size} ${insn.kind} v${a}+${insn.off} ${insn.args.slice(1).map(valueName).join(' ')}`;
    case 'copy':
      return `copy v${a}+${insn.off} v${b}+${insn.fromOff} ${insn.bytes} align ${insn.align}`;
    case 'zero':
      return `zero v${a}+${insn.off} ${insn.bytes} align ${insn.align}`;
    default:
      return `${insn.op} ${insn.args.map(valueName).join(' ')}`;
  }
}

function printEdge(edge: Edge): string {
  return edge.args.length === 0 ? `b${edge.block}` : `b${edge.block}(${edge.args.map(valueName).join(', ')})`;
}

function valueName(value: number): string {
  return `v${value}`;
}
