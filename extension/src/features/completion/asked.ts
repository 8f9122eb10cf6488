import * as vscode from 'vscode';

/** Where the editor asked: a place in one version of a document. */
export interface Asked {
  readonly uri: string;
  readonly version: number;
  readonly position: vscode.Position;
}

/** Whether that is this place in this document, as it is now. */
export function isAt(
  asked: Asked | undefined,
  document: vscode.TextDocument,
  position: vscode.Position,
): boolean {
  return (
    asked?.uri === document.uri.toString() &&
    asked.version === document.version &&
    asked.position.isEqual(position)
  );
}

/** Whether the user's cursor still stands where it was asked about, in the same text. */
export function isCursorAt(asked: Asked, document: vscode.TextDocument): boolean {
  const editor = vscode.window.activeTextEditor;
  return (
    editor?.document === document &&
    editor.selection.isEmpty &&
    isAt(asked, document, editor.selection.active)
  );
}
