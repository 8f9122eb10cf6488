import * as vscode from 'vscode';
import { mentionAtEnd } from '../../core/edit/mentions.js';
import type { Host } from '../../host/host.js';
import type { SettingValue } from '../../host/settings.js';
import type { PromptButton, PromptOptions } from '../../host/instruction-prompt.js';

/** Most files that a mention is completed with. */
const MOST_FILES = 12;

/** What the prompt needs to complete `@file`. */
export function mentionFiles(host: Host): Pick<PromptOptions, 'files' | 'complete'> {
  return {
    files: (typed) => {
      const query = mentionAtEnd(typed);
      return query === undefined ? undefined : host.gatherer.files.suggest(query, MOST_FILES);
    },
    complete: (typed, path) => {
      const query = mentionAtEnd(typed) ?? '';
      const name = /[\s"']/.test(path) ? `"${path}"` : path;
      return `${typed.slice(0, typed.length - query.length)}${name} `;
    },
  };
}

/** The prompt's buttons: which model answers, and how. */
export function promptButtons(host: Host, document: vscode.TextDocument): readonly PromptButton[] {
  const { l10n } = vscode;
  return [
    {
      icon: 'server',
      tooltip: () => {
        const model = host.connection.modelFor('edit')?.id ?? l10n.t('none ready');
        return l10n.t('Model: {0}', model);
      },
      run: async () => {
        await vscode.commands.executeCommand('aicockpit.models.select', 'edit');
      },
    },
    {
      icon: 'list-selection',
      tooltip: () => {
        const format = host.settings.get('edit.format', document);
        return l10n.t('Answer format: {0}', formats().get(format)?.name ?? format);
      },
      run: () => selectFormat(host, document),
    },
  ];
}

type Format = SettingValue<'edit.format'>;

interface FormatItem extends vscode.QuickPickItem {
  readonly format: Format;
}

function formats(): ReadonlyMap<Format, { readonly name: string; readonly detail: string }> {
  const { l10n } = vscode;
  return new Map([
    [
      'auto',
      { name: l10n.t('automatic'), detail: l10n.t('By the size of the model and of the region') },
    ],
    [
      'region',
      { name: l10n.t('region'), detail: l10n.t('The model writes the selected lines anew') },
    ],
    [
      'blocks',
      { name: l10n.t('blocks'), detail: l10n.t('The model writes search/replace blocks') },
    ],
  ]);
}

async function selectFormat(host: Host, document: vscode.TextDocument): Promise<void> {
  const current = host.settings.get('edit.format', document);
  const items = [...formats()].map(([format, { name, detail }]): FormatItem => ({
    format,
    label: name,
    detail,
    ...(format === current ? { description: vscode.l10n.t('in use') } : {}),
  }));
  const title = vscode.l10n.t('How the model answers an edit');
  const chosen = await vscode.window.showQuickPick(items, { title });
  if (chosen) {
    await host.settings.set('edit.format', chosen.format);
  }
}
