import * as vscode from 'vscode';
import { registerCommands } from '../../host/commands.js';
import type { Host } from '../../host/host.js';
import { TerminalCommands } from './command.js';
import { offerKey } from './key.js';

/** Words become a shell command at the prompt of the terminal; nothing is ever run. */
export function register(host: Host): vscode.Disposable {
  const commands = new TerminalCommands(host);
  return vscode.Disposable.from(
    offerKey(host),
    registerCommands(host.log, { 'terminal.command': () => commands.ask() }),
  );
}
