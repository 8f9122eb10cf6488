import * as vscode from 'vscode';
import type { Host } from '../../host/host.js';
import type { Edits } from './edits.js';
import { linesSelected, linesToFix, problemsAt } from './targets.js';

/** Documents that are code someone works on, in whatever place. */
const CODE: vscode.DocumentSelector = [
  { scheme: 'file' },
  { scheme: 'untitled' },
  { scheme: 'vscode-remote' },
  { scheme: 'vscode-vfs' },
  { scheme: 'vscode-notebook-cell' },
];

/** What the light bulb offers. It does not light up for these where there is nothing to say. */
export class QuickActions implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #host: Host;
  readonly #edits: Edits;
  readonly #registration: vscode.Disposable;

  constructor(host: Host, edits: Edits) {
    this.#host = host;
    this.#edits = edits;
    this.#registration = vscode.languages.registerCodeActionsProvider(CODE, this, {
      providedCodeActionKinds: [
        vscode.CodeActionKind.QuickFix,
        vscode.CodeActionKind.RefactorRewrite,
        vscode.CodeActionKind.Empty,
      ],
    });
  }

  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    { triggerKind, only }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const off =
      !this.#host.settings.get('enabled') || this.#host.documents.isExcluded(document.uri);
    if (off || this.#edits.in(document)) {
      return [];
    }
    const problems = problemsAt(document, range);
    const asked = triggerKind === vscode.CodeActionTriggerKind.Invoke;
    if (problems.length === 0 && range.isEmpty && !asked) {
      return [];
    }
    const actions = [...this.#fixes(document, range, problems), ...this.#others()];
    return actions.filter(({ kind }) => !only || (kind && only.contains(kind)));
  }

  dispose(): void {
    this.#registration.dispose();
  }

  #fixes(
    document: vscode.TextDocument,
    range: vscode.Range,
    problems: vscode.Diagnostic[],
  ): vscode.CodeAction[] {
    if (problems.length === 0) {
      return [];
    }
    const title = vscode.l10n.t('Fix with AiCockpit');
    const fix = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
    const lines = range.isEmpty ? linesToFix(document, problems) : linesSelected(range);
    fix.diagnostics = problems;
    fix.command = { command: 'aicockpit.edit.fix', title, arguments: [lines] };
    return [fix];
  }

  #others(): vscode.CodeAction[] {
    const { l10n, CodeActionKind } = vscode;
    return [
      action(l10n.t('Explain with AiCockpit'), CodeActionKind.Empty, 'aicockpit.edit.explain'),
      action(
        l10n.t('Add documentation with AiCockpit'),
        CodeActionKind.RefactorRewrite,
        'aicockpit.edit.document',
      ),
      action(l10n.t('Write tests with AiCockpit'), CodeActionKind.Empty, 'aicockpit.edit.tests'),
    ];
  }
}

function action(title: string, kind: vscode.CodeActionKind, command: string): vscode.CodeAction {
  const made = new vscode.CodeAction(title, kind);
  made.command = { command, title };
  return made;
}
