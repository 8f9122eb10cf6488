import * as vscode from 'vscode';
import type { CodeQuestion } from '../../core/edit/quick-answers.js';
import type { EditAction } from '../../core/edit/request.js';
import type { LineSpan } from '../../core/edit/target.js';
import type { Host } from '../../host/host.js';
import { editModel } from '../../host/tell.js';
import { codeQuestion } from './code-question.js';
import type { Edits } from './edits.js';
import type { Explanations } from './explain.js';
import { Instructions } from '../../host/instructions.js';
import type { LiveEdit } from './live-edit.js';
import { tellNotes, tellProblem } from './problems.js';
import { askForInstruction, type PromptAnswer } from '../../host/instruction-prompt.js';
import { mentionFiles, promptButtons } from './prompt-parts.js';
import { indentationOf, requestFor, type EditWish } from './request.js';
import { linesMeant, linesSelected, linesToFix, problemsAt } from './targets.js';
import { activityOf } from './words.js';
import { writeTestsFor } from './write-tests.js';

/** How edits, explanations and tests are asked for. */
export class EditCommands {
  readonly #host: Host;
  readonly #edits: Edits;
  readonly #explanations: Explanations;
  readonly #instructions: Instructions;
  readonly #refinements: Instructions;

  constructor(host: Host, edits: Edits, explanations: Explanations) {
    this.#host = host;
    this.#edits = edits;
    this.#explanations = explanations;
    this.#instructions = new Instructions(host.context.globalState, 'edit');
    this.#refinements = new Instructions(host.context.globalState, 'refine');
  }

  /** Asks what to change in the selection, or what to write at the cursor, and begins. */
  async start(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor || !this.#mayEdit(editor)) {
      return;
    }
    if (this.#edits.in(editor.document)) {
      await this.refine();
      return;
    }
    const { selection } = editor;
    const { version } = editor.document;
    const lines = linesSelected(selection);
    const problems = problemsAt(editor.document, selection);
    const toFix = linesToFixIn(editor, problems, lines);
    const answer = await this.#ask(editor, lines, problems[0] && toFix ? problems[0] : undefined);
    if (answer.kind === 'offer' && toFix) {
      await this.#begin({ editor, lines: toFix, version, action: 'fix', instruction: '' });
    } else if (answer.kind === 'text') {
      await this.#instructions.remember(answer.text);
      const action = selection.isEmpty ? 'generate' : 'edit';
      await this.#begin({ editor, lines, version, action, instruction: answer.text });
    }
  }

  /** Does what needs no words to the lines given, the selection, or what the cursor stands in. */
  async quick(action: 'fix' | 'document', given?: LineSpan): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor || !this.#mayEdit(editor)) {
      return;
    }
    if (this.#edits.in(editor.document)) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('AiCockpit: decide about the edit in this file first.'),
      );
      return;
    }
    const { version } = editor.document;
    const lines = given ?? (await linesFor(action, editor));
    await this.#begin({ editor, lines, version, action, instruction: '' });
  }

  /** Explains the selection, or what the cursor stands in, beside the code. */
  async explain(): Promise<void> {
    const found = await this.#question();
    await (found && this.#explanations.explain(found.question, found.lines.start));
  }

  /** Writes tests for the selection, or what the cursor stands in, into a new document. */
  async writeTests(): Promise<void> {
    const found = await this.#question();
    if (found) {
      const { editor, question } = found;
      await writeTestsFor(this.#host, editor.document, question, indentationOf(editor));
    }
  }

  /** Asks what else to change in what is under review. */
  async refine(given?: string): Promise<void> {
    const edit = this.#edits.active;
    if (!edit) {
      return;
    }
    const instructions = this.#refinements;
    const answer = await askForInstruction({
      title: vscode.l10n.t('Refine the edit of {0}', edit.session.request.path),
      placeholder: vscode.l10n.t('Say what else to change'),
      verb: vscode.l10n.t('Refine'),
      draft: given ?? instructions.draft,
      history: instructions.history,
      forget: (text) => void instructions.forget(text),
    });
    if (answer.kind === 'dismissed') {
      instructions.draft = answer.typed;
    } else if (answer.kind === 'text' && !edit.isOver) {
      await instructions.remember(answer.text);
      await this.#watch(edit, edit.refine(answer.text));
    }
  }

  async #ask(
    editor: vscode.TextEditor,
    lines: LineSpan,
    problem: vscode.Diagnostic | undefined,
  ): Promise<PromptAnswer> {
    const { l10n } = vscode;
    const { document, selection } = editor;
    const instructions = this.#instructions;
    const path = this.#host.documents.path(document.uri);
    const answer = await askForInstruction({
      title: titleFor(selection, lines, path),
      placeholder: selection.isEmpty
        ? l10n.t('Say what to write here; @file shows a file to the model')
        : l10n.t('Say what to change; @file shows a file to the model'),
      verb: selection.isEmpty ? l10n.t('Write') : l10n.t('Edit'),
      draft: instructions.draft,
      history: instructions.history,
      offers: problem
        ? [
            {
              id: 'fix',
              icon: 'wand',
              text: l10n.t('Fix: {0}', problem.message.split('\n')[0] ?? ''),
            },
          ]
        : [],
      buttons: promptButtons(this.#host, document),
      forget: (text) => void instructions.forget(text),
      ...mentionFiles(this.#host),
    });
    if (answer.kind === 'dismissed') {
      instructions.draft = answer.typed;
    }
    return answer;
  }

  /** What an explanation, or tests, are about; undefined where nobody can be asked. */
  async #question(): Promise<Asked | undefined> {
    const editor = vscode.window.activeTextEditor;
    if (!editor || !this.#mayEdit(editor)) {
      return undefined;
    }
    const { document, selection } = editor;
    const lines = await linesMeant(editor);
    const model = await editModel(this.#host);
    const problems = problemsAt(document, selection);
    return (
      model && {
        editor,
        lines,
        question: codeQuestion(this.#host, document, lines, problems, model),
      }
    );
  }

  #mayEdit({ document }: vscode.TextEditor): boolean {
    const excluded = this.#host.documents.isExcluded(document.uri);
    if (excluded) {
      void vscode.window.showWarningMessage(
        vscode.l10n.t(
          'AiCockpit: {0} is excluded by .aicockpitignore or the setting “files.exclude”, so nothing of it is sent.',
          this.#host.documents.path(document.uri),
        ),
      );
    }
    return !excluded;
  }

  async #begin(wish: EditWish): Promise<void> {
    const { document } = wish.editor;
    const model = await editModel(this.#host);
    if (!model) {
      this.#keepDraft(wish.instruction);
      return;
    }
    const running = this.#host.activity.begin(vscode.l10n.t('editing'));
    try {
      const { signal } = new AbortController();
      const request = await requestFor(this.#host, wish, model, signal);
      const { start, end } = wish.lines;
      // Lines of a light bulb may be those of a longer file.
      const changed = document.version !== wish.version || start >= document.lineCount;
      if (changed || document.isClosed || this.#edits.in(document)) {
        this.#keepDraft(wish.instruction);
        void vscode.window.showInformationMessage(
          vscode.l10n.t('AiCockpit: the file changed meanwhile. Ask again.'),
        );
        return;
      }
      const edit = this.#edits.begin(document, { start, count: end - start }, request);
      reveal(wish.editor, wish.lines);
      await this.#watch(edit, edit.session.start());
    } finally {
      running.end();
    }
  }

  /** Shows how an answer comes along in the status bar, and tells what came of it. */
  async #watch(edit: LiveEdit, answer: Promise<void>): Promise<void> {
    const { session } = edit;
    const running = this.#host.activity.begin(activityOf(session));
    const listening = edit.onDidChange(() => running.update(activityOf(session)));
    try {
      await answer;
    } finally {
      listening.dispose();
      running.end();
    }
    const { state } = session;
    const again = (): Promise<void> => this.#again(edit);
    if (state.kind === 'failed') {
      this.#keepDraft(session.request.instruction);
      void tellProblem(this.#host, state.problem, again);
    } else if (state.kind === 'review' && state.problem) {
      void tellProblem(this.#host, state.problem, again);
    } else if (state.kind === 'review') {
      if (state.hunks === 0) {
        this.#keepDraft(session.request.instruction);
        await edit.rejectAll();
      }
      void tellNotes(this.#host, state.notes, again);
    }
  }

  async #again(edit: LiveEdit): Promise<void> {
    if (!edit.isOver) {
      await this.refine();
      return;
    }
    const { action } = edit.session.request;
    await vscode.window.showTextDocument(edit.document);
    await (action === 'fix' || action === 'document' ? this.quick(action) : this.start());
  }

  /** Keeps words for the next prompt; a wish without words leaves those that are there. */
  #keepDraft(instruction: string): void {
    if (instruction) {
      this.#instructions.draft = instruction;
    }
  }
}

interface Asked {
  readonly editor: vscode.TextEditor;
  readonly lines: LineSpan;
  readonly question: CodeQuestion;
}

function linesToFixIn(
  { document, selection }: vscode.TextEditor,
  problems: readonly vscode.Diagnostic[],
  lines: LineSpan,
): LineSpan | undefined {
  if (problems.length === 0) {
    return undefined;
  }
  return selection.isEmpty ? linesToFix(document, problems) : lines;
}

async function linesFor(
  action: Extract<EditAction, 'fix' | 'document'>,
  editor: vscode.TextEditor,
): Promise<LineSpan> {
  const problems = problemsAt(editor.document, editor.selection);
  return action === 'fix' && editor.selection.isEmpty && problems.length > 0
    ? linesToFix(editor.document, problems)
    : linesMeant(editor);
}

function titleFor(selection: vscode.Selection, { start, end }: LineSpan, path: string): string {
  const { l10n } = vscode;
  if (selection.isEmpty) {
    return l10n.t('Write at line {0} of {1}', start + 1, path);
  }
  return end - start === 1
    ? l10n.t('Edit line {0} of {1}', start + 1, path)
    : l10n.t('Edit lines {0}–{1} of {2}', start + 1, end, path);
}

/** Brings the lines into view, without a selection that would cover the colours. */
function reveal(editor: vscode.TextEditor, { start, end }: LineSpan): void {
  const { document } = editor;
  const { firstNonWhitespaceCharacterIndex } = document.lineAt(start);
  if (!editor.selection.isEmpty) {
    const place = new vscode.Position(start, firstNonWhitespaceCharacterIndex);
    editor.selection = new vscode.Selection(place, place);
  }
  const last = Math.min(end, document.lineCount) - 1;
  editor.revealRange(
    new vscode.Range(start, 0, last, 0),
    vscode.TextEditorRevealType.InCenterIfOutsideViewport,
  );
}
