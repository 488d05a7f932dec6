import type { Type } from '../../types/index.ts';
import type { NamedParamDefault } from '../builtins/index.ts';
import type { TypedNamedParam } from '../typed/index.ts';

/** The named parameters of a script (`getopt`), in the order of their first use. */
export class NamedParams {
  readonly #params: TypedNamedParam[] = [];

  get all(): readonly TypedNamedParam[] {
    return this.#params;
  }

  /** The index of a parameter, added when it is new; undefined when it is known with another default or description. */
  use(
    name: string,
    type: Type,
    fallback: NamedParamDefault | undefined,
    description: string,
  ): number | undefined {
    const index = this.#params.findIndex((param) => param.name === name);
    const known = this.#params[index];
    if (!known) {
      this.#params.push({
        name,
        type,
        description,
        ...(fallback === undefined ? {} : { default: fallback }),
      });
      return this.#params.length - 1;
    }
    const agrees =
      known.default === fallback && known.description === description && known.type.kind === type.kind;
    return agrees ? index : undefined;
  }
}
