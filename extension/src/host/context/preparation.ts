import * as vscode from 'vscode';
import type { Clock } from '../../core/clock.js';
import { Rest } from '../../core/context/rest.js';
import type { Logger } from '../../core/log.js';
import type { Documents } from '../documents.js';
import type { CompletionContexts } from './completion-context.js';
import { nameOf } from './result.js';

/** How long the cursor must rest before context is gathered ahead of time, in milliseconds. */
const REST = 200;
/** Nothing is prepared unless someone has asked for context so lately, in milliseconds. */
const IN_USE = 600_000;

/** Gathers context where the cursor has come to rest, so that the first keystroke finds it there. */
export function createPreparation(
  completions: CompletionContexts,
  documents: Documents,
  clock: Clock,
  log: Logger,
): vscode.Disposable {
  const prepare = (): void => {
    const editor = vscode.window.activeTextEditor;
    const isUsed = clock.now() - completions.askedAt < IN_USE;
    if (
      editor &&
      isUsed &&
      vscode.workspace.isTrusted &&
      !documents.isExcluded(editor.document.uri)
    ) {
      completions
        .prepare(editor.document, editor.selection.active)
        .catch((error: unknown) =>
          log.error('context could not be prepared', { error: nameOf(error) }),
        );
    }
  };
  const rest = new Rest(clock, REST, prepare);
  return vscode.Disposable.from(
    rest,
    vscode.window.onDidChangeActiveTextEditor(() => rest.disturb()),
    vscode.window.onDidChangeTextEditorSelection(() => rest.disturb()),
  );
}
