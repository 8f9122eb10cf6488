import * as vscode from 'vscode';
import { registerCommands } from '../../host/commands.js';
import { setContextKey } from '../../host/context-keys.js';
import type { Host } from '../../host/host.js';

/** The walkthrough: the way from the installation to the first completion. */
export function register(host: Host): vscode.Disposable {
  return vscode.Disposable.from(
    tickWhenConnected(host),
    registerCommands(host.log, {
      walkthrough: () =>
        vscode.commands.executeCommand(
          'workbench.action.openWalkthrough',
          `${host.context.extension.id}#start`,
          false,
        ),
      practice: openPracticeFile,
    }),
  );
}

/** The walkthrough's first step is done once the server answered. */
function tickWhenConnected(host: Host): vscode.Disposable {
  const stop = host.connection.onDidChange(({ kind }) => {
    if (kind === 'ready') {
      stop();
      void setContextKey('aicockpit.connected', true);
    }
  });
  return new vscode.Disposable(stop);
}

const PRACTICE = `def is_leap_year(year: int) -> bool:
    """Whether a year of the Gregorian calendar has 366 days."""
    `;

/** Opens something to try ghost text on, with the cursor where it shows. */
async function openPracticeFile(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({
    language: 'python',
    content: PRACTICE,
  });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.lineAt(document.lineCount - 1).range.end;
  editor.selection = new vscode.Selection(end, end);
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
}
