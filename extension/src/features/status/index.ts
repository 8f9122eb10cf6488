import * as vscode from 'vscode';
import { registerCommands, type CommandHandler } from '../../host/commands.js';
import type { Host } from '../../host/host.js';
import { showStatusItem } from './item.js';
import { clearApiKey, setApiKey } from './key.js';
import { showMenu } from './menu.js';
import { selectModel } from './models.js';
import { announceStates } from './notices.js';
import { ServerStarter } from './start.js';
import { snooze, toggle, toggleLanguage, toggleWorkspace } from './switches.js';
import { testConnection } from './test-connection.js';

/** How the server stands, in the status bar, with the commands to change it. */
export function register(host: Host): vscode.Disposable {
  const starter = new ServerStarter(host);
  const commands: Readonly<Record<string, CommandHandler>> = {
    menu: () => showMenu(host),
    'server.start': () => starter.start(),
    'server.test': () => testConnection(host),
    'server.setApiKey': () => setApiKey(host),
    'server.clearApiKey': () => clearApiKey(host),
    'models.select': (role) => selectModel(host, role),
    toggle: () => toggle(host),
    'completion.toggleLanguage': (language) => toggleLanguage(host, language),
    'completion.toggleWorkspace': () => toggleWorkspace(host),
    'completion.snooze': (minutes) => snooze(host, minutes),
    'log.show': () => host.log.show(),
  };
  return vscode.Disposable.from(
    starter,
    showStatusItem(host),
    announceStates(host),
    registerCommands(host.log, commands),
  );
}
