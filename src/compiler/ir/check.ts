import { type HelperName, helperSignature } from '../../bpf/index.ts';
import { type Cfg, cfgOf, type Dominators, dominates, dominatorsOf } from './cfg.ts';
import { argCount, type Block, edgesOf, type Func, type Insn, noValue, type ValueId } from './func.ts';
import { MAX_CALL_ARGS, opFacts } from './op.ts';
import { printInsn, printTerminator } from './print.ts';
import { emptyTable } from './table.ts';

/** Whether a helper returns a pointer or NULL, so that its result must be compared with 0 before it is used. */
function isNullable(helper: HelperName): boolean {
  return helperSignature(helper).returns.endsWith('-or-null');
}

export interface CheckOptions {
  /**
   * Also the rules that only hold once addresses are folded (after `optimize` or the backend's own folding):
   * ctx used as nothing but the base of loads, a call argument (an offset may be added for that), or a value saved whole.
   */
  readonly isFinal?: boolean;
}

/**
 * What is wrong with a function: one sentence per broken rule, empty when it is fine. The rules are those of SSA form, of
 * the op table, and those of the kernel's verifier that can be seen here, so that we object before the kernel does.
 */
export function checkFunc(func: Func, options: CheckOptions = {}): readonly string[] {
  const problems: string[] = [];
  if (!checkShape(func, problems)) return problems;
  const cfg = cfgOf(func);
  const tree = dominatorsOf(cfg);
  const definitions = checkDefinitions(func, problems);
  checkUses(func, cfg, tree, definitions, problems);
  for (const block of func.blocks) {
    for (const insn of block.insns) checkInsn(func, block, insn, problems);
  }
  if (problems.length === 0) {
    checkPointers(func, options, problems);
    checkNullable(cfg, tree, definitions, problems);
  }
  return problems;
}

interface Definition {
  readonly block: Block;
  /** Index in the block's instructions; -1 for a parameter. */
  readonly index: number;
  readonly insn: Insn | undefined;
}

type Definitions = readonly (Definition | undefined)[];

/** Whether edges and blocks are sound enough to walk. */
function checkShape(func: Func, problems: string[]): boolean {
  const blockOf = new Map<number, Block>();
  for (const block of func.blocks) {
    if (blockOf.has(block.id)) problems.push(`block b${block.id} occurs twice`);
    if (block.id < 0 || block.id >= func.blockCount)
      problems.push(`block b${block.id} is not below blocks ${func.blockCount}`);
    blockOf.set(block.id, block);
  }
  const entry = func.blocks[0];
  if (entry === undefined) problems.push('a function has an entry block');
  else if (entry.params.length > 0) problems.push('the entry block has no parameters');
  if (func.params.length > MAX_CALL_ARGS) problems.push('a function has at most 5 parameters');
  if (func.role === 'prog' && func.params.length !== 1) problems.push('a prog has one parameter, the ctx');
  for (const block of func.blocks) {
    for (const edge of edgesOf(block.end)) {
      const target = blockOf.get(edge.block);
      if (target === undefined) problems.push(`b${block.id} goes to b${edge.block}, which is not there`);
      else if (target === entry) problems.push(`b${block.id} goes to the entry block`);
      else if (target.params.length !== edge.args.length)
        problems.push(
          `b${block.id} passes ${edge.args.length} values to b${edge.block}, which has ${target.params.length} parameters`,
        );
    }
  }
  return problems.length === 0;
}

function checkDefinitions(func: Func, problems: string[]): Definitions {
  const definitions = emptyTable<Definition>(func.valueCount);
  const define = (value: ValueId, definition: Definition): void => {
    if (value < 0 || value >= func.valueCount)
      problems.push(`v${value} is not below values ${func.valueCount}`);
    else if (definitions[value] !== undefined) problems.push(`v${value} is defined twice`);
    else definitions[value] = definition;
  };
  const entry = func.blocks[0]!;
  for (const value of func.params) define(value, { block: entry, index: -1, insn: undefined });
  for (const block of func.blocks) {
    for (const value of block.params) define(value, { block, index: -1, insn: undefined });
    block.insns.forEach((insn, index) => {
      if (insn.id !== noValue) define(insn.id, { block, index, insn });
    });
  }
  return definitions;
}

function checkUses(
  func: Func,
  cfg: Cfg,
  tree: Dominators,
  definitions: Definitions,
  problems: string[],
): void {
  const use = (value: ValueId, block: Block, index: number, text: () => string): void => {
    const definition = definitions[value];
    if (definition === undefined) {
      problems.push(`${text()}: v${value} is not defined`);
      return;
    }
    const here = cfg.placeOf[block.id]!;
    if (here === -1) return;
    const there = cfg.placeOf[definition.block.id]!;
    const isBefore =
      definition.block === block ? definition.index < index : there !== -1 && dominates(tree, there, here);
    if (!isBefore) problems.push(`${text()}: v${value} is not defined on every path to b${block.id}`);
  };
  for (const block of func.blocks) {
    block.insns.forEach((insn, index) => {
      for (const value of insn.args) use(value, block, index, () => printInsn(insn));
    });
    const { end } = block;
    const text = () => printTerminator(end);
    if (end.kind === 'branch') use(end.cond, block, block.insns.length, text);
    if (end.kind === 'return') use(end.value, block, block.insns.length, text);
    for (const edge of edgesOf(end)) {
      for (const value of edge.args) use(value, block, block.insns.length, text);
    }
  }
}

function checkInsn(func: Func, block: Block, insn: Insn, problems: string[]): void {
  const object = (rule: string): void => {
    problems.push(`b${block.id}: ${printInsn(insn)}: ${rule}`);
  };
  const facts = opFacts(insn.op);
  const arity = argCount(insn);
  if (arity === undefined ? insn.args.length > MAX_CALL_ARGS : insn.args.length !== arity)
    object(`takes ${arity ?? 'at most 5'} operands, not ${insn.args.length}`);
  if (facts.result !== (insn.id !== noValue)) object(facts.result ? 'has a result' : 'has no result');
  if ('slot' in insn && func.slots[insn.slot] === undefined) object(`slot s${insn.slot} is declared`);
  if (insn.op === 'const' && BigInt.asIntN(64, insn.value) !== insn.value)
    object('a constant is a signed 64-bit number');
  // Source: struct bpf_insn, __s16 off.
  if ('off' in insn && insn.op !== 'mapValue' && (insn.off < -0x8000 || insn.off > 0x7fff))
    object('an offset fits 16 bits');
  if ((insn.op === 'copy' || insn.op === 'zero') && !(insn.bytes > 0)) object('at least one byte');
}

/** 'inside-ctx': an address that additions made from ctx, which is no more than a number for helpers. */
type PointerKind = 'ctx' | 'inside-ctx' | 'stack' | 'map' | 'map-value' | 'func' | 'scalar';

/** Follows pointers whose kind is certain, through additions only, and checks what the verifier forbids for their kind. */
function checkPointers(func: Func, { isFinal = false }: CheckOptions, problems: string[]): void {
  const kinds = emptyTable<PointerKind>(func.valueCount);
  const kindOf = (value: ValueId): PointerKind => kinds[value] ?? 'scalar';
  if (func.role === 'prog') kinds[func.params[0]!] = 'ctx';
  // In dominance order a definition comes before its uses, parameters of blocks apart: those stay scalars.
  for (const block of cfgOf(func).order) {
    for (const insn of block.insns) {
      const object = (rule: string): void => {
        problems.push(`b${block.id}: ${printInsn(insn)}: ${rule}`);
      };
      const pointers = insn.args.map(kindOf);
      switch (insn.op) {
        case 'slot':
          kinds[insn.id] = 'stack';
          break;
        case 'mapFd':
          kinds[insn.id] = 'map';
          break;
        case 'mapValue':
          kinds[insn.id] = 'map-value';
          break;
        case 'funcAddr':
          kinds[insn.id] = 'func';
          break;
        case 'add':
        case 'sub': {
          const kind = pointers.find((found) => found !== 'scalar');
          if (kind !== undefined && !(insn.op === 'sub' && pointers[1] !== 'scalar')) kinds[insn.id] = kind;
          if (kind === 'map' || kind === 'func') object(`no arithmetic on the address of a ${kind}`);
          if (kind === 'ctx' && kinds[insn.id] === 'ctx') kinds[insn.id] = 'inside-ctx';
          break;
        }
        case 'select':
          if (pointers.slice(1).some((found) => found !== 'scalar'))
            object('pointers are chosen by a branch, not by select');
          break;
        case 'load':
        case 'copy':
        case 'zero':
          if (pointers.some((found) => found === 'map' || found === 'func'))
            object('a map or function is not memory');
          if (insn.op !== 'load' && (pointers[0] === 'ctx' || pointers[0] === 'inside-ctx'))
            object('ctx is not written in pieces');
          if (isFinal && pointers.includes('inside-ctx')) object('the offset into ctx belongs to the load');
          break;
        case 'store':
          if (pointers[0] === 'map' || pointers[0] === 'func') object('a map or function is not memory');
          if (pointers[1] !== 'scalar' && (insn.size !== 8 || pointers[0] === 'map-value'))
            object('a pointer is stored whole, and not where others can read it');
          break;
        case 'atomic':
          if (pointers[0] === 'ctx') object('no atomic operation on ctx');
          if (pointers.slice(1).some((found) => found !== 'scalar'))
            object('no pointer in an atomic operation');
          break;
        case 'eq':
        case 'ne':
        case 'call':
        case 'callFunc':
        case 'callKfunc':
        case 'const':
        case 'ksym':
        case 'slotStart':
          break;
        default:
          if (pointers.some((found) => found !== 'scalar' && found !== 'map-value'))
            object('pointers are only added to, loaded from, stored to, compared for equality or passed');
      }
    }
    const { end } = block;
    if (end.kind === 'return' && kindOf(end.value) !== 'scalar')
      problems.push(`b${block.id}: ${printTerminator(end)}: a function returns a number, not an address`);
    for (const edge of edgesOf(end)) {
      if (edge.args.some((value) => kindOf(value) === 'ctx'))
        problems.push(`b${block.id}: ${printTerminator(end)}: ctx is not passed to a block: use it directly`);
    }
  }
}

/** The result of a nullable helper is only used where a comparison with 0 has shown that it is not NULL. */
function checkNullable(cfg: Cfg, tree: Dominators, definitions: Definitions, problems: string[]): void {
  const mayBeNull = (value: ValueId): boolean => {
    const insn = definitions[value]?.insn;
    return insn?.op === 'call' && isNullable(insn.helper);
  };
  const isZero = (value: ValueId): boolean => {
    const insn = definitions[value]?.insn;
    return insn?.op === 'const' && insn.value === 0n;
  };
  /** Nullable value -> places that are only reached when it is not NULL. */
  const proven = new Map<ValueId, number[]>();
  const prove = (value: ValueId, place: number): void => {
    if (cfg.preds[place]!.length !== 1) return;
    const places = proven.get(value);
    if (places === undefined) proven.set(value, [place]);
    else places.push(place);
  };
  for (const block of cfg.order) {
    const { end } = block;
    if (end.kind !== 'branch') continue;
    const whenTrue = cfg.placeOf[end.ifTrue.block]!;
    const whenFalse = cfg.placeOf[end.ifFalse.block]!;
    if (mayBeNull(end.cond)) prove(end.cond, whenTrue);
    const test = definitions[end.cond]?.insn;
    if (test === undefined || (test.op !== 'eq' && test.op !== 'ne')) continue;
    const [a, b] = test.args as [ValueId, ValueId];
    const subject = mayBeNull(a) && isZero(b) ? a : mayBeNull(b) && isZero(a) ? b : undefined;
    if (subject !== undefined) prove(subject, test.op === 'ne' ? whenTrue : whenFalse);
  }
  for (const block of cfg.order) {
    const here = cfg.placeOf[block.id]!;
    for (const insn of block.insns) {
      if (insn.op === 'eq' || insn.op === 'ne') continue;
      for (const value of insn.args) {
        if (!mayBeNull(value)) continue;
        const isProven = proven.get(value)?.some((place) => dominates(tree, place, here)) ?? false;
        if (!isProven)
          problems.push(
            `b${block.id}: ${printInsn(insn)}: v${value} may be NULL and has not been compared with 0`,
          );
      }
    }
  }
}
