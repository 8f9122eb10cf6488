import * as vscode from 'vscode';
import type { ConnectionState } from '../../core/server/state.js';
import { explanation } from '../../core/status/bar.js';
import { noticeOf, type NoticeAction } from '../../core/status/notices.js';
import type { Host } from '../../host/host.js';
import { currentView } from './view.js';

/** A state that passes sooner is not worth a word. */
const HOLD_MS = 3000;
const QUIET_KEY = 'aicockpit.noStartOffer';

interface Button extends vscode.MessageItem {
  readonly action: NoticeAction | 'quiet';
}

/** Tells of states that the user has to know of, each once, and never in the way of typing. */
export function announceStates(host: Host): vscode.Disposable {
  let waiting: AbortController | undefined;
  const onChange = (state: ConnectionState): void => {
    waiting?.abort();
    if (noticeOf(state) === undefined) {
      return;
    }
    const controller = new AbortController();
    waiting = controller;
    host.clock.sleep(HOLD_MS, controller.signal).then(
      () =>
        host.told.isNew(state) && !isUnwanted(host, state) ? tellState(host, state) : undefined,
      () => undefined,
    );
  };
  const stop = host.connection.onDidChange(onChange);
  return new vscode.Disposable(() => {
    stop();
    waiting?.abort();
  });
}

/** The user does not want the offer to start a server again. */
function isUnwanted(host: Host, state: ConnectionState): boolean {
  return offersStart(state) && host.context.globalState.get(QUIET_KEY) === true;
}

function offersStart(state: ConnectionState): boolean {
  return noticeOf(state)?.actions.includes('start') ?? false;
}

/** Tells of a state, with buttons for what can be done about it. */
export async function tellState(host: Host, state: ConnectionState): Promise<void> {
  const notice = noticeOf(state);
  if (!notice) {
    return;
  }
  const buttons = notice.actions.map((action): Button => ({ action, title: titleOf(action) }));
  if (offersStart(state)) {
    buttons.push({ action: 'quiet', title: vscode.l10n.t('Do Not Offer Again') });
  }
  const text = `AiCockpit: ${explanation(currentView(host), vscode.l10n.t)}`;
  const chosen =
    notice.severity === 'warning'
      ? await vscode.window.showWarningMessage(text, ...buttons)
      : await vscode.window.showInformationMessage(text, ...buttons);
  if (chosen) {
    await act(host, chosen.action);
  }
}

function titleOf(action: NoticeAction): string {
  switch (action) {
    case 'start':
      return vscode.l10n.t('Start the Server');
    case 'set-key':
      return vscode.l10n.t('Set the Key');
    case 'choose-model':
      return vscode.l10n.t('Choose a Model');
    case 'open-address':
      return vscode.l10n.t('Change the Address');
    case 'show-log':
      return vscode.l10n.t('Open the Log');
  }
}

async function act(host: Host, action: NoticeAction | 'quiet'): Promise<void> {
  switch (action) {
    case 'quiet':
      await host.context.globalState.update(QUIET_KEY, true);
      return;
    case 'start':
      await vscode.commands.executeCommand('aicockpit.server.start');
      return;
    case 'set-key':
      await vscode.commands.executeCommand('aicockpit.server.setApiKey');
      return;
    case 'choose-model':
      await vscode.commands.executeCommand('aicockpit.models.select');
      return;
    case 'open-address':
      await vscode.commands.executeCommand('workbench.action.openSettings', 'aicockpit.serverUrl');
      return;
    case 'show-log':
      host.log.show();
  }
}
