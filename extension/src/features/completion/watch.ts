import * as vscode from 'vscode';
import type { CompletionEngine } from '../../core/completion/engine.js';
import { SELECTOR, type CompletionProvider } from './provider.js';

/**
 * Tells the engine what happens in the editor between two questions: what is typed, and what
 * makes that nothing is wanted any more.
 */
export function watchEditor(
  engine: CompletionEngine,
  provider: CompletionProvider,
): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0 && vscode.languages.match(SELECTOR, document) > 0) {
        engine.edited({
          uri: document.uri.toString(),
          version: document.version,
          changes: contentChanges.map(({ rangeOffset, rangeLength, text }) => ({
            offset: rangeOffset,
            removed: rangeLength,
            inserted: text,
          })),
        });
      }
    }),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
      const position = selections[0]?.active;
      if (position && provider.hasMoved(textEditor.document, position)) {
        engine.dismiss();
      }
    }),
    vscode.window.onDidChangeActiveTextEditor(() => engine.dismiss()),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => engine.closed(uri.toString())),
  );
}
