import * as vscode from 'vscode';
import type { CompletionEngine } from '../../core/completion/engine.js';
import type { Candidate, Question } from '../../core/completion/types.js';
import type { ModelInfo } from '../../core/server/types.js';
import { completionSwitch } from '../../core/status/switch.js';
import type { TextSnapshot } from '../../core/text.js';
import type { Host } from '../../host/host.js';
import { isCursorAt, type Asked } from './asked.js';
import { EDITOR_PATIENCE, LateAnswers } from './late-answers.js';

/** The command that the editor runs when all of a completion is accepted; it is not contributed. */
export const ACCEPTED_COMMAND = '_aicockpit.completion.accepted';

/** Where code is written; never chat inputs, commit messages, terminals and logs. */
export const SELECTOR: vscode.DocumentSelector = [
  'file',
  'untitled',
  'vscode-remote',
  'vscode-vfs',
  'vscode-notebook-cell',
].map((scheme) => ({ scheme }));

/** How long after an answer it is taken as shown, in editors that do not tell; milliseconds. */
const SHOWN_AFTER = 40;

/** Asks the engine when the editor asks, and turns candidates into what it can show. */
export class CompletionProvider implements vscode.InlineCompletionItemProvider {
  readonly #host: Host;
  readonly #engine: CompletionEngine;
  /** The editor tells itself what it shows. */
  #told = false;
  /** What the engine was asked about last. */
  #asked: Asked | undefined;
  readonly #late = new LateAnswers();

  constructor(host: Host, engine: CompletionEngine) {
    this.#host = host;
    this.#engine = engine;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    const again = this.#late.isAgain(document, position);
    const manual = !again && context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    const model = this.#wanted(document, manual)
      ? this.#host.connection.modelFor('completion')
      : undefined;
    if (!model || token.isCancellationRequested) {
      return undefined;
    }
    const snapshot = this.#host.documents.snapshot(document);
    const asked = { uri: snapshot.uri, version: snapshot.version, position };
    this.#asked = asked;
    const begun = this.#host.clock.now();
    const controller = new AbortController();
    const cancelled = token.onCancellationRequested(() => {
      // With the cursor where it was, the editor has only stopped waiting. What else makes an
      // answer useless is watched for, or dismisses it.
      if (!isCursorAt(asked, document)) {
        controller.abort(new Error('the editor has cancelled'));
      }
    });
    try {
      const { candidates } = await this.#engine.provide(
        this.#question(document, snapshot, position, context, model, manual),
        controller.signal,
      );
      if (controller.signal.aborted || document.version !== snapshot.version) {
        return undefined;
      }
      const waited = this.#host.clock.now() - begun;
      if (manual || again || waited < EDITOR_PATIENCE) {
        this.#expectShown(document, candidates);
      } else if (candidates.length > 0) {
        // Once this answer has gone out, in case that the editor still waits for it.
        setTimeout(() => void this.#late.askAgain(asked, document));
      }
      return candidates.map((candidate) => itemOf(candidate, position));
    } finally {
      cancelled.dispose();
    }
  }

  /** The editor tells that it shows an item; only where it lets extensions know. */
  handleDidShowCompletionItem(item: vscode.InlineCompletionItem): void {
    const [id] = (item.command?.arguments ?? []) as readonly unknown[];
    if (typeof id === 'string') {
      this.#told = true;
      this.#engine.shown(id);
    }
  }

  /** Whether the cursor stands elsewhere than it was asked about, in a text that is the same. */
  hasMoved(document: vscode.TextDocument, position: vscode.Position): boolean {
    const asked = this.#asked;
    return (
      asked?.version === document.version &&
      asked.uri === document.uri.toString() &&
      !asked.position.isEqual(position)
    );
  }

  /** By hand, completions come also where they are off or snoozed, but for the one switch. */
  #wanted(document: vscode.TextDocument, manual: boolean): boolean {
    const { settings, snooze, documents } = this.#host;
    const switched = completionSwitch({
      enabled: settings.get('enabled', document),
      completions: settings.get('completion.enabled', document),
      languages: settings.get('completion.languages', document),
      language: document.languageId,
      snoozed: snooze.until !== undefined,
    });
    return (
      (switched === 'on' || (manual && switched !== 'off')) && !documents.isExcluded(document.uri)
    );
  }

  #question(
    document: vscode.TextDocument,
    snapshot: TextSnapshot,
    position: vscode.Position,
    { selectedCompletionInfo }: vscode.InlineCompletionContext,
    model: ModelInfo,
    manual: boolean,
  ): Question {
    const { settings, gatherer } = this.#host;
    const tabSize = vscode.window.visibleTextEditors.find((editor) => editor.document === document)
      ?.options.tabSize;
    return {
      snapshot,
      position,
      trigger: manual ? 'manual' : 'automatic',
      ...(selectedCompletionInfo ? { selectedSuggestion: selectedCompletionInfo } : {}),
      gather: (signal) => gatherer.gather(document, position, 'completion', signal),
      options: {
        multiline: settings.get('completion.multiline', document),
        maxTokens: settings.get('completion.maxTokens', document),
        maxDelay: settings.get('completion.maxDelay', document),
        prefetch: settings.get('completion.prefetch', document),
        alternatives: settings.get('completion.alternatives', document),
        ...(typeof tabSize === 'number' ? { tabSize } : {}),
      },
      model,
    };
  }

  /** Takes the best candidate as shown, unless the editor tells itself or the text has changed. */
  #expectShown(document: vscode.TextDocument, [best]: readonly Candidate[]): void {
    if (!best || this.#told) {
      return;
    }
    const { version } = document;
    setTimeout(() => {
      if (!this.#told && !document.isClosed && document.version === version) {
        this.#engine.shown(best.id);
      }
    }, SHOWN_AFTER);
  }
}

/** An item in one line: one that replaces a line break would silently not be rendered. */
function itemOf(candidate: Candidate, position: vscode.Position): vscode.InlineCompletionItem {
  const range = new vscode.Range(
    position.translate(0, -candidate.replaceFrom),
    position.translate(0, candidate.replaceTo),
  );
  return new vscode.InlineCompletionItem(candidate.text, range, {
    command: ACCEPTED_COMMAND,
    title: vscode.l10n.t('Completion accepted'),
    arguments: [candidate.id],
  });
}

/**
 * Registers the provider. Where the editor does not let extensions know what it shows, it refuses
 * a provider that wants to; then one that does not is registered.
 */
export function registerProvider(provider: CompletionProvider): vscode.Disposable {
  const { languages } = vscode;
  try {
    return languages.registerInlineCompletionItemProvider(SELECTOR, provider);
  } catch {
    return languages.registerInlineCompletionItemProvider(SELECTOR, {
      provideInlineCompletionItems: (document, position, context, token) =>
        provider.provideInlineCompletionItems(document, position, context, token),
    });
  }
}
