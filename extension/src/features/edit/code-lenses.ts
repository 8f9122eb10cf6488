import * as vscode from 'vscode';
import { lensPlaces } from '../../core/edit/lenses.js';
import type { Edits } from './edits.js';
import type { Keys } from './keys.js';
import type { LiveEdit } from './live-edit.js';
import { summaryOf } from './words.js';

/** Buttons above the edit and above each of its changes. */
export class EditLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #edits: Edits;
  readonly #keys: Keys;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #listening: vscode.Disposable;

  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(edits: Edits, keys: Keys) {
    this.#edits = edits;
    this.#keys = keys;
    this.#listening = edits.onDidChange(() => this.#changed.fire());
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const edit = this.#edits.in(document);
    if (!edit) {
      return [];
    }
    const { start } = edit.surface.region;
    return lensPlaces(edit.session.hunks, edit.isStreaming).flatMap((place) => {
      const line = Math.min(start + place.row, document.lineCount - 1);
      const range = new vscode.Range(line, 0, line, 0);
      const commands =
        place.kind === 'hunk'
          ? this.#forHunk(line)
          : edit.isStreaming
            ? this.#whileStreaming(edit)
            : this.#forReview(edit);
      return commands.map((command) => new vscode.CodeLens(range, command));
    });
  }

  dispose(): void {
    this.#listening.dispose();
    this.#changed.dispose();
  }

  /** Words that hold from the first moment to the last: the editor asks for new ones at rest only. */
  #whileStreaming(edit: LiveEdit): vscode.Command[] {
    const { l10n } = vscode;
    const working = l10n.t('Editing with {0}…', edit.session.request.model.id);
    return [
      { title: `$(loading~spin)\u00a0${working}`, command: '' },
      {
        title: this.#keys.label(l10n.t('Cancel'), 'escape'),
        command: 'aicockpit.edit.rejectAll',
        tooltip: l10n.t('Stop the model and give the code back as it was'),
      },
    ];
  }

  #forReview(edit: LiveEdit): vscode.Command[] {
    const { l10n } = vscode;
    return [
      {
        title: this.#keys.label(l10n.t('Accept all'), 'accept'),
        command: 'aicockpit.edit.acceptAll',
      },
      {
        title: this.#keys.label(l10n.t('Reject all'), 'escape'),
        command: 'aicockpit.edit.rejectAll',
      },
      {
        title: this.#keys.label(l10n.t('Refine'), 'refine'),
        command: 'aicockpit.edit.refine',
        tooltip: l10n.t('Say what else to change'),
      },
      { title: summaryOf(edit.session), command: '' },
    ];
  }

  #forHunk(line: number): vscode.Command[] {
    const { l10n } = vscode;
    return [
      {
        title: this.#keys.label(l10n.t('Accept'), 'acceptHunk'),
        command: 'aicockpit.edit.acceptHunk',
        arguments: [line],
      },
      {
        title: this.#keys.label(l10n.t('Reject'), 'rejectHunk'),
        command: 'aicockpit.edit.rejectHunk',
        arguments: [line],
      },
    ];
  }
}
