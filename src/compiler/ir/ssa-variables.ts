/**
 * Variables in SSA form while their function is being built.
 *
 *     b0: x = 1; jump b1                    b0: v1 = 1; jump b1(v1)
 *     b1: branch c b2 b3            ->      b1(v2): branch c b2 b3      a parameter where edges meet
 *     b2: x = x + 1; jump b1                b2: v3 = v2 + 1; jump b1(v3)
 *
 * After Braun, Buchwald, Hack, Leißa, Mallon, Zwinkau, "Simple and Efficient Construction of Static Single Assignment
 * Form" (2013), with work lists in place of recursion, because a script can be a chain of thousands of blocks. Reading a
 * variable in a block that is not sealed makes a parameter whose operands are found at sealing. A parameter whose operands
 * are all one value is replaced by that value.
 */
import type { ValueId } from './func.ts';
import type { OpenBlock, VariableId } from './open-block.ts';

/** A block parameter made for a variable. */
interface VariableParam {
  readonly value: ValueId;
  readonly block: OpenBlock;
  readonly variable: VariableId;
  /** One value per edge in, in the order of `edgesIn`; empty until the block is sealed. */
  operands: ValueId[];
  /** Parameters that have this one as an operand. */
  readonly users: VariableParam[];
}

/** The variables of one function. */
export class SsaVariables {
  readonly #blocks: readonly OpenBlock[];
  readonly #newValue: () => ValueId;
  #count = 0;
  /** Parameters made for variables, by value. */
  readonly #params = new Map<ValueId, VariableParam>();
  /** Replaced parameter -> what stands for it (itself perhaps replaced later). */
  readonly #replacements = new Map<ValueId, ValueId>();
  /** What a variable that nothing has written reads as: 0, made in the entry block when first needed. */
  #undefinedValue: ValueId | undefined;

  /**
   * @param blocks of the function, by id, the entry first; the list grows while it is built.
   * @param newValue numbers a value of the function.
   */
  constructor(blocks: readonly OpenBlock[], newValue: () => ValueId) {
    this.#blocks = blocks;
    this.#newValue = newValue;
  }

  declare(): VariableId {
    return this.#count++ as VariableId;
  }

  /** The value of a variable at the end of `block` so far. */
  read(variable: VariableId, block: OpenBlock): ValueId {
    const pending: VariableParam[] = [];
    const value = this.#lookUp(variable, block, pending);
    this.#fillOperands(pending);
    return this.resolve(value);
  }

  /** Finds the operands of the parameters that a block has got; all edges into it exist now. */
  fillSealed(block: OpenBlock): void {
    const pending: VariableParam[] = [];
    for (const value of block.params) {
      const param = this.#params.get(value);
      if (param !== undefined) pending.push(param);
    }
    this.#fillOperands(pending);
  }

  /** Adds to each edge the arguments for the parameters that stay. All blocks are sealed. */
  passOperands(): void {
    for (const param of this.#params.values()) {
      if (this.#replacements.has(param.value)) continue;
      param.block.edgesIn.forEach(({ edge }, index) => {
        edge.args.push(param.operands[index]!);
      });
    }
  }

  isReplaced(value: ValueId): boolean {
    return this.#replacements.has(value);
  }

  /** What a value stands for by now: itself, unless it was a parameter that was replaced. */
  resolve(value: ValueId): ValueId {
    let found = value;
    for (let next = this.#replacements.get(found); next !== undefined; next = this.#replacements.get(found)) {
      found = next;
    }
    // Shortens the chain, so that long chains are walked once.
    for (let step = value; step !== found; ) {
      const next = this.#replacements.get(step)!;
      this.#replacements.set(step, found);
      step = next;
    }
    return found;
  }

  /**
   * The value of `variable` at the end of `block`. Where edges meet it makes a parameter, which is entered at once (so that
   * a loop finds it) and put on `pending` for `#fillOperands`.
   */
  #lookUp(variable: VariableId, block: OpenBlock, pending: VariableParam[]): ValueId {
    const passed: OpenBlock[] = [];
    let at = block;
    let value = at.variables.get(variable);
    while (value === undefined) {
      passed.push(at);
      if (passed.length > this.#blocks.length) {
        // A ring of blocks that nothing reaches.
        value = this.#zeroInEntry();
      } else if (at.sealed && at.edgesIn.length === 1) {
        at = this.#blocks[at.edgesIn[0]!.from]!;
        value = at.variables.get(variable);
      } else if (at.sealed && at.edgesIn.length === 0) {
        // The entry, or a block that nothing reaches.
        value = this.#zeroInEntry();
      } else {
        value = this.#newParam(variable, at, pending);
      }
    }
    for (const block of passed) block.variables.set(variable, value);
    return value;
  }

  #newParam(variable: VariableId, block: OpenBlock, pending: VariableParam[]): ValueId {
    const value = this.#newValue();
    const param: VariableParam = { value, block, variable, operands: [], users: [] };
    block.params.push(value);
    this.#params.set(value, param);
    if (block.sealed) pending.push(param);
    return value;
  }

  /** Finds the operands of new parameters of sealed blocks, then drops those that stand for one value only. */
  #fillOperands(pending: VariableParam[]): void {
    // The list grows while it is walked: looking up an operand can make further parameters.
    for (const param of pending) {
      param.operands = param.block.edgesIn.map(({ from }) =>
        this.#lookUp(param.variable, this.#blocks[from]!, pending),
      );
      for (const operand of param.operands) {
        const users = this.#params.get(this.resolve(operand))?.users;
        if (users !== undefined && users[users.length - 1] !== param) users.push(param);
      }
    }
    for (let i = pending.length - 1; i >= 0; i--) this.#dropIfTrivial(pending[i]!);
  }

  #dropIfTrivial(first: VariableParam): void {
    const work = [first];
    for (let param = work.pop(); param !== undefined; param = work.pop()) {
      if (this.#replacements.has(param.value) || !param.block.sealed) continue;
      let only: ValueId | undefined;
      let isTrivial = true;
      for (const operand of param.operands) {
        const value = this.resolve(operand);
        if (value === param.value || value === only) continue;
        if (only !== undefined) {
          isTrivial = false;
          break;
        }
        only = value;
      }
      if (!isTrivial) continue;
      const stand = only ?? this.#zeroInEntry();
      this.#replacements.set(param.value, stand);
      const standParam = this.#params.get(stand);
      for (const user of param.users) {
        standParam?.users.push(user);
        work.push(user);
      }
    }
  }

  #zeroInEntry(): ValueId {
    if (this.#undefinedValue === undefined) {
      const id = this.#newValue();
      this.#blocks[0]!.insns.unshift({ id, op: 'const', args: [], value: 0n, at: undefined });
      this.#undefinedValue = id;
    }
    return this.#undefinedValue;
  }
}
