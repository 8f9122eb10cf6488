import * as vscode from 'vscode';
import type { ServerProblem } from '../core/server/problem.js';
import type { ConnectionState } from '../core/server/state.js';
import type { ModelInfo } from '../core/server/types.js';
import type { Host } from './host.js';

/** A button of a message. */
export interface Action extends vscode.MessageItem {
  readonly run: () => unknown;
}

/** Shows one message and does what the user chooses. */
export async function tell(
  severity: 'information' | 'warning',
  text: string,
  actions: readonly Action[],
): Promise<void> {
  const words = `AiCockpit: ${text}`;
  const chosen =
    severity === 'warning'
      ? await vscode.window.showWarningMessage(words, ...actions)
      : await vscode.window.showInformationMessage(words, ...actions);
  await chosen?.run();
}

/**
 * Tells what went wrong with the server, with buttons for what to do about it.
 *
 * @param again asks once more.
 */
export async function tellServerProblem(
  host: Host,
  problem: ServerProblem,
  again: () => unknown,
): Promise<void> {
  // What the server's state says about it is the same in other words.
  void host.connection.refresh().then((state) => host.told.isNew(state));
  const actions = [{ title: vscode.l10n.t('Try Again'), run: again }, ...actionsFor(host, problem)];
  await tell('warning', `${problem.message} ${problem.remedy}`, actions);
}

/** Returns the model for edits; where there is none that answers, tells why. */
export async function editModel(host: Host): Promise<ModelInfo | undefined> {
  const model = host.connection.modelFor('edit');
  if (model) {
    return model;
  }
  const state = await host.connection.refresh();
  const found = host.connection.modelFor('edit');
  if (!found) {
    host.told.isNew(state);
    void tell('warning', stateText(state), actionsForState(host, state));
  }
  return found;
}

function actionsFor(host: Host, problem: ServerProblem): Action[] {
  const { l10n } = vscode;
  switch (problem.kind) {
    case 'unreachable':
      return [command(l10n.t('Start the Server'), 'aicockpit.server.start')];
    case 'unauthorized':
      return [command(l10n.t('Set the Key'), 'aicockpit.server.setApiKey')];
    case 'unknown-model':
    case 'unsupported':
      return [command(l10n.t('Choose a Model'), 'aicockpit.models.select', 'edit')];
    case 'loading':
    case 'busy':
      return [];
    default:
      return [{ title: l10n.t('Open the Log'), run: () => host.log.show() }];
  }
}

function actionsForState(host: Host, state: ConnectionState): Action[] {
  const { l10n } = vscode;
  switch (state.kind) {
    case 'off':
      return [command(l10n.t('Turn On'), 'aicockpit.toggle')];
    case 'unreachable':
      return state.local
        ? [command(l10n.t('Start the Server'), 'aicockpit.server.start')]
        : [settings('aicockpit.serverUrl')];
    case 'unauthorized':
      return [command(l10n.t('Set the Key'), 'aicockpit.server.setApiKey')];
    case 'wrong-model':
    case 'ready':
      return [command(l10n.t('Choose a Model'), 'aicockpit.models.select', 'edit')];
    case 'foreign':
      return [settings('aicockpit.serverUrl')];
    case 'failed':
      return [{ title: l10n.t('Open the Log'), run: () => host.log.show() }];
    default:
      return [];
  }
}

function command(title: string, name: string, ...args: unknown[]): Action {
  return { title, run: () => vscode.commands.executeCommand(name, ...args) };
}

function settings(key: string): Action {
  const title = vscode.l10n.t('Change the Address');
  return command(title, 'workbench.action.openSettings', key);
}

function stateText(state: ConnectionState): string {
  const { l10n } = vscode;
  switch (state.kind) {
    case 'off':
      return l10n.t('It is switched off. Turn it on to edit.');
    case 'connecting':
      return l10n.t('The server has not answered yet. Try again in a moment.');
    case 'unreachable':
      return unreachableText(state);
    case 'unauthorized':
      return state.keySet
        ? l10n.t('The server does not accept the API key. Set the right one.')
        : l10n.t('The server wants an API key. Set it.');
    case 'loading':
      return l10n.t('The model is loading ({0}). Try again in a moment.', state.phase || '…');
    case 'wrong-model':
      return state.wanted
        ? l10n.t('The server has no model called {0}. Choose one of its models.', state.wanted)
        : l10n.t('The server has no model for edits. Choose one of its models.');
    case 'ready':
      return l10n.t('The model for edits is not ready. Choose another one, or try again.');
    case 'failed':
    case 'foreign':
      return state.message;
  }
}

function unreachableText(state: Extract<ConnectionState, { kind: 'unreachable' }>): string {
  return state.local && state.reason === 'refused'
    ? vscode.l10n.t('No server runs at {0}. Start one, or set another address.', state.url)
    : state.message;
}
