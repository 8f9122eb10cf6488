import type { Clock } from '../clock.js';

/**
 * Work with a time limit. What comes too late is not lost: it is handed out the next time.
 */

/** How a piece of work ended. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T; readonly ms: number }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A piece of work in progress. */
interface Flight<T> {
  readonly key: string;
  readonly start: number;
  readonly outcome: Promise<Outcome<T>>;
}

/**
 * Runs one kind of work, one piece at a time. Work for the same key is shared while it runs; when
 * it is late its result waits for the next call with that key.
 */
export class Deadline<T> {
  readonly #clock: Clock;
  #flight: Flight<T> | undefined;
  #late: { readonly key: string; readonly outcome: Outcome<T> } | undefined;
  #stop = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Returns what the work gives, or `late` once it has run for `limit` milliseconds; it then goes
   * on. Work for another key is aborted first. Never rejects: an error of the work is an outcome.
   */
  async run(
    key: string,
    limit: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<Outcome<T>> {
    const waiting = this.takeLate(key);
    if (waiting) {
      return waiting;
    }
    const flight = this.#flight?.key === key ? this.#flight : this.#start(key, work);
    const timer = new AbortController();
    const left = Math.max(0, limit - (this.#clock.now() - flight.start));
    const late = this.#clock.sleep(left, timer.signal).then(
      (): Outcome<T> => ({ kind: 'late' }),
      (): Outcome<T> => ({ kind: 'late' }),
    );
    const outcome = await Promise.race([flight.outcome, late]);
    timer.abort(new Error('no longer waiting'));
    if (outcome.kind === 'late') {
      this.#keep(flight);
    } else if (this.#flight === flight) {
      this.#flight = undefined;
    }
    return outcome;
  }

  /** Returns, once, what came too late for an earlier call with this key. */
  takeLate(key: string): Outcome<T> | undefined {
    const late = this.#late?.key === key ? this.#late.outcome : undefined;
    if (late) {
      this.#late = undefined;
    }
    return late;
  }

  /** Whether something came late for this key and has not been taken. */
  hasLate(key: string): boolean {
    return this.#late?.key === key;
  }

  /** Aborts what is running and forgets what was late. */
  cancel(): void {
    this.#stop.abort(new Error('context is no longer wanted'));
    this.#flight = undefined;
    this.#late = undefined;
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    this.cancel();
    this.#stop = new AbortController();
    const flight = {
      key,
      start: this.#clock.now(),
      outcome: this.#measure(work, this.#stop.signal),
    };
    this.#flight = flight;
    return flight;
  }

  async #measure(
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<Outcome<T>> {
    const start = this.#clock.now();
    try {
      return { kind: 'done', value: await work(signal), ms: this.#clock.now() - start };
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  #keep(flight: Flight<T>): void {
    void flight.outcome.then((outcome) => {
      if (this.#flight === flight) {
        this.#flight = undefined;
        this.#late = outcome.kind === 'done' ? { key: flight.key, outcome } : undefined;
      }
    });
  }
}
