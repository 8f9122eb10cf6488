import type * as vscode from 'vscode';
import type { Clock } from '../../core/clock.js';
import { abortable } from '../../core/context/abortable.js';
import type { Shown } from '../../core/context/assemble.js';
import { HeldContexts, type Held } from '../../core/context/held.js';
import type { Snippet } from '../../core/context/types.js';
import type { Documents } from '../documents.js';
import type { ContextFiles } from './files.js';
import type { ContextLimits } from './limits.js';
import type { ContextProvider } from './provider.js';
import { createQuestion, shownLines } from './question.js';
import type { ChosenContext } from './result.js';
import type { Offers, Sources } from './sources.js';
import type { LineChanges } from './trail.js';

export interface CompletionContextParts {
  readonly documents: Documents;
  readonly files: ContextFiles;
  readonly sources: Sources;
  readonly clock: Clock;
  readonly limits: () => ContextLimits;
}

/** What comes later than this, in milliseconds, is not put together with what was in time. */
const SAME_GATHERING = 5_000;

/** Where someone types. */
interface Place {
  readonly document: vscode.TextDocument;
  readonly position: vscode.Position;
  readonly shown: Shown;
}

/** What was gathered last for a document. */
interface Gathering {
  readonly key: string;
  readonly at: number;
  readonly offers: Offers;
}

/**
 * The context of completions. While someone types it is held, so that prompts begin alike; it is
 * gathered anew when the cursor has gone far or what is held is out of date.
 */
export class CompletionContexts {
  readonly #parts: CompletionContextParts;
  readonly #held = new HeldContexts();
  /** By document. */
  readonly #gatherings = new Map<string, Gathering>();
  readonly #running = new Map<string, Promise<Held>>();
  #count = 0;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: CompletionContextParts) {
    this.#parts = parts;
  }

  /** When context was asked for last, on the clock. */
  get askedAt(): number {
    return this.#askedAt;
  }

  /** @throws the signal's reason when it aborts; what was begun goes on for the next keystroke. */
  async gather(
    document: vscode.TextDocument,
    position: vscode.Position,
    signal: AbortSignal,
  ): Promise<ChosenContext> {
    this.#askedAt = this.#parts.clock.now();
    const place = this.#placeOf(document, position);
    const held = this.#held.find(place.shown, position.line);
    if (held && !this.#hasNews(place)) {
      return this.#chosen(place, held, true);
    }
    const found = await abortable(this.#gatherOnce(place, held), signal);
    return this.#chosen(place, found, held?.snippets === found.snippets);
  }

  /** Gathers ahead of time where the cursor has come to rest, unless what is held is good there. */
  async prepare(document: vscode.TextDocument, position: vscode.Position): Promise<void> {
    const place = this.#placeOf(document, position);
    if (!this.#held.find(place.shown, position.line)) {
      await this.#gatherOnce(place, undefined);
    }
  }

  /** Moves what is held with a document's text. */
  changed({ uri, changes, author }: LineChanges): void {
    this.#held.changed(uri, changes);
    if (author === 'user') {
      this.#held.worked(uri);
    }
  }

  /** Forgets what is held for a document; what others hold of it stays true. */
  closed(uri: string): void {
    this.#held.drop(uri);
    this.#gatherings.delete(uri);
  }

  /** Forgets what is held for a document and of it. */
  forget(uri: string): void {
    this.#held.forget(uri);
    this.#gatherings.delete(uri);
  }

  /** Forgets everything. */
  clear(): void {
    this.#held.clear();
    this.#gatherings.clear();
  }

  #placeOf(document: vscode.TextDocument, position: vscode.Position): Place {
    const lines = shownLines(this.#parts.documents, document, position);
    return { document, position, shown: { uri: document.uri.toString(), lines } };
  }

  /** Whether a source has found, or would find, something that what is held was chosen without. */
  #hasNews({ document, position, shown }: Place): boolean {
    const { sources, limits } = this.#parts;
    const gathering = this.#gatherings.get(shown.uri);
    return (
      (gathering !== undefined && sources.hasLate(gathering.key)) ||
      sources.withNews(document, position).some(({ source }) => limits().isOn(source))
    );
  }

  /** Whoever asks about the same document while it is being gathered for waits for the same. */
  #gatherOnce(place: Place, held: Held | undefined): Promise<Held> {
    const { uri } = place.shown;
    const running = this.#running.get(uri);
    if (running) {
      return running;
    }
    const gathering = (held ? this.#addNews(place, held) : this.#chooseAnew(place)).finally(() =>
      this.#running.delete(uri),
    );
    this.#running.set(uri, gathering);
    return gathering;
  }

  async #chooseAnew(place: Place): Promise<Held> {
    const key = `${place.shown.uri} ${++this.#count}`;
    const offers = await this.#ask(key, place, () => true);
    this.#gatherings.set(place.shown.uri, { key, at: this.#parts.clock.now(), offers });
    return this.#held.choose(place.position.line, this.#choice(place, offers.snippets));
  }

  async #addNews(place: Place, held: Held): Promise<Held> {
    const { sources, clock } = this.#parts;
    const { uri } = place.shown;
    const before = this.#gatherings.get(uri);
    const key = before?.key ?? `${uri} ${++this.#count}`;
    const late = sources.takeLate(key);
    const eager = new Set(sources.withNews(place.document, place.position));
    const news = await this.#ask(key, place, (provider) => eager.has(provider));
    const at = before?.at ?? clock.now();
    this.#gatherings.set(uri, { key, at, offers: merged(before?.offers, late, news) });
    // Keystrokes may have moved it meanwhile.
    const current = this.#held.find(place.shown, place.position.line) ?? held;
    if (late.snippets.length > 0 && clock.now() - at < SAME_GATHERING) {
      const others = (before?.offers.snippets ?? []).filter((snippet) => snippet.uri !== uri);
      const offers = [...current.snippets, ...others, ...late.snippets, ...news.snippets];
      return this.#held.choose(current.line, this.#choice(place, offers));
    }
    const offers = [...late.snippets, ...news.snippets];
    return this.#held.admit(current, this.#choice(place, offers));
  }

  #ask(key: string, place: Place, wanted: (provider: ContextProvider) => boolean): Promise<Offers> {
    const { files, sources, limits } = this.#parts;
    const { document, position, shown } = place;
    const { isOn, time } = limits();
    const question = createQuestion(files, {
      document,
      position,
      purpose: 'completion',
      shown: shown.lines,
    });
    return sources.ask(
      key,
      question,
      time,
      (provider) => isOn(provider.source) && wanted(provider),
    );
  }

  #choice(place: Place, offers: readonly Snippet[]): Parameters<HeldContexts['choose']>[1] {
    const budget = this.#parts.limits().characters;
    return { offers, purpose: 'completion', budget, shown: place.shown };
  }

  #chosen(place: Place, held: Held, again: boolean): ChosenContext {
    const offers = this.#gatherings.get(place.shown.uri)?.offers;
    const off = this.#parts.limits().off.map((source) => ({ source, reason: 'off' as const }));
    return {
      snippets: held.snippets,
      took: offers?.took ?? new Map(),
      skipped: [...off, ...(offers?.skipped ?? [])],
      held: again,
    };
  }
}

/** Adds what came later; a source that was late and has come is late no longer. */
function merged(before: Offers | undefined, late: Offers, news: Offers): Offers {
  const took = new Map([...(before?.took ?? []), ...late.took, ...news.took]);
  return {
    snippets: [...(before?.snippets ?? []), ...late.snippets, ...news.snippets],
    took,
    skipped: [
      ...(before?.skipped ?? []).filter(({ source }) => !late.took.has(source)),
      ...news.skipped,
    ],
  };
}
