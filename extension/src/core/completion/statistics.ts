import type { AcceptKind } from './types.js';

/** Where the figures are kept between sessions; on this machine only. */
export interface StatisticsStore {
  /** Returns what was saved last, by this window or another one, in whatever state. */
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

/**
 * Counts what completions are worth. Nothing of it leaves the machine. The editor's windows share
 * one store, so each adds to what is there what it counted itself.
 */
export class Statistics {
  readonly #store: StatisticsStore;
  /** What the store held when this window last looked. */
  #stored: Figures;
  /** What this window has counted since it last saved. */
  #unsaved: Figures = NOTHING;

  constructor(store: StatisticsStore) {
    this.#store = store;
    this.#stored = soundFigures(store.load());
  }

  get figures(): Figures {
    return sumOf(this.#stored, this.#unsaved);
  }

  /** Adds to one of the counts. */
  count(key: Count, by = 1): void {
    this.#add({ [key]: by });
  }

  /** Adds a measurement in milliseconds. */
  measured(key: Series, ms: number): void {
    this.#add({ [key]: [Math.round(ms * 100) / 100] });
  }

  /** A completion, or part of one, was accepted. */
  accepted(kind: AcceptKind, characters: number): void {
    const accepted = { ...NOTHING.accepted, [kind]: 1 };
    this.#add({ accepted, acceptedCharacters: characters });
  }

  /** Saves the figures when there is something new; another window may have saved meanwhile. */
  save(): void {
    if (this.#unsaved !== NOTHING) {
      this.#keep(sumOf(soundFigures(this.#store.load()), this.#unsaved));
    }
  }

  /** Begins again at nothing, except for what other windows have not saved yet. */
  clear(): void {
    this.#keep(NOTHING);
  }

  #add(figures: Partial<Figures>): void {
    this.#unsaved = sumOf(this.#unsaved, { ...NOTHING, ...figures });
  }

  #keep(figures: Figures): void {
    this.#stored = figures;
    this.#unsaved = NOTHING;
    this.#store.save(figures);
  }
}

/** Adds figures up; of the measurements, the last ones are kept. */
function sumOf(before: Figures, after: Figures): Figures {
  const sum = (key: Count): number => before[key] + after[key];
  const kind = (name: AcceptKind): number => before.accepted[name] + after.accepted[name];
  const series = (key: Series): readonly number[] => [...before[key], ...after[key]].slice(-KEPT);
  return {
    shown: sum('shown'),
    shownCharacters: sum('shownCharacters'),
    accepted: { all: kind('all'), line: kind('line'), word: kind('word') },
    acceptedCharacters: sum('acceptedCharacters'),
    watchedCharacters: sum('watchedCharacters'),
    retainedCharacters: sum('retainedCharacters'),
    requests: sum('requests'),
    aborted: sum('aborted'),
    prefetches: sum('prefetches'),
    fromCache: sum('fromCache'),
    joined: sum('joined'),
    asked: sum('asked'),
    firstTextMs: series('firstTextMs'),
    answerMs: series('answerMs'),
    cacheMs: series('cacheMs'),
  };
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
