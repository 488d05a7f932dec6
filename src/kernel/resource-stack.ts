/**
 * Things to release in reverse order of their acquisition: what DisposableStack is in newer JavaScript than Node.js 20's.
 *
 *     using stack = new ResourceStack();
 *     const map = stack.use(createMap(…));   // released if the next line throws
 *     const prog = stack.use(loadProg(…));
 *     return new Loaded(stack.move());       // now the caller owns both
 */
export class ResourceStack implements Disposable {
  #resources: Disposable[] = [];

  /** Takes over a resource. */
  use<T extends Disposable>(resource: T): T {
    this.#resources.push(resource);
    return resource;
  }

  /** Hands all resources to a new stack and forgets them. */
  move(): ResourceStack {
    const moved = new ResourceStack();
    moved.#resources = this.#resources;
    this.#resources = [];
    return moved;
  }

  /** Releases all, even if some throw; then throws the first error. */
  [Symbol.dispose](): void {
    const resources = this.#resources;
    this.#resources = [];
    const errors: unknown[] = [];
    for (const resource of resources.reverse()) {
      try {
        resource[Symbol.dispose]();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
