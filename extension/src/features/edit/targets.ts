import * as vscode from 'vscode';
import { blockAround, selectedLines, type LineSpan } from '../../core/edit/target.js';
import { fromRange, linesIn } from './text.js';

/** Most lines that are taken when nothing is selected. */
const MOST_LINES = 80;
/** Lines around a problem that belong to it where there is no small enough block. */
const AROUND_PROBLEM = 3;
/** How long a language server may take to tell where a function begins and ends. */
const SYMBOLS_MS = 1000;

/** Returns the lines of a selection; of an empty one, the line of the cursor. */
export function linesSelected(selection: vscode.Range): LineSpan {
  return selectedLines(fromRange(selection));
}

/** Returns the problems at the lines of a selection that the editor shows as wavy lines. */
export function problemsAt(
  document: vscode.TextDocument,
  range: vscode.Range,
): vscode.Diagnostic[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter((problem) => problem.severity <= vscode.DiagnosticSeverity.Information)
    .filter(
      ({ range: { start, end } }) => start.line <= range.end.line && end.line >= range.start.line,
    )
    .sort((a, b) => a.severity - b.severity || a.range.start.compareTo(b.range.start));
}

/** Returns the lines that a fix of problems may change: the block around them, if it is small. */
export function linesToFix(
  document: vscode.TextDocument,
  problems: readonly vscode.Diagnostic[],
): LineSpan {
  const lines = problems.flatMap(({ range }) => [range.start.line, range.end.line]);
  const first = Math.min(...lines);
  const last = Math.max(...lines);
  const block = blockAround(linesIn(document), first, MOST_LINES / 2);
  if (block.start <= first && last < block.end && block.end - block.start > 1) {
    return block;
  }
  return {
    start: Math.max(first - AROUND_PROBLEM, 0),
    end: Math.min(last + 1 + AROUND_PROBLEM, document.lineCount),
  };
}

/** Returns the lines of what a command is about: the selection, or what the cursor stands in. */
export async function linesMeant(editor: vscode.TextEditor): Promise<LineSpan> {
  const { document, selection } = editor;
  if (!selection.isEmpty) {
    return linesSelected(selection);
  }
  const { line } = selection.active;
  const symbol = innermost(await symbolsIn(document), line);
  return symbol ?? blockAround(linesIn(document), line, MOST_LINES);
}

async function symbolsIn(document: vscode.TextDocument): Promise<vscode.DocumentSymbol[]> {
  const found = vscode.commands.executeCommand<readonly unknown[] | undefined>(
    'vscode.executeDocumentSymbolProvider',
    document.uri,
  );
  const late = new Promise<undefined>((resolve) =>
    setTimeout(() => resolve(undefined), SYMBOLS_MS),
  );
  const symbols = await Promise.race([found, late]);
  // Old language servers give flat symbols, whose ranges are of names only.
  return (symbols ?? []).filter((symbol) => isNested(symbol));
}

function isNested(symbol: unknown): symbol is vscode.DocumentSymbol {
  return typeof symbol === 'object' && symbol !== null && 'children' in symbol;
}

const WHOLE = new Set([
  vscode.SymbolKind.Function,
  vscode.SymbolKind.Method,
  vscode.SymbolKind.Constructor,
  vscode.SymbolKind.Class,
  vscode.SymbolKind.Interface,
  vscode.SymbolKind.Struct,
  vscode.SymbolKind.Enum,
]);

/** The smallest definition around a line that is not too long. */
function innermost(symbols: readonly vscode.DocumentSymbol[], line: number): LineSpan | undefined {
  for (const { range, kind, children } of symbols) {
    if (range.start.line <= line && line <= range.end.line) {
      const inner = innermost(children, line);
      const span = { start: range.start.line, end: range.end.line + 1 };
      if (inner ?? !WHOLE.has(kind)) {
        return inner;
      }
      return span.end - span.start <= MOST_LINES ? span : undefined;
    }
  }
  return undefined;
}
