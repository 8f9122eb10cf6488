import * as vscode from 'vscode';
import { barItem, explanation, tooltip, type BarItem } from '../../core/status/bar.js';
import type { Host } from '../../host/host.js';
import { currentView } from './view.js';

const COLOURS: Readonly<Record<BarItem['colour'], string | undefined>> = {
  usual: undefined,
  warning: 'statusBarItem.warningBackground',
  error: 'statusBarItem.errorBackground',
};
/** While a snooze lasts its minutes are counted down this often. */
const TICK_MS = 30_000;
/** How long the tooltip's figures may lag behind. */
const FIGURES_MS = 2000;

/** The status bar item: always there, always saying how things stand. */
export function showStatusItem(host: Host): vscode.Disposable {
  const item = vscode.window.createStatusBarItem(
    'aicockpit.status',
    vscode.StatusBarAlignment.Right,
    100,
  );
  item.name = 'AiCockpit';
  item.command = 'aicockpit.menu';
  const update = (): void => {
    const view = currentView(host);
    const { text, label, colour } = barItem(view, vscode.l10n.t);
    const background = COLOURS[colour];
    item.text = text;
    item.accessibilityInformation = {
      label: `${label}. ${explanation(view, vscode.l10n.t)}`,
      role: 'button',
    };
    item.tooltip = new vscode.MarkdownString(tooltip(view, vscode.l10n.t));
    item.backgroundColor = background ? new vscode.ThemeColor(background) : undefined;
  };
  const timer = setInterval(() => {
    if (host.snooze.until !== undefined) {
      update();
    }
  }, TICK_MS);
  let figures: NodeJS.Timeout | undefined;
  const updateSoon = (): void => {
    figures ??= setTimeout(() => {
      figures = undefined;
      update();
    }, FIGURES_MS);
  };
  update();
  item.show();
  return vscode.Disposable.from(
    item,
    new vscode.Disposable(() => {
      clearInterval(timer);
      clearTimeout(figures);
    }),
    { dispose: host.latencies.onDidChange(updateSoon) },
    { dispose: host.connection.onDidChange(update) },
    host.settings.onDidChange(update),
    host.snooze.onDidChange(update),
    host.activity.onDidChange(update),
    vscode.window.onDidChangeActiveTextEditor(update),
  );
}
