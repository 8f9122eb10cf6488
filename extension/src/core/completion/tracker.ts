import type { CacheEntry } from './cache.js';
import { withoutCarriageReturns, type CursorView } from './cursor.js';
import type { Retention } from './retention.js';
import type { Statistics } from './statistics.js';
import type { Stories } from './story.js';
import type { AcceptKind, Candidate, DocumentEdit, Question } from './types.js';

/** A candidate that was given to the editor, and what is needed to go on from it. */
export interface Served {
  readonly candidate: Candidate;
  readonly view: CursorView;
  readonly question: Question;
  readonly entry: CacheEntry;
  readonly story: number;
}

/** The candidate that the user looks at, as far as the document's edits tell. */
interface Visible {
  readonly served: Served;
  /** Where the cursor is in the document's own text. */
  offset: number;
  /** What is left of it. */
  text: string;
}

interface Accepted {
  readonly uri: string;
  /** Characters before the cursor. */
  readonly at: number;
}

/** More is no longer on any screen; each keeps its document in memory. */
const KEPT = 10;
/** A bracket or quote that the editor has closed by itself. */
const PAIR = /^(?:\(\)|\[\]|\{\}|""|''|``)$/;

/**
 * Knows what was shown and what became of it. Editors tell when all of a completion is accepted;
 * that a word or a line of it was can be told from the edit, since nobody types two characters
 * at once.
 */
export class Tracker {
  readonly #statistics: Statistics;
  readonly #retention: Retention;
  readonly #stories: Stories;
  readonly #served = new Map<string, Served>();
  readonly #shown = new Set<string>();
  #visible: Visible | undefined;
  #accepted: Accepted | undefined;

  constructor(statistics: Statistics, retention: Retention, stories: Stories) {
    this.#statistics = statistics;
    this.#retention = retention;
    this.#stories = stories;
  }

  /** Remembers what the editor is given. */
  serve(all: readonly Served[]): void {
    for (const served of all) {
      const { id } = served.candidate;
      this.#served.delete(id);
      this.#served.set(id, served);
      if (this.#visible?.served.candidate.id === id) {
        this.#visible = visibleOf(served);
      }
    }
    for (const oldest of this.#served.keys()) {
      if (this.#served.size <= KEPT) {
        break;
      }
      this.#served.delete(oldest);
      this.#shown.delete(oldest);
    }
  }

  /** The editor shows a candidate. Returns it; undefined when it is no longer known. */
  shown(id: string): Served | undefined {
    const served = this.#served.get(id);
    if (!served) {
      return undefined;
    }
    this.#visible = visibleOf(served);
    this.#stories.mark(served.story, 'shown');
    if (!this.#shown.has(id)) {
      this.#shown.add(id);
      this.#statistics.count('shown');
      this.#statistics.count('shownCharacters', served.candidate.text.length);
    }
    return served;
  }

  /** All that was left of a candidate was accepted. Returns it; undefined when it is not known. */
  accepted(id: string): Served | undefined {
    const served = this.#served.get(id);
    if (!served) {
      return undefined;
    }
    const { candidate, view, story } = served;
    this.#take(served, 'all', view.offset - candidate.replaceFrom, candidate.text);
    this.#stories.mark(story, 'accepted all');
    const end = typedBefore(served) - candidate.replaceFrom + candidate.text.length;
    this.#accepted = { uri: view.uri, at: end };
    this.#visible = undefined;
    return served;
  }

  /** Follows an edit: was a part of what is visible accepted, or typed, or is it gone? */
  edited(edit: DocumentEdit): void {
    this.#retention.edited(edit);
    const visible = this.#visible;
    const [change, ...others] = edit.changes;
    if (visible?.served.view.uri !== edit.uri || !change) {
      return;
    }
    const inserted = withoutCarriageReturns(change.inserted);
    const goesOn =
      others.length === 0 &&
      change.offset === visible.offset &&
      change.removed === 0 &&
      visible.text.startsWith(inserted);
    if (goesOn && inserted.length < visible.text.length) {
      if (inserted.length > 1 && !PAIR.test(inserted)) {
        this.#acceptedPart(visible, inserted, change.inserted);
      }
      visible.offset += change.inserted.length;
      visible.text = visible.text.slice(inserted.length);
      return;
    }
    // When all of it was inserted, the editor is about to tell that it was accepted.
    this.#visible = undefined;
  }

  /** Whether the cursor stands at the end of what was accepted last. */
  justAccepted(view: CursorView): boolean {
    return this.#accepted?.uri === view.uri && this.#accepted.at === view.prefix.length;
  }

  #acceptedPart(visible: Visible, inserted: string, raw: string): void {
    const left = visible.text.slice(inserted.length);
    const wholeLine =
      inserted.includes('\n') || (left.startsWith('\n') && /\S\s+\S/.test(inserted));
    const kind: AcceptKind = wholeLine ? 'line' : 'word';
    const { served, offset } = visible;
    const taken = visibleOf(served).text.length - left.length;
    this.#take(served, kind, offset, raw);
    this.#stories.mark(served.story, `accepted ${kind}`);
    this.#accepted = { uri: served.view.uri, at: typedBefore(served) + taken };
  }

  #take(served: Served, kind: AcceptKind, offset: number, text: string): void {
    const { uri, eol } = served.question.snapshot;
    this.#statistics.accepted(kind, withoutCarriageReturns(text).length);
    const raw = eol === '\r\n' ? withoutCarriageReturns(text).replaceAll('\n', eol) : text;
    this.#retention.watch(uri, offset, raw);
  }
}

function visibleOf(served: Served): Visible {
  // What a suggestion replaces is not typed any more, so its own text is the rest of its word.
  const text = served.candidate.text.slice(served.candidate.replaceFrom);
  return { served, offset: served.view.offset, text };
}

/** How many characters are before the cursor, without a suggestion that is only selected. */
function typedBefore({ view }: Served): number {
  const { suggestion } = view;
  return view.prefix.length - (suggestion ? suggestion.text.length - suggestion.replaceFrom : 0);
}
