import type {
  ContextFile,
  ContextSource,
  GatheredContext,
  SkippedSource,
} from '../context/types.js';
import type { Usage } from '../server/types.js';
import type { Delay } from './debounce.js';
import type { AppliedFilter } from './filters/index.js';
import type { AcceptKind, Question, Trigger } from './types.js';

/**
 * How a completion came out of the cache: the user typed what it says, deleted back to where it
 * was, came to the same place again, or it had been asked for in advance.
 */
export type CacheHitKind = 'typed-through' | 'deleted-back' | 're-entered' | 'prefetched';

/** Where an answer came from. A request that was already running is `joined`. */
export type StorySource =
  | { readonly kind: 'none' }
  | { readonly kind: 'cache'; readonly hit: CacheHitKind }
  | { readonly kind: 'request' }
  | { readonly kind: 'joined'; readonly prefetch: boolean };

/** How it ended. */
export type StoryOutcome =
  | { readonly kind: 'answered'; readonly candidates: number }
  | { readonly kind: 'nothing'; readonly reason: string }
  | { readonly kind: 'superseded' }
  | { readonly kind: 'failed'; readonly message: string };

/** What became of an answer; `shown` is the least that is known. */
export type StoryFate = 'shown' | `accepted ${AcceptKind}`;

export interface StoryChoice {
  /** What the model said. */
  readonly raw: string;
  /** How it ended: by itself, out of tokens, or because there was enough, and why. */
  readonly ended: string;
  readonly filters: readonly AppliedFilter[];
  /** What was left of it; undefined when nothing was. */
  readonly text: string | undefined;
  /** How many characters right of the cursor it replaces. */
  readonly replaces: number;
}

export interface StoryFile {
  readonly path: string;
  readonly characters: number;
  readonly sources: readonly ContextSource[];
}

export interface StoryContext {
  readonly files: readonly StoryFile[];
  /** Whether all of it was chosen for an earlier request. */
  readonly held: boolean;
  readonly skipped: readonly SkippedSource[];
  readonly ms: number;
}

/** Everything that led to one completion, or to none. It holds code: it never leaves the editor. */
export interface Story {
  readonly id: number;
  /** The clock's milliseconds at the question. */
  readonly at: number;
  readonly path: string;
  readonly language: string;
  /** Counted from zero, as in the editor's interfaces. */
  readonly line: number;
  readonly character: number;
  readonly trigger: Trigger;
  readonly model: string;
  readonly source: StorySource;
  readonly outcome: StoryOutcome;
  /** Milliseconds from the question to its answer. */
  readonly totalMs: number;
  readonly delay?: Delay;
  readonly lines?: { readonly lines: 'single' | 'multi'; readonly reason: string };
  readonly context?: StoryContext;
  /** Characters of the document that were sent. */
  readonly sent?: { readonly prefix: number; readonly suffix: number };
  /** Milliseconds from the request to its first text. */
  readonly ttftMs?: number;
  readonly usage?: Usage;
  readonly choices?: readonly StoryChoice[];
  readonly fate?: StoryFate;
}

type Known = 'id' | 'at' | 'path' | 'language' | 'line' | 'character' | 'trigger' | 'model';

/** A story that is still going on. */
export class StoryDraft {
  source: StorySource = { kind: 'none' };
  readonly #known: Pick<Story, Known>;
  #learned: Partial<Story> = {};

  constructor(id: number, at: number, question: Question) {
    const { snapshot, position, trigger, model } = question;
    this.#known = {
      id,
      at,
      path: snapshot.path,
      language: snapshot.language,
      line: position.line,
      character: position.character,
      trigger,
      model: model.id,
    };
  }

  /** Adds what is known by now. */
  learn(facts: Partial<Omit<Story, Known | 'source' | 'outcome' | 'totalMs'>>): void {
    this.#learned = { ...this.#learned, ...facts };
  }

  /** Whether the server was asked because of this question. */
  get asked(): boolean {
    return this.source.kind === 'request';
  }

  finish(outcome: StoryOutcome, now: number): Story {
    const totalMs = now - this.#known.at;
    return { ...this.#known, ...this.#learned, source: this.source, outcome, totalMs };
  }
}

/** What the story tells of the context. */
export function contextStory(context: GatheredContext, ms: number): StoryContext {
  const files = context.files.map(({ path, text }: ContextFile) => {
    const reports = context.sources.filter((report) => report.path === path);
    const sources = [...new Set(reports.map(({ source }) => source))];
    return { path, characters: text.length, sources };
  });
  return { files, held: context.held, skipped: context.skipped, ms };
}

/** The last stories. */
export class Stories {
  readonly #size: number;
  #stories: readonly Story[] = [];

  constructor(size = 20) {
    this.#size = size;
  }

  add(story: Story): void {
    this.#stories = [story, ...this.#stories].slice(0, this.#size);
  }

  /** Adds to a story what became of its answer, if it is still there. */
  mark(id: number, fate: StoryFate): void {
    this.#stories = this.#stories.map((story) => (story.id === id ? { ...story, fate } : story));
  }

  /** Newest first. */
  get latest(): readonly Story[] {
    return this.#stories;
  }
}
