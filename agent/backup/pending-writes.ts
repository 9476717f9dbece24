/**
 * Writes to the agent's memory that go on while the backup does. The database keeps their order.
 */
export class PendingWrites {
  #writes: Promise<void>[] = [];

  add(write: Promise<void>): void {
    write.catch(() => {}); // thrown by settle()
    this.#writes.push(write);
  }

  /** Waits for all writes so far. Throws the first failure. */
  async settle(): Promise<void> {
    await Promise.all(this.#writes.splice(0));
  }
}
