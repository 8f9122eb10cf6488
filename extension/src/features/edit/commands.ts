import * as vscode from 'vscode';
import type { CodeQuestion } from '../../core/edit/quick-answers.js';
import type { EditAction, EditRequest } from '../../core/edit/request.js';
import type { LineSpan } from '../../core/edit/target.js';
import type { ModelInfo } from '../../core/server/types.js';
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
    const { document, selection } = editor;
    const { version } = document;
    const lines = linesSelected(selection);
    const problems = problemsAt(document, selection);
    const toFix = linesToFixIn(editor, problems, lines);
    const answer = await this.#ask(editor, lines, problems[0] && toFix ? problems[0] : undefined);
    if (answer.kind === 'offer' && toFix) {
      await this.#begin({ editor, version, lines: toFix, action: 'fix', instruction: '' });
    } else if (answer.kind === 'text') {
      await this.#instructions.remember(answer.text);
      const action = selection.isEmpty ? 'generate' : 'edit';
      await this.#begin({ editor, version, lines, action, instruction: answer.text });
    }
  }

  /** Does what needs no words to the lines given, the selection, or what the cursor stands in. */
  async quick(action: Wordless, given?: LineSpan): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    await (editor && this.#quickIn(editor, action, given));
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

  async #quickIn(editor: vscode.TextEditor, action: Wordless, given?: LineSpan): Promise<void> {
    if (!this.#mayEdit(editor)) {
      return;
    }
    const { document } = editor;
    if (this.#edits.in(document)) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('AiCockpit: decide about the edit in this file first.'),
      );
      return;
    }
    const { version } = document;
    const lines = given ?? (await linesFor(action, editor));
    await this.#begin({ editor, version, lines, action, instruction: '' });
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
    const model = await editModel(this.#host);
    if (!model) {
      this.#keep(wish.instruction);
      return;
    }
    const running = this.#host.activity.begin(vscode.l10n.t('editing'));
    try {
      const request = await this.#requestFor(wish, model);
      if (request) {
        await this.#run(wish, request);
      } else {
        this.#keep(wish.instruction);
        tellChanged();
      }
    } finally {
      running.end();
    }
  }

  /** Returns what the model has to know; undefined once the document is not what was meant. */
  async #requestFor(wish: EditWish, model: ModelInfo): Promise<EditRequest | undefined> {
    if (this.#isOvertaken(wish)) {
      return undefined;
    }
    const { signal } = new AbortController();
    const request = await requestFor(this.#host, wish, model, signal);
    return this.#isOvertaken(wish) ? undefined : request;
  }

  #isOvertaken({ editor: { document }, version, lines }: EditWish): boolean {
    return (
      document.version !== version ||
      document.isClosed ||
      // The light bulb's lines may be older than the version.
      lines.start >= document.lineCount ||
      this.#edits.in(document) !== undefined
    );
  }

  async #run(wish: EditWish, request: EditRequest): Promise<void> {
    const { editor, lines } = wish;
    const { document } = editor;
    const text = document.getText();
    const region = { start: lines.start, count: lines.end - lines.start };
    // First: an edit that was begun and, because this failed, never started could not be decided.
    reveal(editor, lines);
    const edit = this.#edits.begin(document, region, request);
    // Last: the edit has taken note of the selection, which it gives back at the end.
    collapse(editor, lines);
    await this.#watch(edit, edit.session.start(), () => this.#repeat(wish, text));
  }

  /** @param text the document when the wish could not be fulfilled. */
  async #repeat({ editor, lines, action }: EditWish, text: string): Promise<void> {
    if (action !== 'fix' && action !== 'document') {
      await this.start();
      return;
    }
    const again = await editorAgain(editor);
    if (!again) {
      tellChanged();
      return;
    }
    // The cursor may be elsewhere by now: it tells what is meant only where the lines cannot.
    const same = again.document.getText() === text;
    await this.#quickIn(again, action, same ? lines : undefined);
  }

  /** Keeps words for the next prompt. Where there are none, an earlier draft stays. */
  #keep(instruction: string): void {
    if (instruction !== '') {
      this.#instructions.draft = instruction;
    }
  }

  /**
   * Shows how an answer comes along in the status bar, and tells what came of it.
   *
   * @param repeat asks for the same once more, when the edit is over.
   */
  async #watch(
    edit: LiveEdit,
    answer: Promise<void>,
    repeat: () => Promise<void> = () => this.start(),
  ): Promise<void> {
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
    const again = (): Promise<void> => (edit.isOver ? repeat() : this.refine());
    if (state.kind === 'failed') {
      this.#keep(session.request.instruction);
      void tellProblem(this.#host, state.problem, again);
    } else if (state.kind === 'review' && state.problem) {
      void tellProblem(this.#host, state.problem, again);
    } else if (state.kind === 'review') {
      if (state.hunks === 0) {
        this.#keep(session.request.instruction);
        await edit.rejectAll();
      }
      void tellNotes(this.#host, state.notes, again);
    }
  }
}

/** What needs no words. */
type Wordless = Extract<EditAction, 'fix' | 'document'>;

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

async function linesFor(action: Wordless, editor: vscode.TextEditor): Promise<LineSpan> {
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

function tellChanged(): void {
  void vscode.window.showInformationMessage(
    vscode.l10n.t('AiCockpit: the file changed meanwhile. Ask again.'),
  );
}

/** Returns an editor of the same document, opened if need be; undefined where that cannot be. */
async function editorAgain(editor: vscode.TextEditor): Promise<vscode.TextEditor | undefined> {
  const { document } = editor;
  const { visibleTextEditors } = vscode.window;
  const seen = visibleTextEditors.includes(editor)
    ? editor
    : visibleTextEditors.find((other) => other.document === document);
  try {
    return seen ?? (await vscode.window.showTextDocument(document.uri));
  } catch {
    return undefined;
  }
}

/** Brings the lines into view. @throws when the document does not have them. */
function reveal(editor: vscode.TextEditor, { start, end }: LineSpan): void {
  const { document } = editor;
  const last = Math.min(end, document.lineCount) - 1;
  editor.revealRange(
    new vscode.Range(document.lineAt(start).range.start, document.lineAt(last).range.start),
    vscode.TextEditorRevealType.InCenterIfOutsideViewport,
  );
}

/** Leaves no selection that would cover the colours. */
function collapse(editor: vscode.TextEditor, { start }: LineSpan): void {
  if (!editor.selection.isEmpty) {
    const { firstNonWhitespaceCharacterIndex } = editor.document.lineAt(start);
    const place = new vscode.Position(start, firstNonWhitespaceCharacterIndex);
    editor.selection = new vscode.Selection(place, place);
  }
}
