import * as vscode from 'vscode';
import { normalAddress } from '../../core/server/address.js';
import type { Host } from '../../host/host.js';

/** What an HTTP header can carry, without white space. */
const HEADER_VALUE = /^[\x21-\x7e]+$/;

/** Asks for the key of the server in use, keeps it, and says whether it opens the door. */
export async function setApiKey(host: Host): Promise<void> {
  const address = host.settings.get('serverUrl');
  if (normalAddress(address) === undefined) {
    await openAddressSetting(vscode.l10n.t('Set a valid address of the server first.'));
    return;
  }
  const key = await vscode.window.showInputBox({
    title: vscode.l10n.t('API key for {0}', address),
    prompt: vscode.l10n.t(
      'It is kept in the editor’s secret storage and goes to this server only.',
    ),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) =>
      text.trim() === '' || HEADER_VALUE.test(text.trim())
        ? undefined
        : vscode.l10n.t('A key has no spaces and no special letters.'),
  });
  if (!key?.trim()) {
    return;
  }
  await host.secrets.setKey(address, key.trim());
  host.log.info('the API key was set');
  const state = await host.connection.refresh();
  host.told.isNew(state);
  if (state.kind === 'ready' || state.kind === 'loading') {
    void vscode.window.showInformationMessage(vscode.l10n.t('The server accepts the key.'));
  } else if (state.kind === 'unauthorized') {
    const again = vscode.l10n.t('Set Another Key');
    const chosen = await vscode.window.showWarningMessage(
      vscode.l10n.t('The server does not accept this key. Ask whoever runs it for the right one.'),
      again,
    );
    if (chosen === again) {
      await setApiKey(host);
    }
  }
}

/** Forgets the key of the server in use. */
export async function clearApiKey(host: Host): Promise<void> {
  const address = host.settings.get('serverUrl');
  await host.secrets.clearKey(address);
  host.log.info('the API key was forgotten');
  void vscode.window.showInformationMessage(
    vscode.l10n.t('The key for {0} is forgotten on this machine.', address),
  );
}

async function openAddressSetting(message: string): Promise<void> {
  const open = vscode.l10n.t('Open the Setting');
  if ((await vscode.window.showWarningMessage(message, open)) === open) {
    await vscode.commands.executeCommand('workbench.action.openSettings', 'aicockpit.serverUrl');
  }
}
