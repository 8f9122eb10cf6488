import type { Clock } from '../clock.js';
import { withoutContext, type GatheredContext } from '../context/types.js';
import type { CockpitClient } from '../server/types.js';
import type { SyntaxTrees, SyntaxView } from '../syntax/view.js';
import type { CacheHit, CompletionCache } from './cache.js';
import { lineBefore, type CursorView } from './cursor.js';
import { Debounce } from './debounce.js';
import type { Flight } from './flight.js';
import { Flights } from './flights.js';
import type { Landing } from './landing.js';
import { planFlight, type PlanInput } from './plan.js';
import { asIfAccepted } from './prefetch.js';
import type { Statistics } from './statistics.js';
import { contextStory, type StoryDraft } from './story.js';
import type { Served, Tracker } from './tracker.js';
import type { Question } from './types.js';
import { PromptWindows } from './window.js';

/** A question that is being answered. */
export interface Asked {
  readonly question: Question;
  readonly view: CursorView;
  readonly draft: StoryDraft;
  readonly signal: AbortSignal;
}

export interface RequestsParts {
  readonly client: CockpitClient;
  readonly clock: Clock;
  readonly statistics: Statistics;
  readonly trees?: SyntaxTrees;
}

/** What requests have to do with the rest of the engine. */
export interface RequestsLinks {
  readonly cache: CompletionCache;
  readonly landing: Landing;
  readonly tracker: Tracker;
  /** A request begins, or none is left. */
  readonly asking: (running: boolean) => void;
}

/** Decides when the server is asked and for what. What it answers lands in the cache. */
export class Requests {
  readonly debounce = new Debounce();
  readonly flights: Flights;
  readonly #parts: RequestsParts;
  readonly #links: RequestsLinks;
  readonly #windows = new PromptWindows();

  constructor(parts: RequestsParts, links: RequestsLinks) {
    this.#parts = parts;
    this.#links = links;
    this.flights = new Flights(parts.client, parts.clock, links.asking, (flight) =>
      this.#ended(flight),
    );
  }

  /** Returns the running request when its answer will do. */
  running({ view, draft }: Asked): Flight | undefined {
    const flight = this.flights.current;
    if (!flight?.course.fits(view)) {
      return undefined;
    }
    draft.source = { kind: 'joined', prefetch: flight.plan.purpose === 'prefetch' };
    return flight;
  }

  /**
   * Waits for a pause, gathers context and asks.
   *
   * @param expected all that was shown has been typed, so nobody pauses for more.
   * @throws the signal's reason when that aborts first.
   */
  async ask(asked: Asked, expected: boolean): Promise<Flight> {
    const { question, view, draft, signal } = asked;
    this.flights.abort();
    const { clock } = this.#parts;
    const delay = this.debounce.delay({
      trigger: question.trigger,
      lineBefore: lineBefore(view),
      expected,
      maxDelay: question.options.maxDelay,
    });
    draft.learn({ delay });
    // Parsed and gathered while waiting: that takes no time of its own then.
    this.#syntax({ question, at: view });
    const gathering = this.#gather(asked);
    gathering.catch(() => undefined);
    const left = this.debounce.left(delay, clock.now());
    if (left > 0) {
      await clock.sleep(left, signal);
    }
    const context = await gathering;
    signal.throwIfAborted();
    draft.source = { kind: 'request' };
    return this.#launch(
      { purpose: 'question', question, from: view, at: view, lead: '', context },
      draft,
    );
  }

  /** Asks for more to choose from than what was found. */
  alternatives({ question, view, draft }: Asked, found: CacheHit): Flight {
    draft.source = { kind: 'request' };
    const { context } = found.entry;
    const before = found.rest;
    return this.#launch(
      { purpose: 'alternatives', question, from: view, at: view, lead: '', context, before },
      draft,
    );
  }

  /** Asks for what comes after a candidate, unless something is asked already or it is known. */
  prefetch(served: Served): void {
    const { question, view, entry } = served;
    const next = asIfAccepted(served);
    if (this.flights.current || typeof this.#links.cache.peek(next.view) === 'object') {
      return;
    }
    this.#launch({
      purpose: 'prefetch',
      question: { ...question, trigger: 'automatic' },
      from: view,
      at: next.view,
      lead: next.lead,
      context: entry.context,
    });
  }

  async #gather({ question, draft, signal }: Asked): Promise<GatheredContext> {
    const { clock } = this.#parts;
    if (question.model.fim === undefined) {
      // Such a model is asked with the text before the cursor alone.
      return withoutContext(question.snapshot.path);
    }
    const begin = clock.now();
    const context = await question.gather(signal);
    draft.learn({ context: contextStory(context, clock.now() - begin) });
    return context;
  }

  #launch(input: Omit<PlanInput, 'justAccepted' | 'syntax'>, draft?: StoryDraft): Flight {
    const prefetch = input.purpose === 'prefetch';
    const justAccepted = prefetch || this.#links.tracker.justAccepted(input.at);
    const syntax = prefetch ? undefined : this.#syntax(input);
    const plan = planFlight({ ...input, justAccepted, syntax }, this.#windows);
    draft?.learn({ lines: plan.lines, sent: plan.sent });
    this.#parts.statistics.count(prefetch ? 'prefetches' : 'requests');
    return this.flights.launch(plan.flight);
  }

  #syntax({ question, at }: Pick<PlanInput, 'question' | 'at'>): SyntaxView | undefined {
    if (at.suggestion) {
      // A text with a suggestion in it never was the document's, and trees are kept for those.
      return undefined;
    }
    const { uri, language, text, eol } = question.snapshot;
    const shown = eol === '\n' ? text : at.prefix + at.suffix;
    return this.#parts.trees?.view({ uri, language, text: shown });
  }

  #ended(flight: Flight): void {
    const { statistics } = this.#parts;
    if (flight.state === 'aborted') {
      statistics.count('aborted');
    }
    if (flight.state !== 'landed') {
      return;
    }
    this.#links.landing.land(flight);
    const { launchedAt, firstTextAt, landedAt = launchedAt } = flight;
    if (flight.plan.purpose !== 'prefetch') {
      this.debounce.answered(landedAt - launchedAt);
    }
    if (firstTextAt !== undefined) {
      statistics.measured('firstTextMs', firstTextAt - launchedAt);
    }
  }
}
