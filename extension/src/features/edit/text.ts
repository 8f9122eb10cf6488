import * as vscode from 'vscode';
import type { Lines } from '../../core/edit/document-edits.js';
import type { DocumentChange } from '../../core/edit/region.js';
import type { Range } from '../../core/text.js';

/** Returns an editor's document as core edits it. */
export function linesIn(document: vscode.TextDocument): Lines {
  return {
    lineCount: document.lineCount,
    eol: document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n',
    textOf: (line) => document.lineAt(line).text,
  };
}

/** Returns the texts of the lines from `start` to `end`, exclusive; none past the last one. */
export function textsOf(document: vscode.TextDocument, start: number, end: number): string[] {
  const texts: string[] = [];
  for (let line = start; line < Math.min(end, document.lineCount); line++) {
    texts.push(document.lineAt(line).text);
  }
  return texts;
}

/** Returns what an event reports, in its order. */
export function changesOf(event: vscode.TextDocumentChangeEvent): DocumentChange[] {
  return event.contentChanges.map(({ range, text }) => ({ range: fromRange(range), text }));
}

export function toRange({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

export function fromRange({ start, end }: vscode.Range): Range {
  return {
    start: { line: start.line, character: start.character },
    end: { line: end.line, character: end.character },
  };
}
