import * as vscode from 'vscode';
import { similarity, wordsAround } from '../../../core/context/similarity.js';
import { snippetOf } from '../../../core/context/snippets.js';
import type { ContextFiles } from '../files.js';
import type { ContextProvider } from '../provider.js';

/** What stands beside the document in other editors at this moment. */
export function createVisibleRanges(files: ContextFiles): ContextProvider {
  return {
    source: 'visibleRanges',
    async gather({ document, words }) {
      const others = vscode.window.visibleTextEditors.filter(
        (editor) => editor.document !== document,
      );
      const snippets = await Promise.all(
        others.map(async (editor) => {
          const file = await files.read(editor.document.uri);
          return (file ? editor.visibleRanges : []).map(({ start, end }) => {
            const lines = { start: start.line, end: end.line + 1 };
            const seen = wordsAround(file?.lines.slice(lines.start, lines.end) ?? []);
            const alike = Math.min(1, similarity(words, seen) * 4);
            return file && snippetOf(file, lines, 'visibleRanges', (1 + alike) / 2);
          });
        }),
      );
      return snippets.flat().filter((snippet) => snippet !== undefined);
    },
  };
}
