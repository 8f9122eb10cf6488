/** The menu behind the status bar item, from the state alone. Pure. */

import { canStart, chosenModel } from '../server/state.js';
import type { Role } from '../server/types.js';
import type { StatusView, Translate } from './view.js';

/** One line of the menu: a command, or a heading. */
export type MenuEntry =
  | { readonly heading: string }
  | {
      readonly icon: string;
      readonly label: string;
      readonly description?: string;
      readonly command: string;
      readonly args?: readonly unknown[];
    };

/** The menu: first what helps with the state, then what is always there. */
export function menuEntries(view: StatusView, t: Translate): readonly MenuEntry[] {
  return [
    ...remedies(view, t),
    ...models(view, t),
    ...switches(view, t),
    { heading: t('More') },
    entry('question', t('Explain the last completion'), 'aicockpit.completion.explain'),
    entry('graph', t('Show completion statistics'), 'aicockpit.completion.statistics'),
    entry('plug', t('Test the connection'), 'aicockpit.server.test'),
    entry('output', t('Open the log'), 'aicockpit.log.show'),
    entry('book', t('Open the walkthrough'), 'aicockpit.walkthrough'),
    entry('gear', t('Open the settings'), 'workbench.action.openSettings', [
      '@ext:aicockpit.aicockpit',
    ]),
  ];
}

function entry(
  icon: string,
  label: string,
  command: string,
  args?: readonly unknown[],
  description?: string,
): MenuEntry {
  return {
    icon,
    label,
    command,
    ...(args === undefined ? {} : { args }),
    ...(description === undefined ? {} : { description }),
  };
}

/** What mends the state. */
function remedies(view: StatusView, t: Translate): MenuEntry[] {
  const { state } = view;
  const start = entry('play', t('Start the server in a terminal'), 'aicockpit.server.start');
  const retry = entry('refresh', t('Try again'), 'aicockpit.server.test');
  const key = entry('key', t('Set the API key'), 'aicockpit.server.setApiKey');
  const address = entry('settings-gear', t('Change the address'), 'workbench.action.openSettings', [
    'aicockpit.serverUrl',
  ]);
  const choose = entry('server', t('Choose a model'), 'aicockpit.models.select');
  const log = entry('output', t('Open the log'), 'aicockpit.log.show');
  switch (state.kind) {
    case 'unreachable':
      return canStart(state) ? [start, retry, address, log] : [retry, address, log];
    case 'unauthorized':
      return [key, address];
    case 'wrong-model':
      return [choose, retry];
    case 'failed':
      return [retry, choose, log];
    case 'foreign':
      return [address, retry];
    default:
      return [];
  }
}

const ROLES_SHOWN: readonly { role: Role; icon: string; name: string }[] = [
  { role: 'completion', icon: 'sparkle', name: 'Ghost text' },
  { role: 'edit', icon: 'edit', name: 'Inline edits' },
];

function models(view: StatusView, t: Translate): MenuEntry[] {
  const { state } = view;
  if (!('models' in state) || state.models.length === 0) {
    return [];
  }
  const entries = ROLES_SHOWN.map(({ role, icon, name }) => {
    const model = chosenModel(state.models, role, view.wanted[role]);
    const label = `${t(name)}: ${model?.id ?? t('no model')}`;
    const description = view.wanted[role] === '' ? t('chosen by the server') : undefined;
    return entry(icon, label, 'aicockpit.models.select', [role], description);
  });
  return [{ heading: t('Models') }, ...entries];
}

function switches(view: StatusView, t: Translate): MenuEntry[] {
  if (view.state.kind === 'off') {
    return [{ heading: t('Switches') }, entry('play', t('Turn AiCockpit on'), 'aicockpit.toggle')];
  }
  const entries: MenuEntry[] = [{ heading: t('Switches') }];
  const { completions, language } = view;
  if (completions !== 'completions-off' && language !== undefined) {
    const label =
      completions === 'language-off'
        ? t('Turn completions on for {0}', language)
        : t('Turn completions off for {0}', language);
    entries.push(entry('symbol-keyword', label, 'aicockpit.completion.toggleLanguage', [language]));
  }
  const here =
    completions === 'completions-off'
      ? t('Turn completions on in this workspace')
      : t('Turn completions off in this workspace');
  entries.push(entry('root-folder', here, 'aicockpit.completion.toggleWorkspace'));
  if (completions === 'snoozed') {
    entries.push(entry('bell', t('End the snooze'), 'aicockpit.completion.snooze', [0]));
  } else if (completions === 'on') {
    for (const minutes of SNOOZES) {
      const label = t('Snooze completions for {0} min', minutes);
      entries.push(entry('bell-slash', label, 'aicockpit.completion.snooze', [minutes]));
    }
  }
  entries.push(entry('circle-slash', t('Turn AiCockpit off everywhere'), 'aicockpit.toggle'));
  return entries;
}

/** Minutes that a snooze may take. */
export const SNOOZES: readonly number[] = [5, 15, 60];
