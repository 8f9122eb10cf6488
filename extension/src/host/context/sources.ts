import type * as vscode from 'vscode';
import type { Clock } from '../../core/clock.js';
import { Deadline, type Outcome } from '../../core/context/deadline.js';
import type { SkippedSource, Snippet } from '../../core/context/types.js';
import type { Logger } from '../../core/log.js';
import type { ContextProvider, ContextQuestion } from './provider.js';
import { nameOf } from './result.js';

/** What the sources offered, and which offered nothing. */
export interface Offers {
  readonly snippets: readonly Snippet[];
  readonly skipped: readonly SkippedSource[];
  /** How long each source took, in milliseconds. */
  readonly took: ReadonlyMap<string, number>;
}

interface Source {
  readonly provider: ContextProvider;
  readonly deadline: Deadline<readonly Snippet[]>;
}

/** Asks the providers, all at a time, each within the time limit. */
export class Sources {
  readonly #sources: readonly Source[];
  readonly #log: Logger;

  constructor(providers: readonly ContextProvider[], clock: Clock, log: Logger) {
    this.#sources = providers.map((provider) => ({ provider, deadline: new Deadline(clock) }));
    this.#log = log;
  }

  /**
   * Returns what the providers offer that the test lets through. Late ones go on, and what they
   * find is handed out with `late`.
   *
   * @param key tells one gathering from the next; a new key ends what is still running.
   */
  async ask(
    key: string,
    question: ContextQuestion,
    limit: number,
    wanted: (provider: ContextProvider) => boolean,
  ): Promise<Offers> {
    const asked = this.#sources.filter(({ provider }) => wanted(provider));
    const outcomes = await Promise.all(
      asked.map(async ({ provider, deadline }) => ({
        provider,
        outcome: await deadline.run(key, limit, (signal) => provider.gather(question, signal)),
      })),
    );
    return this.#collect(outcomes);
  }

  /** The providers that would find something new if they were asked; see `hasNews`. */
  withNews(document: vscode.TextDocument, position: vscode.Position): ContextProvider[] {
    return this.#sources
      .map(({ provider }) => provider)
      .filter((provider) => provider.hasNews?.(document, position) === true);
  }

  /** Whether a provider has found something since it was late for this key. */
  hasLate(key: string): boolean {
    return this.#sources.some(({ deadline }) => deadline.hasLate(key));
  }

  /** Hands out, once, what was late for this key. */
  takeLate(key: string): Offers {
    const outcomes = this.#sources.flatMap(({ provider, deadline }) => {
      const outcome = deadline.takeLate(key);
      return outcome ? [{ provider, outcome }] : [];
    });
    return this.#collect(outcomes);
  }

  dispose(): void {
    this.#sources.forEach(({ deadline }) => deadline.cancel());
  }

  #collect(
    outcomes: readonly { provider: ContextProvider; outcome: Outcome<readonly Snippet[]> }[],
  ): Offers {
    const snippets: Snippet[] = [];
    const skipped: SkippedSource[] = [];
    const took = new Map<string, number>();
    for (const { provider, outcome } of outcomes) {
      const { source } = provider;
      switch (outcome.kind) {
        case 'done':
          snippets.push(...outcome.value);
          took.set(source, outcome.ms);
          break;
        case 'late':
          skipped.push({ source, reason: 'late' });
          break;
        case 'failed':
          skipped.push({ source, reason: 'failed' });
          this.#log.warn('a context source failed', { source, error: nameOf(outcome.error) });
          break;
      }
    }
    return { snippets, skipped, took };
  }
}
