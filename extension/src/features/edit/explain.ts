import * as vscode from 'vscode';
import { explainCode, type CodeQuestion } from '../../core/edit/quick-answers.js';
import { ServerProblem } from '../../core/server/problem.js';
import type { Host } from '../../host/host.js';
import { tellServerProblem } from '../../host/tell.js';

const SCHEME = 'aicockpit-explanation';
/** A preview is laid out anew with each change. */
const PICTURE_MS = 120;
/** Explanations that can still be looked at. */
const KEPT = 20;

/** Writes explanations into documents that nobody can edit, shown beside the code. */
export class Explanations implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #host: Host;
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;
  #running = new AbortController();
  #count = 0;

  readonly onDidChange = this.#changed.event;

  constructor(host: Host) {
    this.#host = host;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  /** Explains code; an explanation that is still being written ends there. */
  async explain(question: CodeQuestion, firstLine: number): Promise<void> {
    this.#running.abort();
    const controller = new AbortController();
    this.#running = controller;
    const { l10n } = vscode;
    const last = firstLine + question.code.length;
    const where = l10n.t('{0}, lines {1}–{2}', question.path, firstLine + 1, last);
    const head = `## ${where}\n\n`;
    const uri = this.#newUri(question.path);
    this.#write(uri, `${head}*${l10n.t('{0} is thinking…', question.model.id)}*\n`);
    await showBeside(uri);
    const activity = this.#host.activity.begin(l10n.t('explaining'));
    try {
      await this.#stream(uri, head, question, controller.signal);
    } catch (error) {
      if (error instanceof ServerProblem) {
        this.#write(uri, `${head}${error.message} ${error.remedy}\n`);
        void tellServerProblem(this.#host, error, () => this.explain(question, firstLine));
      } else if (!controller.signal.aborted) {
        throw error;
      }
    } finally {
      activity.end();
    }
  }

  dispose(): void {
    this.#running.abort();
    this.#registration.dispose();
    this.#changed.dispose();
  }

  async #stream(
    uri: vscode.Uri,
    head: string,
    question: CodeQuestion,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, client } = this.#host;
    let text = '';
    let shownAt = -Infinity;
    for await (const piece of explainCode(client, question, signal)) {
      text += piece;
      if (clock.now() - shownAt >= PICTURE_MS) {
        shownAt = clock.now();
        this.#write(uri, head + text);
      }
    }
    const nothing = vscode.l10n.t('The model answered with nothing. Try again.');
    this.#write(uri, `${head}${text || nothing}\n`);
  }

  #write(uri: vscode.Uri, text: string): void {
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
  }

  #newUri(path: string): vscode.Uri {
    const [oldest] = this.#texts.keys();
    if (oldest !== undefined && this.#texts.size >= KEPT) {
      this.#texts.delete(oldest);
    }
    const name = vscode.l10n.t('Explanation of {0}', path.split('/').at(-1) ?? path);
    return vscode.Uri.from({ scheme: SCHEME, path: `/${++this.#count}/${name}.md` });
  }
}

async function showBeside(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
  } catch {
    // An editor without the Markdown preview shows the text.
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, vscode.ViewColumn.Beside, true);
  }
}
