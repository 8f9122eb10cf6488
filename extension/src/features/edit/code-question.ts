import * as vscode from 'vscode';
import type { CodeQuestion } from '../../core/edit/quick-answers.js';
import type { RegionProblem } from '../../core/edit/request.js';
import type { LineSpan } from '../../core/edit/target.js';
import type { ModelInfo } from '../../core/server/types.js';
import { splitLines } from '../../core/text.js';
import type { Host } from '../../host/host.js';

/** Puts together what the model has to know of lines that it explains or tests. */
export function codeQuestion(
  host: Host,
  document: vscode.TextDocument,
  lines: LineSpan,
  problems: readonly vscode.Diagnostic[],
  model: ModelInfo,
): CodeQuestion {
  const all = splitLines(document.getText());
  return {
    path: host.documents.path(document.uri),
    language: document.languageId,
    code: all.slice(lines.start, lines.end),
    before: all.slice(0, lines.start),
    after: all.slice(lines.end),
    problems: problems.map((problem) => regionProblem(problem, lines)),
    model,
    maxTokens: host.settings.get('edit.maxTokens', document),
  };
}

const SEVERITIES: Readonly<Record<vscode.DiagnosticSeverity, RegionProblem['severity']>> = {
  [vscode.DiagnosticSeverity.Error]: 'error',
  [vscode.DiagnosticSeverity.Warning]: 'warning',
  [vscode.DiagnosticSeverity.Information]: 'information',
  [vscode.DiagnosticSeverity.Hint]: 'hint',
};

function regionProblem(problem: vscode.Diagnostic, { start }: LineSpan): RegionProblem {
  return {
    line: problem.range.start.line - start,
    severity: SEVERITIES[problem.severity],
    message: problem.message,
    ...(problem.source === undefined ? {} : { origin: problem.source }),
  };
}
