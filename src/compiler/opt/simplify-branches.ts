import { asI64, present } from '../../base/index.ts';
import {
  type Block,
  type BlockId,
  computeBinary,
  computeCompare,
  computeUnary,
  definitionsOf,
  type Edge,
  edgesOf,
  type Func,
  type Insn,
  isBinaryOp,
  isCompareOp,
  isUnaryOp,
  opFacts,
  type Terminator,
  type ValueId,
} from '../ir/index.ts';
import { MAX_THREADED_INSNS, type Pass, Replacements, usedOutside } from './pass.ts';

/**
 * Makes the block graph small.
 *
 *     branch 1 b1 b2                    ->  jump b1
 *     branch v1 b1 b1                   ->  jump b1
 *     jump b3(0); b3(v4): branch v4 …   ->  jump to where b3 goes for 0
 *     jump b5; b5: jump b6              ->  jump b6
 *     b7: … jump b8, nothing else goes to b8  ->  one block
 *     b9(v5), always passed v2          ->  v2 for v5
 */
export const simplifyBranches: Pass = {
  name: 'simplify-branches',
  run: (func) => (isOneBlock(func) ? func : new Simplification(func).run()),
};

function isOneBlock({ blocks }: Func): boolean {
  return blocks.length === 1 && blocks[0]!.end.kind === 'return';
}

interface OpenBlock {
  readonly id: BlockId;
  params: readonly ValueId[];
  insns: readonly Insn[];
  end: Terminator;
}

/** Edges are followed through at most so many blocks: rings of empty blocks exist. */
const MAX_THREADED_BLOCKS = 16;

class Simplification {
  readonly #func: Func;
  readonly #blocks: (OpenBlock | undefined)[] = [];
  readonly #definitions: (Insn | undefined)[];
  readonly #replacements = new Replacements();
  #valueCount: number;
  #changed = false;
  /** Made anew when a block has got another end. */
  #reachedBlocks: Set<BlockId> | undefined;

  constructor(func: Func) {
    this.#func = func;
    this.#valueCount = func.valueCount;
    this.#definitions = definitionsOf(func).slice();
    for (const block of func.blocks) {
      const { id, params, insns, end } = block;
      this.#blocks[id] = { id, params, insns, end };
    }
  }

  run(): Func {
    let any = false;
    for (let round = 0; round < 20; round++) {
      this.#changed = false;
      this.#settleBranches();
      this.#dropTrivialParams();
      this.#threadJumps();
      this.#mergeBlocks();
      if (!this.#changed) break;
      any = true;
    }
    if (!any) return this.#func;
    const reached = this.#reached();
    const blocks = this.#func.blocks
      .map((block) => this.#blocks[block.id])
      .filter((block): block is OpenBlock => block !== undefined && reached.has(block.id))
      .map((block): Block => {
        const insns = block.insns.map((insn) => this.#replacements.inInsn(insn));
        return { id: block.id, params: block.params, insns, end: this.#replacements.inEnd(block.end) };
      });
    return { ...this.#func, blocks, valueCount: this.#valueCount };
  }

  #block(id: BlockId): OpenBlock {
    return present(this.#blocks[id], 'an edge goes to a block that is left');
  }

  #setEnd(block: OpenBlock, end: Terminator): void {
    block.end = end;
    this.#changed = true;
    this.#reachedBlocks = undefined;
  }

  #constant(value: ValueId): bigint | undefined {
    const insn = this.#definitions[this.#replacements.of(value)];
    return insn?.op === 'const' ? insn.value : undefined;
  }

  /** The blocks that can be reached, entry first; the others are dropped, so that nothing stale is looked at. */
  #reached(): Set<BlockId> {
    this.#reachedBlocks ??= this.#findReached();
    return this.#reachedBlocks;
  }

  #findReached(): Set<BlockId> {
    const reached = new Set<BlockId>([this.#func.blocks[0]!.id]);
    for (const id of reached) for (const edge of edgesOf(this.#block(id).end)) reached.add(edge.block);
    this.#blocks.forEach((block, id) => {
      if (block !== undefined && !reached.has(block.id)) this.#blocks[id] = undefined;
    });
    return reached;
  }

  #settleBranches(): void {
    for (const block of this.#blocks) {
      if (block === undefined || block.end.kind !== 'branch') continue;
      const { cond, ifTrue, ifFalse, at } = block.end;
      const constant = this.#constant(cond);
      if (constant !== undefined) {
        this.#setEnd(block, { kind: 'jump', to: constant !== 0n ? ifTrue : ifFalse, at });
      } else if (
        ifTrue.block === ifFalse.block &&
        ifTrue.args.every(
          (value, index) => this.#replacements.of(value) === this.#replacements.of(ifFalse.args[index]!),
        )
      ) {
        this.#setEnd(block, { kind: 'jump', to: ifTrue, at });
      }
    }
  }

  #dropTrivialParams(): void {
    const reached = this.#reached();
    if (!this.#blocks.some((block) => block !== undefined && block.params.length > 0)) return;
    const incoming = new Map<BlockId, Edge[]>();
    for (const id of reached) {
      for (const edge of edgesOf(this.#block(id).end)) {
        const list = incoming.get(edge.block);
        if (list === undefined) incoming.set(edge.block, [edge]);
        else list.push(edge);
      }
    }
    /** By block: for each parameter whether it stays. */
    const keeps = new Map<BlockId, readonly boolean[]>();
    for (const [id, edges] of incoming) {
      const block = this.#block(id);
      if (block.params.length === 0) continue;
      const kept = block.params.map((param, index) => {
        const only = this.#onlyArgument(
          param,
          edges.map((edge) => edge.args[index]!),
        );
        if (only === undefined) return true;
        this.#replacements.set(param, only);
        return false;
      });
      if (kept.includes(false)) keeps.set(id, kept);
    }
    if (keeps.size === 0) return;
    this.#changed = true;
    const trim = (edge: Edge): Edge => {
      const kept = keeps.get(edge.block);
      return kept === undefined ? edge : { ...edge, args: edge.args.filter((_, index) => kept[index]) };
    };
    for (const id of reached) {
      const block = this.#block(id);
      const kept = keeps.get(id);
      if (kept !== undefined) block.params = block.params.filter((_, index) => kept[index]);
      block.end = mapEdges(block.end, trim);
    }
  }

  /** The one value other than the parameter itself that is passed for it; undefined if there are several. */
  #onlyArgument(param: ValueId, args: readonly ValueId[]): ValueId | undefined {
    let only: ValueId | undefined;
    for (const arg of args) {
      const value = this.#replacements.of(arg);
      if (value === param || value === only) continue;
      if (only !== undefined) return undefined;
      only = value;
    }
    return only;
  }

  #threadJumps(): void {
    this.#reached();
    const transparent = new Set<BlockId>();
    for (const block of this.#blocks)
      if (block !== undefined && isTransparent(block)) transparent.add(block.id);
    if (transparent.size === 0) return;
    let outside: Uint8Array | undefined;
    for (const block of this.#blocks) {
      if (block === undefined || !edgesOf(block.end).some((edge) => transparent.has(edge.block))) continue;
      outside ??= this.#usedOutside();
      const uses = outside;
      const end = mapEdges(block.end, (edge) => this.#thread(block, edge, uses));
      if (end !== block.end) this.#setEnd(block, end);
    }
  }

  #usedOutside(): Uint8Array {
    const blocks = this.#blocks.filter((block) => block !== undefined);
    return usedOutside(blocks, this.#valueCount, (value) => this.#replacements.of(value));
  }

  /** Follows an edge out of `from` through blocks that do nothing for it. */
  #thread(from: OpenBlock, start: Edge, outside: Uint8Array): Edge {
    let edge = start;
    for (let count = 0; count < MAX_THREADED_BLOCKS; count++) {
      const next = this.#through(from, edge, outside);
      if (next === undefined) break;
      edge = next;
    }
    return edge;
  }

  /** Where `edge` leads on, if its block does nothing but choose a way that is known for this edge. */
  #through(from: OpenBlock, edge: Edge, outside: Uint8Array): Edge | undefined {
    const block = this.#block(edge.block);
    if (block === from || block.end.kind === 'return' || !isTransparent(block)) return undefined;
    if (block.params.some((param) => outside[param] === 1)) return undefined;
    /** What the block's own values are for this edge: a value from before, or a number. */
    const known = new Map<ValueId, ValueId | bigint>();
    block.params.forEach((param, index) => {
      known.set(param, this.#replacements.of(edge.args[index]!));
    });
    const numberOf = (value: ValueId): bigint | undefined => {
      const found = known.get(this.#replacements.of(value)) ?? this.#replacements.of(value);
      return typeof found === 'bigint' ? found : this.#constant(found);
    };
    for (const insn of block.insns) {
      if (outside[insn.id] === 1) return undefined;
      const result = computeInsn(insn, numberOf);
      if (result !== undefined) known.set(insn.id, result);
    }
    let way: Edge;
    if (block.end.kind === 'jump') {
      way = block.end.to;
    } else {
      const cond = numberOf(block.end.cond);
      if (cond === undefined) return undefined;
      way = cond !== 0n ? block.end.ifTrue : block.end.ifFalse;
    }
    const own = new Set(block.insns.map((insn) => insn.id));
    const passed = way.args.map(
      (value) => known.get(this.#replacements.of(value)) ?? this.#replacements.of(value),
    );
    if (passed.some((value) => typeof value === 'number' && own.has(value))) return undefined;
    const args = passed.map((value) =>
      typeof value === 'bigint' ? this.#makeConstant(from, value, block.end.at) : value,
    );
    return { block: way.block, args };
  }

  #makeConstant(block: OpenBlock, value: bigint, at: Insn['at']): ValueId {
    const id = this.#valueCount++ as ValueId;
    const insn: Insn = { id, op: 'const', args: [], value: asI64(value), at };
    this.#definitions[id] = insn;
    block.insns = [...block.insns, insn];
    return id;
  }

  #mergeBlocks(): void {
    const reached = this.#reached();
    if (!this.#blocks.some((block) => block?.end.kind === 'jump')) return;
    const predCount = new Map<BlockId, number>();
    for (const id of reached) {
      for (const edge of edgesOf(this.#block(id).end))
        predCount.set(edge.block, (predCount.get(edge.block) ?? 0) + 1);
    }
    for (const id of reached) {
      const block = this.#blocks[id];
      if (block === undefined) continue;
      let insns: Insn[] | undefined;
      while (block.end.kind === 'jump') {
        const { to } = block.end;
        if (to.block === id || predCount.get(to.block) !== 1) break;
        const next = this.#block(to.block);
        next.params.forEach((param, index) => {
          this.#replacements.set(param, this.#replacements.of(to.args[index]!));
        });
        insns ??= [...block.insns];
        for (const insn of next.insns) insns.push(insn);
        this.#setEnd(block, next.end);
        this.#blocks[to.block] = undefined;
      }
      if (insns !== undefined) block.insns = insns;
    }
  }
}

/** Whether a block does nothing but choose where to go on, so that an edge may know its choice. */
function isTransparent({ id, params, insns, end }: OpenBlock): boolean {
  if (end.kind === 'return' || insns.length > MAX_THREADED_INSNS) return false;
  if (end.kind === 'jump') return insns.length === 0 && end.to.block !== id;
  // Without parameters it chooses the same way, known or not, for every edge.
  if (params.length === 0) return false;
  return insns.every((insn) => opFacts(insn.op).effect === 'none');
}

function mapEdges(end: Terminator, change: (edge: Edge) => Edge): Terminator {
  switch (end.kind) {
    case 'return':
      return end;
    case 'jump': {
      const to = change(end.to);
      return to === end.to ? end : { ...end, to };
    }
    case 'branch': {
      const ifTrue = change(end.ifTrue);
      const ifFalse = change(end.ifFalse);
      return ifTrue === end.ifTrue && ifFalse === end.ifFalse ? end : { ...end, ifTrue, ifFalse };
    }
  }
}

/** The result of an instruction whose operands are numbers; undefined if they, or the operation, are not known. */
function computeInsn(insn: Insn, numberOf: (value: ValueId) => bigint | undefined): bigint | undefined {
  if (insn.op === 'const') return insn.value;
  const [a, b] = insn.args.map(numberOf);
  if (a === undefined) return undefined;
  if (isUnaryOp(insn.op)) return computeUnary(insn.op, a);
  if (insn.op === 'select') return numberOf(insn.args[a !== 0n ? 1 : 2]!);
  if (b === undefined) return undefined;
  if (isBinaryOp(insn.op)) return computeBinary(insn.op, a, b);
  if (isCompareOp(insn.op)) return computeCompare(insn.op, a, b) ? 1n : 0n;
  return undefined;
}
