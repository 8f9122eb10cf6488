import * as vscode from 'vscode';
import type { LoadWasm } from '../core/syntax/trees.js';

/** Returns what reads tree-sitter's runtime and grammars from the installed extension. */
export function grammarLoader(extension: vscode.Uri): LoadWasm {
  const folder = vscode.Uri.joinPath(extension, 'dist', 'grammars');
  return async (name) => vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name));
}
