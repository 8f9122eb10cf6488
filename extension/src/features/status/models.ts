import * as vscode from 'vscode';
import type { ModelInfo } from '../../core/server/types.js';
import type { Host } from '../../host/host.js';

/** The roles that have a setting. */
type ChoosableRole = 'completion' | 'edit';

interface RoleItem extends vscode.QuickPickItem {
  readonly role: ChoosableRole;
}

interface ModelItem extends vscode.QuickPickItem {
  /** Empty for the server's choice. */
  readonly model: string;
}

/** Lets the user choose a model for a role, asking for the role when none is given. */
export async function selectModel(host: Host, given?: unknown): Promise<void> {
  const state = await host.connection.refresh();
  if (!('models' in state) || state.models.length === 0) {
    void vscode.window.showWarningMessage(
      vscode.l10n.t('There are no models to choose from while the server does not answer.'),
    );
    return;
  }
  const role = given === 'completion' || given === 'edit' ? given : await askForRole(host);
  if (role === undefined) {
    return;
  }
  const chosen = await vscode.window.showQuickPick(
    modelItems(state.models, role, host.settings.get(`models.${role}`)),
    {
      title:
        role === 'completion'
          ? vscode.l10n.t('Model for ghost text')
          : vscode.l10n.t('Model for inline edits'),
    },
  );
  if (chosen) {
    await host.settings.set(`models.${role}`, chosen.model);
  }
}

async function askForRole(host: Host): Promise<ChoosableRole | undefined> {
  const automatic = vscode.l10n.t('chosen by the server');
  const items: readonly RoleItem[] = [
    {
      role: 'completion',
      label: vscode.l10n.t('Ghost text'),
      description: host.settings.get('models.completion') || automatic,
    },
    {
      role: 'edit',
      label: vscode.l10n.t('Inline edits'),
      description: host.settings.get('models.edit') || automatic,
    },
  ];
  const title = vscode.l10n.t('Choose a model for');
  return (await vscode.window.showQuickPick(items, { title }))?.role;
}

function modelItems(
  models: readonly ModelInfo[],
  role: ChoosableRole,
  current: string,
): readonly ModelItem[] {
  const automatic: ModelItem = {
    model: '',
    label: `$(server) ${vscode.l10n.t('Let the server choose')}`,
    ...(current === '' ? { description: vscode.l10n.t('in use') } : {}),
  };
  const fitting = models.filter((model) => model.roles.includes(role));
  return [automatic, ...fitting.map((model) => modelItem(model, role, current))];
}

function modelItem(model: ModelInfo, role: ChoosableRole, current: string): ModelItem {
  const facts = [
    model.state,
    model.contextLength === undefined
      ? undefined
      : vscode.l10n.t('{0} tokens of context', model.contextLength),
    role === 'completion' && model.fim === undefined
      ? vscode.l10n.t('cannot fill in the middle')
      : undefined,
  ];
  return {
    model: model.id,
    label: model.id,
    detail: facts.filter((fact) => fact !== undefined).join(', '),
    ...(model.id === current ? { description: vscode.l10n.t('in use') } : {}),
  };
}
