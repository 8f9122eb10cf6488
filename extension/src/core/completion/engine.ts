import type { Clock } from '../clock.js';
import type { Logger } from '../log.js';
import { ServerProblem } from '../server/problem.js';
import type { CockpitClient } from '../server/types.js';
import type { SyntaxTrees } from '../syntax/view.js';
import { CompletionCache, type CacheHit } from './cache.js';
import { candidatesAt } from './candidates.js';
import { objectionTo, viewOf } from './cursor.js';
import type { Flights } from './flights.js';
import { Landing } from './landing.js';
import { Requests, type Asked } from './requests.js';
import type { Retention } from './retention.js';
import type { Statistics } from './statistics.js';
import { Stories, StoryDraft, type Story, type StoryOutcome } from './story.js';
import { Tracker } from './tracker.js';
import type { Answer, Candidate, DocumentEdit, Question } from './types.js';

export interface EngineParts {
  readonly client: CockpitClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly statistics: Statistics;
  readonly retention: Retention;
  /** Absent where there are no grammars; indentation decides then. */
  readonly trees?: SyntaxTrees;
}

/** What the engine tells its owner. */
export interface EngineEvents {
  /** A request begins, or none is left. */
  asking(running: boolean): void;
  /** A request failed. */
  failed(problem: unknown): void;
}

/** The question that is being answered. */
interface Current {
  readonly uri: string;
  readonly version: number;
  readonly controller: AbortController;
}

/** How often one question may ask anew because the user has typed through what came. */
const MOST_TRIES = 3;

/**
 * Answers what could stand at the cursor: from the cache, from the request that is running, or by
 * asking the server, with one request at a time. A new question ends the one before; the request
 * of that one goes on as long as the user types what it says.
 */
export class CompletionEngine {
  readonly stories = new Stories();
  readonly #parts: EngineParts;
  readonly #events: EngineEvents;
  readonly #cache = new CompletionCache();
  readonly #landing = new Landing(this.#cache);
  readonly #tracker: Tracker;
  readonly #requests: Requests;
  #current: Current | undefined;
  /** The candidate whose successor was asked for last. */
  #prefetched: string | undefined;
  #questions = 0;
  #quietUntil = 0;
  /** The version that the last keystroke made. */
  #edited: { uri: string; version: number } | undefined;

  constructor(parts: EngineParts, events: EngineEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#tracker = new Tracker(parts.statistics, parts.retention, this.stories);
    this.#requests = new Requests(parts, {
      cache: this.#cache,
      landing: this.#landing,
      tracker: this.#tracker,
      asking: (running) => events.asking(running),
    });
  }

  /** Requests sent, ended because nobody wanted them any more, and those that came to an end. */
  get counts(): Readonly<Flights['counts']> {
    return this.#requests.flights.counts;
  }

  /** Answers a question. Never rejects: what went wrong is in the story. */
  async provide(question: Question, signal: AbortSignal): Promise<Answer> {
    const now = this.#parts.clock.now();
    const { uri, version } = question.snapshot;
    this.#current?.controller.abort(new Error('another question came'));
    const controller = new AbortController();
    this.#current = { uri, version, controller };
    this.#noteKeystroke(question, now);
    const draft = new StoryDraft(++this.#questions, now, question);
    const ended = AbortSignal.any([signal, controller.signal]);
    try {
      ended.throwIfAborted();
      const view = viewOf(question);
      const objection = view ? objectionTo(view) : 'the suggestion goes over several lines';
      if (!view || objection !== undefined) {
        this.#requests.flights.abort();
        return this.#finish(draft, { kind: 'nothing', reason: objection ?? '' });
      }
      return await this.#answer({ question, view, draft, signal: ended });
    } catch (problem) {
      return this.#failed(draft, problem, ended.aborted);
    }
  }

  /** The editor shows a candidate. The next one is asked for as if it were accepted. */
  shown(id: string): void {
    const served = this.#tracker.shown(id);
    if (served?.question.options.prefetch && this.#prefetched !== id) {
      this.#prefetched = id;
      this.#requests.prefetch(served);
    }
  }

  /** The editor has accepted all of a candidate. */
  accepted(id: string): void {
    this.#tracker.accepted(id);
  }

  /**
   * A document has changed. Ends what the change has made useless at once: the question comes
   * only later.
   */
  edited(edit: DocumentEdit): void {
    if (edit.changes.length === 0) {
      return;
    }
    this.#tracker.edited(edit);
    this.#requests.debounce.keystroke(this.#parts.clock.now());
    this.#edited = { uri: edit.uri, version: edit.version };
    const current = this.#current;
    if (current?.uri === edit.uri && current.version < edit.version) {
      current.controller.abort(new Error('the document has changed'));
    }
    const flight = this.#requests.flights.current;
    if (flight?.plan.from.uri === edit.uri && flight.course.follow(edit.changes) === false) {
      flight.abort();
    }
  }

  /** The user wants nothing now: has pressed Escape, gone elsewhere, or turned completions off. */
  dismiss(): void {
    this.#current?.controller.abort(new Error('dismissed'));
    this.#requests.flights.abort();
  }

  /** What may be sent has changed: nothing that was sent before may be sent along again. */
  exclusionChanged(): void {
    this.dismiss();
    this.#cache.forget();
  }

  /** A document was closed. */
  closed(uri: string): void {
    const asked = this.#requests.flights.current?.plan.from.uri;
    if (this.#current?.uri === uri || asked === uri) {
      this.dismiss();
    }
    this.#cache.forget(uri);
  }

  dispose(): void {
    this.dismiss();
    this.#parts.retention.dispose();
    this.#parts.statistics.save();
  }

  async #answer(asked: Asked): Promise<Answer> {
    const { question, view, draft } = asked;
    const { trigger, options } = question;
    if (trigger === 'automatic' && this.#parts.clock.now() < this.#quietUntil) {
      return this.#finish(draft, { kind: 'nothing', reason: 'the server asked to wait' });
    }
    let found = await this.#find(asked);
    if (found && trigger === 'manual' && options.alternatives > 1 && !found.entry.alternatives) {
      found = await this.#alternatives(asked, found);
    }
    if (!found) {
      return this.#finish(draft, { kind: 'nothing', reason: 'all of it was typed meanwhile' });
    }
    const { entry } = found;
    const candidates = candidatesAt(view, this.#landing.refiltered(view, found));
    if (candidates.length === 0) {
      const reason = entry.nothing ?? 'nothing is left of it here';
      return this.#finish(draft, { kind: 'nothing', reason });
    }
    const count = candidates.length;
    const answer = this.#finish(draft, { kind: 'answered', candidates: count }, candidates);
    const story = answer.story.id;
    this.#tracker.serve(
      candidates.map((candidate) => ({ candidate, view, question, entry, story })),
    );
    return answer;
  }

  /** Finds an answer in the cache, or gets one into it. */
  async #find(asked: Asked): Promise<CacheHit | undefined> {
    const { view, draft, signal } = asked;
    let lookup = this.#cache.find(view);
    if (typeof lookup === 'object') {
      draft.source = { kind: 'cache', hit: lookup.kind };
      const { flights } = this.#requests;
      if (!flights.current?.course.helps(view)) {
        flights.abort();
      }
      return lookup;
    }
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const running = this.#requests.running(asked);
      const flight = running ?? (await this.#requests.ask(asked, lookup === 'used-up'));
      const outcome = await flight.wait(() => flight.course.fits(view), signal);
      if (outcome === 'left') {
        flight.abort();
        continue;
      }
      draft.learn(this.#landing.facts(flight));
      lookup = this.#cache.find(view);
      if (typeof lookup === 'object') {
        return lookup;
      }
    }
    return undefined;
  }

  async #alternatives(asked: Asked, found: CacheHit): Promise<CacheHit> {
    const flight = this.#requests.alternatives(asked, found);
    await flight.wait(() => true, asked.signal);
    asked.draft.learn(this.#landing.facts(flight));
    const lookup = this.#cache.find(asked.view);
    return typeof lookup === 'object' ? lookup : found;
  }

  #noteKeystroke({ snapshot, trigger }: Question, now: number): void {
    const { uri, version } = snapshot;
    const known = this.#edited?.uri === uri && this.#edited.version >= version;
    if (trigger === 'automatic' && !known) {
      this.#requests.debounce.keystroke(now);
      this.#edited = { uri, version };
    }
  }

  #failed(draft: StoryDraft, problem: unknown, ended: boolean): Answer {
    if (ended) {
      return this.#finish(draft, { kind: 'superseded' });
    }
    if (problem instanceof ServerProblem && problem.retryAfterMs !== undefined) {
      this.#quietUntil = this.#parts.clock.now() + problem.retryAfterMs;
    }
    this.#events.failed(problem);
    const message = problem instanceof Error ? problem.message : String(problem);
    return this.#finish(draft, { kind: 'failed', message });
  }

  #finish(draft: StoryDraft, outcome: StoryOutcome, candidates: readonly Candidate[] = []): Answer {
    const story = draft.finish(outcome, this.#parts.clock.now());
    if (outcome.kind !== 'superseded' || draft.asked) {
      this.stories.add(story);
    }
    if (outcome.kind === 'answered') {
      this.#count(story);
    }
    this.#parts.log.debug('completion', {
      outcome: outcome.kind,
      reason: outcome.kind === 'nothing' ? outcome.reason : undefined,
      source: story.source.kind,
      delay: story.delay?.ms,
      ttft: story.ttftMs,
      total: story.totalMs,
      prompt: story.usage?.promptTokens,
      cached: story.usage?.cachedTokens,
    });
    return { candidates, story };
  }

  #count({ source, totalMs }: Story): void {
    const { statistics } = this.#parts;
    switch (source.kind) {
      case 'cache':
        statistics.count('fromCache');
        statistics.measured('cacheMs', totalMs);
        break;
      case 'joined':
        statistics.count('joined');
        statistics.measured('answerMs', totalMs);
        break;
      case 'request':
        statistics.count('asked');
        statistics.measured('answerMs', totalMs);
        break;
      case 'none':
        break;
    }
  }
}
