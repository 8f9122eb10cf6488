import * as vscode from 'vscode';
import { widened } from '../../../core/context/lines.js';
import { similarity, wordsAround } from '../../../core/context/similarity.js';
import { snippetOf } from '../../../core/context/snippets.js';
import type { ContextSource, LineRange, Snippet } from '../../../core/context/types.js';
import type { ContextFiles } from '../files.js';
import type { ContextProvider, ContextQuestion } from '../provider.js';
import type { Trail } from '../trail.js';

/** How many of the latest are looked at. */
const MOST = 10;
/** Lines around an edit that tell what it is about. */
const AROUND_EDIT = 6;

/** Lines of a document that the user was at, the latest first. */
interface Place {
  readonly uri: string;
  readonly lines: LineRange;
}

/** What the user edited lately, anywhere: what comes next often goes with it. */
export function createRecentEdits(files: ContextFiles, trail: Trail): ContextProvider {
  return {
    source: 'recentEdits',
    gather: (question) =>
      gather(files, question, 'recentEdits', trail.edits.entries(), AROUND_EDIT),
  };
}

/** What the user looked at lately for more than a moment. */
export function createRecentViews(files: ContextFiles, trail: Trail): ContextProvider {
  return {
    source: 'recentViews',
    gather: (question) => gather(files, question, 'recentViews', trail.views.entries(), 0),
  };
}

async function gather(
  files: ContextFiles,
  question: ContextQuestion,
  source: ContextSource,
  places: readonly Place[],
  around: number,
): Promise<Snippet[]> {
  const own = question.document.uri.toString();
  const elsewhere = places.filter(
    ({ uri, lines }) =>
      uri !== own || lines.end <= question.shown.start || lines.start >= question.shown.end,
  );
  const snippets = await Promise.all(
    elsewhere.slice(0, MOST).map(async ({ uri, lines }, index) => {
      const file = await files.read(vscode.Uri.parse(uri, true));
      if (!file) {
        return undefined;
      }
      const range = widened(lines, around, file.lines.length);
      const words = wordsAround(file.lines.slice(range.start, range.end));
      const alike = Math.min(1, similarity(question.words, words) * 4);
      const recent = 1 - index / MOST;
      return snippetOf(file, range, source, (recent + alike) / 2);
    }),
  );
  return snippets.filter((snippet) => snippet !== undefined);
}
