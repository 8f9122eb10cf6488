import type * as vscode from 'vscode';
import { widened } from '../../core/context/lines.js';
import { shownPart } from '../../core/context/shown.js';
import { wordsAround } from '../../core/context/similarity.js';
import type { ContextPurpose, LineRange } from '../../core/context/types.js';
import type { Documents } from '../documents.js';
import type { ContextFiles } from './files.js';
import type { GatherExtras } from './gatherer.js';
import type { ContextQuestion } from './provider.js';

/** Lines around the cursor that say what is being written. */
const WORDS_ABOVE = 40;
const WORDS_BELOW = 12;

/** Returns the lines that the prompt of a completion shows by itself. */
export function shownLines(
  documents: Documents,
  document: vscode.TextDocument,
  position: vscode.Position,
): LineRange {
  const { text } = documents.snapshot(document);
  const { start, end } = shownPart(text, document.offsetAt(position), position.line);
  return { start: document.positionAt(start).line, end: document.positionAt(end).line + 1 };
}

/** Puts together what the providers need to know. Costs a millisecond in long documents. */
export function createQuestion(
  files: ContextFiles,
  place: {
    readonly document: vscode.TextDocument;
    readonly position: vscode.Position;
    readonly purpose: ContextPurpose;
    readonly shown: LineRange;
  },
  extras: GatherExtras = {},
): ContextQuestion {
  const { lines } = files.ofDocument(place.document);
  const { line } = place.position;
  const { selection } = extras;
  const around = selection
    ? widened({ start: selection.start.line, end: selection.end.line + 1 }, 4, lines.length)
    : { start: Math.max(0, line - WORDS_ABOVE), end: line + WORDS_BELOW };
  return {
    ...place,
    lines,
    words: wordsAround(lines.slice(around.start, around.end)),
    mentions: extras.mentions ?? [],
    ...(selection ? { selection } : {}),
  };
}
