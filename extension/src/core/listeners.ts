/** Those who want to know when something changes. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Adds a listener; returns how to remove it. */
  add(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all, also those that a listener adds or removes meanwhile at most once. */
  tell(value: T): void {
    for (const listener of [...this.#listeners]) {
      listener(value);
    }
  }
}
