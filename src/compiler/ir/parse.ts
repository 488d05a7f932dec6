import { asI64 } from '../../base/index.ts';
import { type HelperName, helperIds } from '../../bpf/index.ts';
import {
  type Alignment,
  type Block,
  type BlockId,
  type CallEffect,
  type Edge,
  type Func,
  type FuncRole,
  type Insn,
  type MemorySize,
  noValue,
  type Slot,
  type SlotId,
  type Terminator,
  type ValueId,
} from './func.ts';
import { type AtomicKind, atomics, isBinaryOp, isCompareOp, isUnaryOp, type Op, ops } from './op.ts';

/** Text that is not IR: for people who write IR by hand, in tests. */
export class IrSyntaxError extends Error {
  override readonly name = 'IrSyntaxError';
}

/** Reads what `printFunc` writes. Comments start with `;`. @throws IrSyntaxError naming the line. */
export function parseFunc(text: string): Func {
  const [func, ...rest] = parseFuncs(text);
  if (func === undefined || rest.length > 0) throw new IrSyntaxError('expected one function');
  return func;
}

/**
 * Reads any number of functions. `values` and `blocks` of the head line may be left out; they are counted then.
 *
 * @throws IrSyntaxError naming the line.
 */
export function parseFuncs(text: string): Func[] {
  const lines = new Lines(text);
  const funcs: Func[] = [];
  while (!lines.isDone) funcs.push(parseOne(lines));
  return funcs;
}

/** Lines with comments and blank ones dropped, and a cursor within the current one. */
class Lines {
  readonly #lines: { readonly text: string; readonly number: number }[];
  #index = 0;

  constructor(text: string) {
    this.#lines = text
      .split('\n')
      .map((line, index) => ({ text: line.replace(/;.*/, '').trim(), number: index + 1 }))
      .filter(({ text }) => text !== '');
  }

  get isDone(): boolean {
    return this.#index === this.#lines.length;
  }

  get current(): string {
    return this.#lines[this.#index]?.text ?? '';
  }

  next(): void {
    this.#index++;
  }

  fail(expected: string): never {
    const line = this.#lines[this.#index];
    const found = line === undefined ? 'the end of the text' : `\`${line.text}\``;
    throw new IrSyntaxError(`line ${line?.number ?? '?'}: expected ${expected}, found ${found}`);
  }

  /** Matches the whole current line and steps over it. */
  take(pattern: RegExp, expected: string): RegExpExecArray {
    const match = pattern.exec(this.current);
    if (match === null) this.fail(expected);
    this.next();
    return match;
  }
}

const HEAD = /^func (\S+)\(([^)]*)\) (prog|subprog|callback)(?: values (\d+))?(?: blocks (\d+))? \{$/;
const SLOT = /^slot s(\d+) (\d+) align ([1248])( stack)?$/;
const BLOCK = /^b(\d+)(?:\(([^)]*)\))?:$/;
const RESULT = /^v(\d+) = (.*)$/;
const LINE = /^(.*) @(\d+)$/;

function parseOne(lines: Lines): Func {
  const head = lines.take(HEAD, 'the head of a function');
  const slots: Slot[] = [];
  while (lines.current.startsWith('slot ')) {
    const [, , bytes, align, stack] = lines.take(SLOT, 'a slot');
    slots.push({
      bytes: Number(bytes),
      align: Number(align) as Alignment,
      ...(stack === undefined ? {} : { onStack: true }),
    });
  }
  const blocks: Block[] = [];
  while (lines.current !== '}') blocks.push(parseBlock(lines));
  lines.next();
  const params = values(head[2]!);
  const valueIds = [
    ...params,
    ...blocks.flatMap((block) => [...block.params, ...block.insns.map((insn) => insn.id)]),
  ];
  return {
    name: head[1]!,
    role: head[3] as FuncRole,
    params,
    blocks,
    slots,
    valueCount: Number(head[4] ?? valueIds.reduce((most, id) => Math.max(most, id + 1), 0)),
    blockCount: Number(head[5] ?? blocks.reduce((most, block) => Math.max(most, block.id + 1), 0)),
  };
}

function parseBlock(lines: Lines): Block {
  const head = lines.take(BLOCK, 'a block or }');
  const insns: Insn[] = [];
  for (;;) {
    const lined = LINE.exec(lines.current);
    const at = lined === null ? undefined : Number(lined[2]);
    const text = lined?.[1] ?? lines.current;
    if (/^(jump|branch|return)\b/.test(text)) {
      const end = parseEnd(lines, text, at);
      lines.next();
      return { id: Number(head[1]) as BlockId, params: values(head[2] ?? ''), insns, end };
    }
    const result = RESULT.exec(text);
    const id = result === null ? noValue : (Number(result[1]) as ValueId);
    insns.push(parseInsn(lines, result?.[2] ?? text, id, at));
    lines.next();
  }
}

function parseEnd(lines: Lines, text: string, at: number | undefined): Terminator {
  const edge = String.raw`(b\d+(?:\([^)]*\))?)`;
  let match = new RegExp(`^jump ${edge}$`).exec(text);
  if (match !== null) return { kind: 'jump', to: parseEdge(match[1]!), at };
  match = new RegExp(`^branch v(\\d+) ${edge} ${edge}(?: cold (ifTrue|ifFalse))?$`).exec(text);
  if (match !== null) {
    return {
      kind: 'branch',
      cond: Number(match[1]) as ValueId,
      ifTrue: parseEdge(match[2]!),
      ifFalse: parseEdge(match[3]!),
      cold: match[4] as 'ifTrue' | 'ifFalse' | undefined,
      at,
    };
  }
  match = /^return v(\d+)$/.exec(text);
  if (match !== null) return { kind: 'return', value: Number(match[1]) as ValueId, at };
  return lines.fail('a jump, branch or return');
}

function parseEdge(text: string): Edge {
  const match = /^b(\d+)(?:\((.*)\))?$/.exec(text)!;
  return { block: Number(match[1]) as BlockId, args: values(match[2] ?? '') };
}

function parseInsn(lines: Lines, text: string, id: ValueId, at: number | undefined): Insn {
  const match = (pattern: RegExp): RegExpExecArray =>
    pattern.exec(text) ?? lines.fail(`operands of \`${text.split(/[ .]/)[0]}\``);
  const op = /^[a-zA-Z0-9]+/.exec(text)?.[0] ?? '';
  if (!(op in ops)) return lines.fail('an operation');
  const known = op as Op;
  if (isBinaryOp(known) || isUnaryOp(known) || isCompareOp(known) || known === 'select') {
    return { id, op: known, args: values(text.slice(op.length)), at };
  }
  switch (known) {
    case 'const':
      return { id, op: known, args: [], value: asI64(BigInt(match(/^const (-?\d+)$/)[1]!)), at };
    case 'slot':
    case 'slotStart':
      return { id, op: known, args: [], slot: Number(match(/ s(\d+)$/)[1]) as SlotId, at };
    case 'mapFd':
      return { id, op: known, args: [], map: Number(match(/ (\d+)$/)[1]), at };
    case 'mapValue': {
      const m = match(/ (\d+)\+(-?\d+)$/);
      return { id, op: known, args: [], map: Number(m[1]), off: Number(m[2]), at };
    }
    case 'ksym':
    case 'funcAddr':
      return { id, op: known, args: [], name: match(/ (\S+)$/)[1]!, at };
    case 'callFunc':
    case 'callKfunc': {
      const m = match(/ ([^\s(]+)\(([^)]*)\)$/);
      return { id, op: known, args: values(m[2]!), name: m[1]!, at };
    }
    case 'call': {
      const m = match(/ ([^\s(]+)\(([^)]*)\) (stable|reads|writes)$/);
      if (!(m[1]! in helperIds)) return lines.fail('a helper');
      const helper = m[1] as HelperName;
      return { id, op: known, args: values(m[2]!), helper, effect: m[3] as CallEffect, at };
    }
    case 'load': {
      const m = match(/^load\.([1248])(s?) v(\d+)\+(-?\d+)$/);
      const size = Number(m[1]) as MemorySize;
      return { id, op: known, args: values(`v${m[3]}`), size, signed: m[2] === 's', off: Number(m[4]), at };
    }
    case 'store': {
      const m = match(/^store\.([1248]) v(\d+)\+(-?\d+) v(\d+)$/);
      const size = Number(m[1]) as MemorySize;
      return { id, op: known, args: values(`v${m[2]} v${m[4]}`), size, off: Number(m[3]), at };
    }
    case 'atomic': {
      const m = match(/^atomic\.([48]) (\w+) v(\d+)\+(-?\d+) (.*)$/);
      if (!(m[2]! in atomics)) return lines.fail('an atomic operation');
      const size = Number(m[1]) as 4 | 8;
      const args = values(`v${m[3]} ${m[5]}`);
      return { id, op: known, kind: m[2] as AtomicKind, size, off: Number(m[4]), args, at };
    }
    case 'copy': {
      const m = match(/^copy v(\d+)\+(-?\d+) v(\d+)\+(-?\d+) (\d+) align ([1248])$/);
      return {
        id,
        op: known,
        args: values(`v${m[1]} v${m[3]}`),
        off: Number(m[2]),
        fromOff: Number(m[4]),
        bytes: Number(m[5]),
        align: Number(m[6]) as Alignment,
        at,
      };
    }
    case 'zero': {
      const m = match(/^zero v(\d+)\+(-?\d+) (\d+) align ([1248])$/);
      return {
        id,
        op: known,
        args: values(`v${m[1]}`),
        off: Number(m[2]),
        bytes: Number(m[3]),
        align: Number(m[4]) as Alignment,
        at,
      };
    }
  }
}

function values(text: string): ValueId[] {
  return Array.from(text.matchAll(/v(\d+)/g), (match) => Number(match[1]) as ValueId);
}
