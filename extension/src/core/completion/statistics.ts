import type { AcceptKind } from './types.js';

/** Where the figures are kept between sessions; on this machine only. */
export interface StatisticsStore {
  /** Returns what was saved last, in whatever state. */
  load(): unknown;
  save(figures: Figures): void;
}

/** What is counted. Texts are counted in characters, never kept. */
export interface Figures {
  readonly shown: number;
  readonly shownCharacters: number;
  readonly accepted: Readonly<Record<AcceptKind, number>>;
  readonly acceptedCharacters: number;
  /** Of the accepted texts whose time is over: how long they were, and what was left of them. */
  readonly watchedCharacters: number;
  readonly retainedCharacters: number;
  /** Requests sent, those that were ended because nobody wanted them, those ahead of time. */
  readonly requests: number;
  readonly aborted: number;
  readonly prefetches: number;
  /** Answers from the cache, from a request that was running, from a request of their own. */
  readonly fromCache: number;
  readonly joined: number;
  readonly asked: number;
  /** The last measurements in milliseconds, newest last. */
  readonly firstTextMs: readonly number[];
  readonly answerMs: readonly number[];
  readonly cacheMs: readonly number[];
}

type Count = {
  [Key in keyof Figures]: Figures[Key] extends number ? Key : never;
}[keyof Figures];
type Series = 'firstTextMs' | 'answerMs' | 'cacheMs';

const NOTHING: Figures = {
  shown: 0,
  shownCharacters: 0,
  accepted: { all: 0, line: 0, word: 0 },
  acceptedCharacters: 0,
  watchedCharacters: 0,
  retainedCharacters: 0,
  requests: 0,
  aborted: 0,
  prefetches: 0,
  fromCache: 0,
  joined: 0,
  asked: 0,
  firstTextMs: [],
  answerMs: [],
  cacheMs: [],
};

/** Measurements kept of each series. */
const KEPT = 500;

/** Counts what completions are worth. Nothing of it leaves the machine. */
export class Statistics {
  readonly #store: StatisticsStore;
  #figures: Figures;
  #saved: Figures;

  constructor(store: StatisticsStore) {
    this.#store = store;
    this.#figures = soundFigures(store.load());
    this.#saved = this.#figures;
  }

  get figures(): Figures {
    return this.#figures;
  }

  /** Adds to one of the counts. */
  count(key: Count, by = 1): void {
    this.#figures = { ...this.#figures, [key]: this.#figures[key] + by };
  }

  /** Adds a measurement in milliseconds. */
  measured(key: Series, ms: number): void {
    const series = [...this.#figures[key], Math.round(ms * 100) / 100].slice(-KEPT);
    this.#figures = { ...this.#figures, [key]: series };
  }

  /** A completion, or part of one, was accepted. */
  accepted(kind: AcceptKind, characters: number): void {
    const { accepted } = this.#figures;
    this.#figures = { ...this.#figures, accepted: { ...accepted, [kind]: accepted[kind] + 1 } };
    this.count('acceptedCharacters', characters);
  }

  /** Saves the figures when there is something new. */
  save(): void {
    if (this.#figures !== this.#saved) {
      this.#saved = this.#figures;
      this.#store.save(this.#figures);
    }
  }

  /** Begins again at nothing. */
  clear(): void {
    this.#figures = NOTHING;
    this.save();
  }
}

/** Returns the value below which a share of the series lies; undefined for an empty one. */
export function percentile(series: readonly number[], share: number): number | undefined {
  const sorted = series.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** Takes from what was stored all that is as it should be; another version may have written it. */
function soundFigures(stored: unknown): Figures {
  const found = recordOf(stored);
  const sound = Object.entries(NOTHING).map(([key, usual]) => {
    const value = found[key];
    if (Array.isArray(usual)) {
      return [key, Array.isArray(value) ? value.filter(isCount).slice(-KEPT) : usual] as const;
    }
    if (typeof usual === 'number') {
      return [key, isCount(value) ? value : usual] as const;
    }
    const kinds = recordOf(value);
    const counts = Object.keys(NOTHING.accepted).map((kind) => [
      kind,
      isCount(kinds[kind]) ? kinds[kind] : 0,
    ]);
    return [key, Object.fromEntries(counts)] as const;
  });
  return { ...NOTHING, ...Object.fromEntries(sound) };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
