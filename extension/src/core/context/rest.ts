import type { Clock } from '../clock.js';

/** Runs something once things have been at rest for a while. Telling it of unrest costs nothing. */
export class Rest {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #run: () => void;
  readonly #stop = new AbortController();
  #due = 0;
  #isWaiting = false;

  /** @param ms how long nothing must happen, in milliseconds. */
  constructor(clock: Clock, ms: number, run: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#run = run;
  }

  /** Something happened: the time begins anew. */
  disturb(): void {
    this.#due = this.#clock.now() + this.#ms;
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      void this.#wait();
    }
  }

  /** Never runs again. */
  dispose(): void {
    this.#stop.abort(new Error('disposed of'));
  }

  async #wait(): Promise<void> {
    try {
      for (let left = this.#ms; left > 0; left = this.#due - this.#clock.now()) {
        await this.#clock.sleep(left, this.#stop.signal);
      }
    } catch {
      return; // Disposed of.
    }
    this.#isWaiting = false;
    this.#run();
  }
}
