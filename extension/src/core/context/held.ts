import { assemble, type AssembleInput, type Shown } from './assemble.js';
import { afterChange, bottomUp, overlap, type LineChange } from './lines.js';
import { usefulness } from './ranking.js';
import { costOf } from './snippets.js';
import type { ContextPurpose, Snippet } from './types.js';

/**
 * Keeps the chosen context as it is while the user types. Every change of it makes the engine read
 * the whole prompt anew, because context stands in front; so it changes only when the cursor has
 * gone far, when its text is out of date, or when something much better has come up.
 */

/** A choice that is being held for one document. */
export interface Held {
  readonly snippets: readonly Snippet[];
  /** Where the cursor was when it was made; moves with the text. */
  readonly line: number;
}

/** How far the cursor may go, in lines. */
const FAR = 32;
/** Documents whose choice is remembered. */
const CAPACITY = 8;
/** What a first choice leaves of the budget, so that what comes later can be put behind it. */
const FIRST_SHARE = 0.75;
/** From here on something new is worth reading the prompt anew. */
const MUCH_BETTER = 0.7;
/** What is to take the place of something must be better by this. */
const MARGIN = 0.2;

export class HeldContexts {
  /** By document, the one used last at the end. */
  readonly #held = new Map<string, Held>();
  /** Documents whose choice is out of date; a new one still begins like it where it can. */
  readonly #stale = new Set<string>();
  /** The last choice for any document; another document often shares much of it. */
  #last: readonly Snippet[] = [];

  /** Returns the choice to go on with, or undefined when a new one is due. */
  find(shown: Shown, line: number): Held | undefined {
    const held = this.#held.get(shown.uri);
    if (!held || this.#stale.has(shown.uri) || Math.abs(held.line - line) > FAR) {
      return undefined;
    }
    const repeats = held.snippets.some(
      (snippet) => snippet.uri === shown.uri && overlap(snippet.lines, shown.lines) > 0,
    );
    return repeats ? undefined : held;
  }

  /** Chooses anew and holds that. */
  choose(line: number, input: Omit<AssembleInput, 'kept' | 'previous'>): Held {
    const previous = this.#held.get(input.shown.uri)?.snippets ?? this.#last;
    const budget = input.budget * FIRST_SHARE;
    return this.#hold(input.shown.uri, {
      line,
      snippets: assemble({ ...input, budget, previous }),
    });
  }

  /** Adds what is much better than nothing, or than what is held; mostly changes nothing. */
  admit(held: Held, input: Omit<AssembleInput, 'kept' | 'previous'>): Held {
    const better = input.offers.filter(
      (offer) => usefulness(offer, input.purpose) >= MUCH_BETTER || held.snippets.length === 0,
    );
    const room = input.budget - sizeOf(held.snippets);
    const whole = better.filter((offer) => costOf(offer) <= room);
    const added = assemble({ ...input, offers: whole, kept: held.snippets });
    if (added.length > held.snippets.length) {
      return this.#hold(input.shown.uri, { line: held.line, snippets: added });
    }
    const weak = weakest(held.snippets, input.purpose) + MARGIN;
    const strong = better.filter((offer) => usefulness(offer, input.purpose) > weak);
    const replaced = assemble({
      ...input,
      budget: input.budget * FIRST_SHARE,
      offers: [...held.snippets, ...strong],
      previous: held.snippets,
    });
    return replaced.every((snippet) => isAmong(held.snippets, snippet))
      ? held
      : this.#hold(input.shown.uri, { line: held.line, snippets: replaced });
  }

  /** Moves what is held with the text of a document; what was changed itself is chosen anew. */
  changed(uri: string, changes: readonly LineChange[]): void {
    for (const [document, held] of this.#held) {
      const moved = moveHeld(held, uri, document === uri, bottomUp(changes));
      if (moved) {
        this.#held.set(document, moved);
      } else {
        this.#stale.add(document);
      }
    }
  }

  /** The user works in a document: what other documents hold does not know of that. */
  worked(uri: string): void {
    for (const document of this.#held.keys()) {
      if (document !== uri) {
        this.#stale.add(document);
      }
    }
  }

  /** Forgets everything, for instance because a setting has changed. */
  clear(): void {
    this.#held.clear();
    this.#stale.clear();
    this.#last = [];
  }

  /** Forgets the choice for a document. */
  drop(uri: string): void {
    this.#held.delete(uri);
    this.#stale.delete(uri);
  }

  /** Forgets the choices that hold anything of a file, and the choice for it. */
  forget(uri: string): void {
    for (const [document, held] of this.#held) {
      if (document === uri || held.snippets.some((snippet) => snippet.uri === uri)) {
        this.#held.delete(document);
      }
    }
    this.#last = this.#last.filter((snippet) => snippet.uri !== uri);
  }

  #hold(uri: string, held: Held): Held {
    this.#stale.delete(uri);
    this.#held.delete(uri);
    this.#held.set(uri, held);
    for (const oldest of [...this.#held.keys()].slice(0, -CAPACITY)) {
      this.#held.delete(oldest);
      this.#stale.delete(oldest);
    }
    this.#last = held.snippets;
    return held;
  }
}

function moveHeld(
  held: Held,
  uri: string,
  isOwn: boolean,
  changes: readonly LineChange[],
): Held | undefined {
  let { line, snippets } = held;
  for (const change of changes) {
    if (isOwn && change.start + change.before <= line) {
      line += change.after - change.before;
    }
    const moved = snippets.map((snippet) => {
      const after = afterChange(snippet.lines, change);
      return snippet.uri !== uri || after.lines === snippet.lines
        ? { snippet, touched: false }
        : { snippet: { ...snippet, lines: after.lines }, touched: after.touched };
    });
    if (moved.some(({ touched }) => touched)) {
      return undefined;
    }
    if (moved.some(({ snippet }, index) => snippet !== snippets[index])) {
      snippets = moved.map(({ snippet }) => snippet);
    }
  }
  return line === held.line && snippets === held.snippets ? held : { line, snippets };
}

function weakest(snippets: readonly Snippet[], purpose: ContextPurpose): number {
  return Math.min(1, ...snippets.map((snippet) => usefulness(snippet, purpose)));
}

function sizeOf(snippets: readonly Snippet[]): number {
  return snippets.reduce((sum, snippet) => sum + costOf(snippet), 0);
}

/** Whether a snippet, or more or less of the same lines, is among others. */
function isAmong(others: readonly Snippet[], snippet: Snippet): boolean {
  return others.some(
    (other) =>
      other.text === snippet.text ||
      (other.uri === snippet.uri && overlap(other.lines, snippet.lines) > 0),
  );
}
