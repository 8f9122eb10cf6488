import * as vscode from 'vscode';
import { skipShellChange, type SkipShell } from '../../core/terminal/skip-shell.js';
import type { Host } from '../../host/host.js';
import { tell } from '../../host/tell.js';

const COMMAND = 'aicockpit.terminal.command';
const TOLD_KEY = 'aicockpit.terminal.keyOffered';

const TARGETS: Readonly<Record<keyof SkipShell, vscode.ConfigurationTarget>> = {
  user: vscode.ConfigurationTarget.Global,
  workspace: vscode.ConfigurationTarget.Workspace,
  folder: vscode.ConfigurationTarget.WorkspaceFolder,
};

/**
 * Offers, once, to let the key through where a list of the user's keeps it from the extension. It
 * waits until there is a terminal at all.
 */
export function offerKey(host: Host): vscode.Disposable {
  const offer = (): void => {
    const wanted = host.settings.get('enabled') && host.settings.get('terminal.ctrlK');
    if (wanted && host.context.globalState.get(TOLD_KEY) !== true) {
      void offerOnce(host);
    }
  };
  if (vscode.window.terminals.length > 0) {
    offer();
  }
  return vscode.window.onDidOpenTerminal(offer);
}

async function offerOnce(host: Host): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('terminal.integrated');
  const found = configuration.inspect<readonly string[]>('commandsToSkipShell');
  const setting: SkipShell = {
    user: found?.globalValue,
    workspace: found?.workspaceValue,
    folder: found?.workspaceFolderValue,
  };
  const change = skipShellChange(setting, COMMAND);
  if (!change) {
    return;
  }
  await host.context.globalState.update(TOLD_KEY, true);
  const text = vscode.l10n.t(
    'Ctrl+K in the terminal goes to the shell, because your setting “terminal.integrated.commandsToSkipShell” does not name the command. Add it to write shell commands in words.',
  );
  await tell('information', text, [
    {
      title: vscode.l10n.t('Add It'),
      run: () => configuration.update('commandsToSkipShell', change.value, TARGETS[change.where]),
    },
  ]);
}
