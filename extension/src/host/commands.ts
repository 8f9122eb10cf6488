import * as vscode from 'vscode';
import type { HostLog } from './log.js';

export type CommandHandler = (...args: unknown[]) => unknown;

/**
 * Registers commands by their names after `aicockpit.`. One that fails is logged and the user is
 * told, instead of the editor's own words for it.
 */
export function registerCommands(
  log: HostLog,
  commands: Readonly<Record<string, CommandHandler>>,
): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, handler]) =>
      vscode.commands.registerCommand(`aicockpit.${name}`, async (...args: unknown[]) => {
        try {
          return await handler(...args);
        } catch (error) {
          await tellFailure(log, name, error);
          return undefined;
        }
      }),
    ),
  );
}

async function tellFailure(log: HostLog, name: string, error: unknown): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  log.error('a command failed', { command: name, reason });
  const show = vscode.l10n.t('Open the Log');
  const text = vscode.l10n.t('AiCockpit could not do this: {0}', reason);
  if ((await vscode.window.showErrorMessage(text, show)) === show) {
    log.show();
  }
}
