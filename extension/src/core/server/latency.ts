import { Listeners } from '../listeners.js';
import type { Exchange } from './client.js';

/** How fast answers came lately, in milliseconds. */
export interface Latency {
  /** Number of answers that the figure is of. */
  readonly count: number;
  /** Median time to the first text. */
  readonly firstTextMs: number;
}

const REMEMBERED = 50;

/** The latest generations of each task. */
export class Latencies {
  readonly #times = new Map<Exchange['task'], readonly number[]>();
  readonly #listeners = new Listeners<undefined>();

  /** Takes note of a generation; also of one that was left once it had begun to answer. */
  add({ task, firstTextMs }: Exchange): void {
    if (firstTextMs === undefined) {
      return;
    }
    const times = [...(this.#times.get(task) ?? []), firstTextMs];
    this.#times.set(task, times.slice(-REMEMBERED));
    this.#listeners.tell(undefined);
  }

  /** Returns how fast a task's answers came; undefined before the first. */
  of(task: Exchange['task']): Latency | undefined {
    const times = this.#times.get(task) ?? [];
    return times.length > 0 ? { count: times.length, firstTextMs: median(times) } : undefined;
  }

  /** Calls the listener after each generation; returns how to stop. */
  onDidChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
