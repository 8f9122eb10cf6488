import * as vscode from 'vscode';
import { SNOOZES } from '../../core/status/menu.js';
import { switchedLanguage } from '../../core/status/switch.js';
import type { Host } from '../../host/host.js';

/** Turns everything on or off. */
export async function toggle(host: Host): Promise<void> {
  await host.settings.set('enabled', !host.settings.get('enabled'));
}

/** Turns completions on or off in a language: the one given, or the active document's. */
export async function toggleLanguage(host: Host, given?: unknown): Promise<void> {
  const active = vscode.window.activeTextEditor?.document.languageId;
  const language = typeof given === 'string' ? given : active;
  if (language === undefined) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Open a file in the language that you want to turn completions on or off for.'),
    );
    return;
  }
  const languages = host.settings.get('completion.languages');
  await host.settings.set('completion.languages', switchedLanguage(languages, language));
}

/** Turns completions on or off in this workspace, or everywhere where there is none. */
export async function toggleWorkspace(host: Host): Promise<void> {
  const inWorkspace = vscode.workspace.workspaceFolders !== undefined;
  await host.settings.set(
    'completion.enabled',
    !host.settings.get('completion.enabled'),
    inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
  );
}

interface SnoozeItem extends vscode.QuickPickItem {
  readonly minutes: number;
}

/** Snoozes completions for the minutes given, or asks for how long; 0 ends the snooze. */
export async function snooze(host: Host, given?: unknown): Promise<void> {
  const minutes = typeof given === 'number' ? given : await askForMinutes(host);
  if (minutes === undefined) {
    return;
  }
  if (minutes > 0) {
    host.snooze.start(minutes);
  } else {
    host.snooze.end();
  }
}

async function askForMinutes(host: Host): Promise<number | undefined> {
  const times: readonly SnoozeItem[] = SNOOZES.map((minutes) => ({
    minutes,
    label: vscode.l10n.t('{0} min', minutes),
  }));
  const end: SnoozeItem = { minutes: 0, label: vscode.l10n.t('End the snooze') };
  const items = host.snooze.until === undefined ? times : [end, ...times];
  const title = vscode.l10n.t('Snooze completions for');
  return (await vscode.window.showQuickPick(items, { title }))?.minutes;
}
