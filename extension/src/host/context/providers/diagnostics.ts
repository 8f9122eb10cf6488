import * as vscode from 'vscode';
import { widened } from '../../../core/context/lines.js';
import { snippetOf } from '../../../core/context/snippets.js';
import type { Problem, ProblemSeverity, Snippet } from '../../../core/context/types.js';
import type { ContextFiles } from '../files.js';
import type { ContextProvider, ContextQuestion } from '../provider.js';

/** Lines above and below the cursor in which problems are about what is being written. */
const NEAR = 12;
/** Lines shown around the code that a problem points to. */
const AROUND = 5;
const MOST_PROBLEMS = 20;
const LONGEST_MESSAGE = 600;

/**
 * The code that problems near the cursor point to: the other declaration, the expected type. The
 * problems themselves are no code and change with every keystroke; `problemsIn` gives them to edits.
 */
export function createDiagnostics(files: ContextFiles): ContextProvider {
  return {
    source: 'diagnostics',
    async gather(question) {
      const { start, end } = aboutLines(question);
      const locations = vscode.languages
        .getDiagnostics(question.document.uri)
        .filter(({ range }) => range.start.line < end && start <= range.end.line)
        .flatMap(({ relatedInformation }) => relatedInformation ?? [])
        .map(({ location }) => location)
        .slice(0, MOST_PROBLEMS);
      const snippets = await Promise.all(
        locations.map(({ uri, range }) => pointedTo(files, uri, range)),
      );
      return snippets.filter((snippet) => snippet !== undefined);
    },
  };
}

/** Returns the problems that lie in a range or touch it, the worst first. */
export function problemsIn(document: vscode.TextDocument, range: vscode.Range): Problem[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter((diagnostic) => range.intersection(diagnostic.range) !== undefined)
    .sort((a, b) => a.severity - b.severity || a.range.start.compareTo(b.range.start))
    .slice(0, MOST_PROBLEMS)
    .map(problemOf);
}

function problemOf(diagnostic: vscode.Diagnostic): Problem {
  const { range, message, source, code } = diagnostic;
  const value = typeof code === 'object' ? code.value : code;
  return {
    range: {
      start: { line: range.start.line, character: range.start.character },
      end: { line: range.end.line, character: range.end.character },
    },
    severity: severityOf(diagnostic.severity),
    message: message.slice(0, LONGEST_MESSAGE),
    ...(source === undefined ? {} : { origin: source }),
    ...(value === undefined ? {} : { code: String(value) }),
  };
}

function severityOf(severity: vscode.DiagnosticSeverity): ProblemSeverity {
  switch (severity) {
    case vscode.DiagnosticSeverity.Error:
      return 'error';
    case vscode.DiagnosticSeverity.Warning:
      return 'warning';
    case vscode.DiagnosticSeverity.Information:
      return 'information';
    case vscode.DiagnosticSeverity.Hint:
      return 'hint';
  }
}

function aboutLines({ position, selection, lines }: ContextQuestion): {
  start: number;
  end: number;
} {
  return selection
    ? { start: selection.start.line, end: selection.end.line + 1 }
    : widened({ start: position.line, end: position.line + 1 }, NEAR, lines.length);
}

async function pointedTo(
  files: ContextFiles,
  uri: vscode.Uri,
  range: vscode.Range,
): Promise<Snippet | undefined> {
  const file = await files.read(uri);
  const lines = { start: range.start.line, end: range.end.line + 1 };
  return file && snippetOf(file, widened(lines, AROUND, file.lines.length), 'diagnostics', 0.8);
}
