import type { GatheredContext } from '../context/types.js';
import type { ModelInfo } from '../server/types.js';
import type { Position, Range, TextSnapshot } from '../text.js';
import type { Story } from './story.js';

/** Whether typing asked, or the user did by hand. */
export type Trigger = 'automatic' | 'manual';

/** What the suggest widget has selected: a completion has to begin with it, or not be at all. */
export interface SelectedSuggestion {
  /** What the suggestion replaces. */
  readonly range: Range;
  readonly text: string;
}

/** The user's settings, as far as they concern one completion. */
export interface CompletionOptions {
  readonly multiline: 'auto' | 'never' | 'always';
  /** Most new tokens of one completion. */
  readonly maxTokens: number;
  /** Longest pause after a keystroke, in milliseconds. */
  readonly maxDelay: number;
  readonly prefetch: boolean;
  /** How many completions there are to choose from when one asks by hand. */
  readonly alternatives: number;
  /** Columns of a tab in this editor. */
  readonly tabSize?: number;
}

/** What the editor asks: what could stand at this position? */
export interface Question {
  readonly snapshot: TextSnapshot;
  readonly position: Position;
  readonly trigger: Trigger;
  readonly selectedSuggestion?: SelectedSuggestion;
  /** Gathers text from elsewhere; called only when the server is going to be asked. */
  readonly gather: (signal: AbortSignal) => Promise<GatheredContext>;
  readonly options: CompletionOptions;
  readonly model: ModelInfo;
}

/** One completion, ready to be shown. Lines end with `\n`. */
export interface Candidate {
  /** Stays the same while the user types through it. */
  readonly id: string;
  /** What goes in the place of the characters that are replaced; there is always some. */
  readonly text: string;
  /** Characters of the line before the position that it replaces; a selected suggestion's. */
  readonly replaceFrom: number;
  /** Characters of the line after the position that it replaces, because it has them itself. */
  readonly replaceTo: number;
}

export interface Answer {
  /** The best one first; empty when there is nothing to show. */
  readonly candidates: readonly Candidate[];
  readonly story: Story;
}

/** How much of a completion the user took. */
export type AcceptKind = 'all' | 'line' | 'word';

/** One replacement in a document, as editors report it: offsets in the text before it. */
export interface TextChange {
  readonly offset: number;
  readonly removed: number;
  readonly inserted: string;
}

/** A document has changed; a later change of the list does not see the earlier ones. */
export interface DocumentEdit {
  readonly uri: string;
  /** The version after the change. */
  readonly version: number;
  readonly changes: readonly TextChange[];
}
