import type { GatheredContext } from '../context/types.js';
import type { CursorView } from './cursor.js';
import { typedSince, type Since, type Spot } from './spot.js';
import type { CacheHitKind } from './story.js';

export interface CachedChoice {
  /** The candidate's. */
  readonly id: string;
  /** What the filters left; never blank. */
  readonly text: string;
  /** How many characters right of the cursor it says again and replaces. */
  readonly replaces: number;
}

/** What was answered at a spot. */
export interface CacheEntry {
  readonly spot: Spot;
  /** The best one first. */
  readonly choices: readonly CachedChoice[];
  /** Why there is no choice. */
  readonly nothing?: string;
  readonly multiline: boolean;
  readonly ended: 'stop' | 'length' | 'cut';
  /** Alternatives were asked for as well. */
  readonly alternatives: boolean;
  /** It was asked for before the cursor was there. */
  readonly prefetched: boolean;
  /** What was sent along; a prefetch from here sends the same, for the engine's sake. */
  readonly context: GatheredContext;
}

export interface CacheHit {
  readonly kind: CacheHitKind;
  readonly entry: CacheEntry;
  readonly since: Since;
  /** What is left to type of each choice that fits; empty only when the entry is. */
  readonly rest: readonly CachedChoice[];
}

/** `used-up` says that all of a completion has been typed: nothing is left, but more is expected. */
export type CacheLookup = CacheHit | 'used-up' | undefined;

/**
 * The last answers, found again by where they belong: where they were asked for, and anywhere
 * along the way of typing them. An entry counts only while the text right around it is as it was.
 */
export class CompletionCache {
  readonly #size: number;
  /** Oldest first. */
  readonly #entries = new Set<CacheEntry>();
  /** Where the last look was, to tell in which direction the user went. */
  #last: { uri: string; at: number } | undefined;

  constructor(size = 200) {
    this.#size = size;
  }

  /** Adds an answer, in the place of those for the same spot. */
  add(entry: CacheEntry): void {
    for (const other of this.#entries) {
      if (sameSpot(other.spot, entry.spot)) {
        this.#entries.delete(other);
      }
    }
    this.#entries.add(entry);
    for (const oldest of this.#entries) {
      if (this.#entries.size <= this.#size) {
        break;
      }
      this.#entries.delete(oldest);
    }
  }

  /** Looks for what fits where the cursor is, the newest first, and keeps it longer. */
  find(view: CursorView): CacheLookup {
    const found = this.peek(view);
    if (typeof found === 'object') {
      this.#entries.delete(found.entry);
      this.#entries.add(found.entry);
    }
    this.#last = { uri: view.uri, at: view.prefix.length };
    return found;
  }

  /** Looks without a trace. */
  peek(view: CursorView): CacheLookup {
    let usedUp = false;
    for (const entry of [...this.#entries].reverse()) {
      // The text before is long and mostly the same, so it is compared last.
      const since = leadsTo(entry, view) ? typedSince(entry.spot, view) : undefined;
      if (!since) {
        continue;
      }
      const rest = restOf(entry, since.typed);
      if (rest.length > 0 || (since.typed === '' && entry.choices.length === 0)) {
        return { kind: this.#kind(view, entry, since), entry, since, rest };
      }
      usedUp ||= entry.choices.some(({ text }) => text === since.typed);
    }
    return usedUp ? 'used-up' : undefined;
  }

  /** Forgets a document, or everything. */
  forget(uri?: string): void {
    for (const entry of this.#entries) {
      if (uri === undefined || entry.spot.uri === uri) {
        this.#entries.delete(entry);
      }
    }
  }

  #kind(view: CursorView, entry: CacheEntry, since: Since): CacheHitKind {
    const before = this.#last?.uri === view.uri ? this.#last.at : undefined;
    if (before !== undefined && before > view.prefix.length) {
      return 'deleted-back';
    }
    if (since.typed !== '') {
      return before === view.prefix.length ? 're-entered' : 'typed-through';
    }
    return entry.prefetched && before !== view.prefix.length ? 'prefetched' : 're-entered';
  }
}

/** Whether what is between the entry's place and the cursor is what it says. */
function leadsTo({ spot, choices }: CacheEntry, { uri, prefix }: CursorView): boolean {
  const length = prefix.length - spot.at;
  if (uri !== spot.uri || length <= 0) {
    return uri === spot.uri && length === 0;
  }
  return choices.some(
    ({ text }) => length <= text.length && prefix.endsWith(text.slice(0, length)),
  );
}

function restOf(entry: CacheEntry, typed: string): readonly CachedChoice[] {
  return entry.choices.flatMap((choice) =>
    choice.text.length > typed.length && choice.text.startsWith(typed)
      ? [{ ...choice, text: choice.text.slice(typed.length) }]
      : [],
  );
}

function sameSpot(a: Spot, b: Spot): boolean {
  return a.at === b.at && a.uri === b.uri && a.near === b.near && a.head === b.head;
}
