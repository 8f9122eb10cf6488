import type { Position } from '../text.js';
import type { Question } from './types.js';

/** What the suggest widget would put at the cursor, counted in characters of the line. */
export interface InsertedSuggestion {
  readonly text: string;
  readonly replaceFrom: number;
  readonly replaceTo: number;
}

/** A document parted at the cursor. All lines end with `\n`, whatever the document has. */
export interface CursorView {
  readonly uri: string;
  readonly version: number;
  readonly language: string;
  /** Everything before the cursor; the selected suggestion is taken as inserted already. */
  readonly prefix: string;
  /** Everything after the cursor. */
  readonly suffix: string;
  readonly line: number;
  /** Where the cursor is in the document's own text, line ends as they are there. */
  readonly offset: number;
  readonly suggestion?: InsertedSuggestion;
}

/** Longest document that is completed; in longer ones every keystroke would be felt. */
const LONGEST_DOCUMENT = 4_000_000;
/** Longest line that is completed: nobody writes longer ones by hand. */
const LONGEST_LINE = 4_000;
const WORD = /^[\p{L}\p{N}_$]/u;

/** Parts the question's document at its cursor; undefined when the suggestion is not in its line. */
export function viewOf(question: Question): CursorView | undefined {
  const { snapshot, position, selectedSuggestion } = question;
  const { uri, version, language } = snapshot;
  const offset = offsetAt(snapshot.text, position);
  let before = snapshot.text.slice(0, offset);
  let after = snapshot.text.slice(offset);
  let suggestion: InsertedSuggestion | undefined;
  if (selectedSuggestion) {
    const { start, end } = selectedSuggestion.range;
    if (start.line !== position.line || end.line !== position.line) {
      return undefined;
    }
    suggestion = {
      text: withoutCarriageReturns(selectedSuggestion.text),
      replaceFrom: position.character - start.character,
      replaceTo: end.character - position.character,
    };
    if (suggestion.replaceFrom < 0 || suggestion.replaceTo < 0) {
      return undefined;
    }
    before = before.slice(0, before.length - suggestion.replaceFrom) + suggestion.text;
    after = after.slice(suggestion.replaceTo);
  }
  if (snapshot.eol === '\r\n') {
    before = withoutCarriageReturns(before);
    after = withoutCarriageReturns(after);
  }
  return {
    uri,
    version,
    language,
    prefix: before,
    suffix: after,
    line: position.line,
    offset,
    ...(suggestion ? { suggestion } : {}),
  };
}

/** Returns why nothing should be asked at this place at all; undefined when something may. */
export function objectionTo(view: CursorView): string | undefined {
  if (WORD.test(view.suffix)) {
    return 'a word goes on right after the cursor';
  }
  if (view.prefix.length + view.suffix.length > LONGEST_DOCUMENT) {
    return 'the document is too long';
  }
  if (lineBefore(view).length + lineAfter(view).length > LONGEST_LINE) {
    return 'the line is too long';
  }
  return undefined;
}

/** The cursor's line up to the cursor. */
export function lineBefore(view: Pick<CursorView, 'prefix'>): string {
  return view.prefix.slice(view.prefix.lastIndexOf('\n') + 1);
}

/** The cursor's line from the cursor on, without its end. */
export function lineAfter(view: Pick<CursorView, 'suffix'>): string {
  const end = view.suffix.indexOf('\n');
  return end < 0 ? view.suffix : view.suffix.slice(0, end);
}

/** Returns the offset of a position, which is brought into the text where it lies outside. */
export function offsetAt(text: string, position: Position): number {
  let start = 0;
  for (let line = 0; line < position.line; line++) {
    const end = text.indexOf('\n', start);
    if (end < 0) {
      return text.length;
    }
    start = end + 1;
  }
  return Math.min(start + position.character, text.length);
}

/** Writes `\r\n` as `\n`. */
export function withoutCarriageReturns(text: string): string {
  return text.includes('\r') ? text.replaceAll('\r\n', '\n') : text;
}
