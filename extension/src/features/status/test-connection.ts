import * as vscode from 'vscode';
import { explanation } from '../../core/status/bar.js';
import { noticeOf } from '../../core/status/notices.js';
import { ServerProblem } from '../../core/server/problem.js';
import type { Role } from '../../core/server/types.js';
import type { Host } from '../../host/host.js';
import { tellState } from './notices.js';
import { currentView } from './view.js';

/** Checks the whole way to each model with one token, and says what came of it. */
export async function testConnection(host: Host): Promise<void> {
  if (!host.settings.get('enabled')) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('AiCockpit is switched off. Turn it on to test the connection.'),
    );
    return;
  }
  const state = await host.connection.refresh();
  host.told.isNew(state);
  if (noticeOf(state)) {
    host.log.info('the connection was tested', { state: state.kind });
    await tellState(host, state);
    return;
  }
  const result = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Testing the connection'),
      cancellable: true,
    },
    (_, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort(new Error('cancelled')));
      return tested(host, controller.signal);
    },
  );
  if (result !== undefined) {
    host.log.info('the connection was tested', { good: result.good });
    await tellResult(host, result);
  }
}

async function tellResult(host: Host, result: Result): Promise<void> {
  const show = vscode.l10n.t('Open the Log');
  const chosen = result.good
    ? await vscode.window.showInformationMessage(result.text)
    : await vscode.window.showWarningMessage(result.text, show);
  if (chosen === show) {
    host.log.show();
  }
}

interface Result {
  readonly good: boolean;
  readonly text: string;
}

/** Undefined when it was cancelled. */
async function tested(host: Host, signal: AbortSignal): Promise<Result | undefined> {
  if (host.connection.state.kind !== 'ready') {
    return { good: true, text: explanation(currentView(host), vscode.l10n.t) };
  }
  const address = host.settings.get('serverUrl');
  try {
    const { engine } = await host.client.status(signal);
    const completion = await timed(host, 'completion', signal);
    const edit = await timed(host, 'edit', signal);
    const words = [
      vscode.l10n.t('{0} answers ({1}).', address, engine ?? vscode.l10n.t('engine unknown')),
      completion && vscode.l10n.t('Ghost text: {0} in {1} ms.', completion.model, completion.ms),
      edit && vscode.l10n.t('Inline edits: {0} in {1} ms.', edit.model, edit.ms),
    ];
    return { good: true, text: words.filter(Boolean).join(' ') };
  } catch (error) {
    if (signal.aborted) {
      return undefined;
    }
    const text =
      error instanceof ServerProblem ? `${error.message} ${error.remedy}` : String(error);
    return { good: false, text };
  }
}

/** Asks a role's model for one token; undefined when no model has the role. */
async function timed(
  host: Host,
  role: Role,
  signal: AbortSignal,
): Promise<{ model: string; ms: number } | undefined> {
  const model = host.connection.modelFor(role)?.id;
  if (model === undefined) {
    return undefined;
  }
  const begun = host.clock.now();
  const answer =
    role === 'completion'
      ? host.client.complete(
          { model, prefix: 'def add(a, b):\n    return ', suffix: '\n', maxTokens: 1 },
          signal,
        )
      : host.client.chat(
          { model, messages: [{ role: 'user', content: 'Hi' }], maxTokens: 1, task: 'edit' },
          signal,
        );
  for await (const delta of answer) {
    // One token is enough to know that all of it works.
    if (delta.finish) {
      break;
    }
  }
  return { model, ms: Math.round(host.clock.now() - begun) };
}
