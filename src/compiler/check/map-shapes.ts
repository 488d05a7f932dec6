/** The maps of a script and how they are used, with keys or without: the first use decides. */
import {
  type Call,
  childrenOf,
  type Fn,
  type MapDeclaration,
  type MapName,
  type Node,
  type Probe,
  type Span,
} from '../language/index.ts';

export interface MapShape {
  readonly name: string;
  /** The declaration, or the first use. */
  readonly at: Span;
  firstUse: Span | undefined;
  /** undefined: no use says so. */
  scalar: boolean | undefined;
  declaration: MapDeclaration | undefined;
  /** Mentioned anywhere but in its declaration. */
  isUsed: boolean;
}

/** Functions that take a bare map, and whether that says that it has keys. */
const mapFunctions: Readonly<Record<string, (argumentCount: number) => boolean | undefined>> = {
  print: () => undefined,
  clear: () => undefined,
  zero: () => undefined,
  is_scalar: () => undefined,
  len: () => true,
  has_key: () => true,
  find: () => true,
  delete: (count) => count > 1,
};

/** All maps, in the order of their first mention; declarations come first. */
export function collectMapShapes(
  declarations: readonly MapDeclaration[],
  fns: readonly Fn[],
  probes: readonly Probe[],
): MapShape[] {
  const shapes = new ShapeWalk();
  for (const declaration of declarations) shapes.mention(declaration.map).declaration ??= declaration;
  for (const fn of fns) shapes.walk(fn.body);
  for (const probe of probes) {
    if (probe.predicate) shapes.walk(probe.predicate);
    shapes.walk(probe.body);
  }
  return shapes.finish();
}

/** The names of the maps that a block mentions. */
export function mapsMentioned(block: Probe): ReadonlySet<string> {
  return new Set(collectMapShapes([], [], [block]).map((shape) => shape.name));
}

class ShapeWalk {
  readonly #shapes = new Map<string, MapShape>();
  /** What weak uses say, should nothing else decide: true for a scalar map. */
  readonly #hints = new Map<string, boolean>();

  mention(map: MapName): MapShape {
    const known = this.#shapes.get(map.name);
    if (known) return known;
    const shape: MapShape = {
      name: map.name,
      at: map.span,
      firstUse: undefined,
      scalar: undefined,
      declaration: undefined,
      isUsed: false,
    };
    this.#shapes.set(map.name, shape);
    return shape;
  }

  #use(map: MapName, scalar: boolean | undefined): void {
    const shape = this.mention(map);
    shape.isUsed = true;
    shape.firstUse ??= map.span;
    shape.scalar ??= scalar;
  }

  walk(node: Node): void {
    switch (node.kind) {
      case 'map':
        this.#use(node, true);
        break;
      case 'map-access':
        this.#use(node.map, false);
        this.walk(node.key);
        break;
      case 'address-of':
        if (node.target.kind === 'map') this.#use(node.target, undefined);
        break;
      case 'for':
        if (node.over.kind === 'map') this.#use(node.over, false);
        else this.walk(node.over);
        this.walk(node.body);
        break;
      case 'sizeof':
      case 'typeinfo':
      case 'typeof-type':
        if (node.of.kind === 'map') this.#use(node.of, undefined);
        else this.walk(node.of);
        break;
      case 'call':
        this.#walkCall(node);
        break;
      default:
        for (const child of childrenOf(node)) this.walk(child);
    }
  }

  #walkCall(call: Call): void {
    const [first, ...rest] = call.args;
    const name = call.callee.text;
    const hasKeys = Object.hasOwn(mapFunctions, name) ? mapFunctions[name] : undefined;
    if (hasKeys && first?.kind === 'map') {
      this.#use(first, undefined);
      const hint = hasKeys(call.args.length);
      if (hint !== undefined && !this.#hints.has(first.name)) this.#hints.set(first.name, !hint);
    } else if (first) this.walk(first);
    for (const arg of rest) this.walk(arg);
  }

  finish(): MapShape[] {
    for (const shape of this.#shapes.values()) shape.scalar ??= this.#hints.get(shape.name);
    return [...this.#shapes.values()];
  }
}
