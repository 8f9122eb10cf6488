import type { CachedChoice, CacheEntry, CacheHit, CompletionCache } from './cache.js';
import type { CursorView } from './cursor.js';
import { applyFilters, type FilterInput } from './filters/index.js';
import type { Flight, FlightChoice } from './flight.js';
import { spotOf } from './spot.js';
import type { Story, StoryChoice } from './story.js';

type Facts = Pick<Story, 'ttftMs' | 'usage' | 'choices'>;

/** Takes answers that have come, lets the filters see them and puts them into the cache. */
export class Landing {
  readonly #cache: CompletionCache;
  readonly #choices = new WeakMap<Flight, readonly StoryChoice[]>();
  #count = 0;

  constructor(cache: CompletionCache) {
    this.#cache = cache;
  }

  /** Puts the answer of a request that has ended into the cache. */
  land(flight: Flight): void {
    const { plan } = flight;
    const { view, context, before = [] } = plan.luggage;
    const stories = flight.choices.map((choice) => this.#filter(flight, choice));
    this.#choices.set(flight, stories);
    const texts = new Set(before.map(({ text }) => text));
    const choices = [...before];
    for (const { text, replaces } of stories) {
      if (text !== undefined && !texts.has(text)) {
        texts.add(text);
        choices.push({ id: `c${++this.#count}`, text, replaces });
      }
    }
    const nothing = choices.length === 0 ? reasonFor(stories) : undefined;
    const entry: CacheEntry = {
      spot: spotOf(view),
      choices: choices.slice(0, Math.max(1, flight.choices.length)),
      ...(nothing === undefined ? {} : { nothing }),
      multiline: plan.multiline,
      ended: flight.choices[0]?.ended ?? 'stop',
      alternatives: plan.purpose === 'alternatives',
      prefetched: plan.purpose === 'prefetch',
      context,
    };
    this.#cache.add(entry);
  }

  /** What a story tells of a request. */
  facts(flight: Flight): Facts {
    const { firstTextAt, launchedAt, usage } = flight;
    return {
      ...(firstTextAt === undefined ? {} : { ttftMs: firstTextAt - launchedAt }),
      ...(usage ? { usage } : {}),
      choices: this.#choices.get(flight) ?? [],
    };
  }

  /**
   * Returns what is left of a cached answer where the cursor is now. While the user only types
   * through it nothing is filtered again, since what is shown must stay as it is; the filters
   * look again where the editor has closed brackets meanwhile.
   */
  refiltered(view: CursorView, hit: CacheHit): readonly CachedChoice[] {
    if (!hit.since.closersChanged) {
      return hit.rest;
    }
    return hit.rest.flatMap(({ id, text }) => {
      const filtered = applyFilters({
        ...place(view),
        text,
        multiline: hit.entry.multiline,
        ended: hit.entry.ended,
      });
      return filtered.text ? [{ id, text: filtered.text, replaces: filtered.replaces }] : [];
    });
  }

  #filter(flight: Flight, choice: FlightChoice): StoryChoice {
    const { view, syntax, tabSize } = flight.plan.luggage;
    const filtered = applyFilters({
      ...place(view),
      text: choice.text,
      multiline: flight.plan.multiline,
      ended: choice.ended ?? 'stop',
      ...(syntax ? { syntax } : {}),
      ...(tabSize === undefined ? {} : { tabSize }),
    });
    return {
      raw: choice.text,
      ended: choice.reason ?? choice.ended ?? 'stop',
      filters: filtered.verdicts,
      // Blanks are as good as nothing.
      text: filtered.text?.trim() === '' ? undefined : filtered.text,
      replaces: filtered.replaces,
    };
  }
}

function place(view: CursorView): Pick<FilterInput, 'prefix' | 'suffix' | 'language'> {
  return { prefix: view.prefix, suffix: view.suffix, language: view.language };
}

function reasonFor(choices: readonly StoryChoice[]): string {
  const verdict = choices.flatMap(({ filters }) => filters).find(({ dropped }) => dropped);
  if (verdict) {
    return `${verdict.filter}: ${verdict.dropped ?? ''}`;
  }
  return choices.every(({ raw }) => raw.trim() === '')
    ? 'the model said nothing'
    : 'nothing is left';
}
