import * as vscode from 'vscode';
import { snippetOf } from '../../../core/context/snippets.js';
import type { Documents } from '../../documents.js';
import type { ContextFiles } from '../files.js';
import type { ContextProvider } from '../provider.js';

/** Lines shown of one cell; of a longer one its end, where its results are named. */
const MOST_LINES = 60;
/** Cells further away than this are left out. */
const FAR = 20;

/** The other cells of a notebook, those right before the cursor's cell above all. */
export function createNotebookCells(files: ContextFiles, documents: Documents): ContextProvider {
  return {
    source: 'notebookCells',
    async gather({ document }) {
      const cells = cellsAround(document);
      const own = cells.findIndex((cell) => cell.document === document);
      if (own < 0 || !(await files.mayRead(document.uri))) {
        return [];
      }
      const path = documents.path(document.uri);
      return cells
        .map((cell, index) => {
          const distance = index < own ? own - index : 1 + 2 * (index - own);
          if (index === own || distance > FAR) {
            return undefined;
          }
          const file = files.ofDocument(cell.document);
          const end = file.lines.length;
          const lines = { start: Math.max(0, end - MOST_LINES), end };
          const worth = cell.kind === vscode.NotebookCellKind.Code ? 1 : 0.4;
          return snippetOf(
            { ...file, path },
            lines,
            'notebookCells',
            worth / (0.75 + distance / 4),
          );
        })
        .filter((snippet) => snippet !== undefined);
    },
  };
}

function cellsAround(document: vscode.TextDocument): readonly vscode.NotebookCell[] {
  const notebook = vscode.workspace.notebookDocuments.find((candidate) =>
    candidate.getCells().some((cell) => cell.document === document),
  );
  return notebook?.getCells() ?? [];
}
