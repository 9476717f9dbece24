/**
 * Closes in reverse order what has been opened: Node 20 has no AsyncDisposableStack.
 */

export class Cleanup implements AsyncDisposable {
  #steps: (() => unknown)[] = [];

  /** Closes `resource` at the end; returns it. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T {
    this.defer(() =>
      Symbol.asyncDispose in resource
        ? resource[Symbol.asyncDispose]()
        : resource[Symbol.dispose](),
    );
    return resource;
  }

  /** Runs `step` at the end. */
  defer(step: () => unknown): void {
    this.#steps.push(step);
  }

  /** Moves everything to a new owner; this one has nothing left to close. */
  move(): Cleanup {
    const owner = new Cleanup();
    owner.#steps = this.#steps;
    this.#steps = [];
    return owner;
  }

  /** Runs every step, even if one fails; throws the first failure at the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
