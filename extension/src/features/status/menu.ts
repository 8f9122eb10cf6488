import * as vscode from 'vscode';
import { explanation } from '../../core/status/bar.js';
import { menuEntries, type MenuEntry } from '../../core/status/menu.js';
import type { Host } from '../../host/host.js';
import { currentView } from './view.js';

interface Item extends vscode.QuickPickItem {
  readonly entry?: MenuEntry;
}

/** Shows the menu behind the status bar item and runs what is chosen. */
export async function showMenu(host: Host): Promise<void> {
  const view = currentView(host);
  const entries = menuEntries(view, vscode.l10n.t);
  const items: readonly Item[] = entries.map((entry) =>
    'heading' in entry
      ? { label: entry.heading, kind: vscode.QuickPickItemKind.Separator }
      : {
          label: `$(${entry.icon}) ${entry.label}`,
          ...(entry.description === undefined ? {} : { description: entry.description }),
          entry,
        },
  );
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'AiCockpit',
    placeHolder: explanation(view, vscode.l10n.t),
  });
  if (chosen?.entry && 'command' in chosen.entry) {
    await vscode.commands.executeCommand(chosen.entry.command, ...(chosen.entry.args ?? []));
  }
}
