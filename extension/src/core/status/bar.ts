/** The status bar item and its tooltip, from the state alone. Pure. */

import { chosenModel, type ConnectionState } from '../server/state.js';
import type { Role } from '../server/types.js';
import type { StatusView, Translate } from './view.js';

export interface BarItem {
  /** With a codicon in front, as the status bar takes it. */
  readonly text: string;
  /** For screen readers: the text without its icon. */
  readonly label: string;
  readonly colour: 'usual' | 'warning' | 'error';
}

/** What the item says. */
export function barItem(view: StatusView, t: Translate): BarItem {
  const { icon, words, colour } = looks(view, t);
  const name = 'AiCockpit';
  const text = words === '' ? name : `${name}: ${words}`;
  return { text: `$(${icon}) ${text}`, label: text, colour: colour ?? 'usual' };
}

interface Looks {
  readonly icon: string;
  readonly words: string;
  readonly colour?: BarItem['colour'];
}

function looks(view: StatusView, t: Translate): Looks {
  const { state } = view;
  switch (state.kind) {
    case 'off':
      return { icon: 'circle-slash', words: t('off') };
    case 'connecting':
      return { icon: 'loading~spin', words: '' };
    case 'unreachable':
      return unreachableLooks(state, t);
    case 'unauthorized':
      return {
        icon: 'key',
        words: state.keySet ? t('wrong key') : t('key needed'),
        colour: 'warning',
      };
    case 'loading':
      return { icon: 'loading~spin', words: state.phase === '' ? t('loading') : state.phase };
    case 'wrong-model':
      return { icon: 'warning', words: t('no such model'), colour: 'warning' };
    case 'failed':
      return { icon: 'error', words: t('model failed'), colour: 'error' };
    case 'foreign':
      return { icon: 'warning', words: t('not an AiCockpit server'), colour: 'warning' };
    case 'ready':
      return readyLooks(view, t);
  }
}

function unreachableLooks(
  state: Extract<ConnectionState, { kind: 'unreachable' }>,
  t: Translate,
): Looks {
  switch (state.reason) {
    case 'certificate':
      return { icon: 'shield', words: t('certificate not trusted'), colour: 'warning' };
    case 'invalid-address':
      return { icon: 'warning', words: t('address not valid'), colour: 'warning' };
    default:
      return state.local
        ? { icon: 'debug-disconnect', words: t('not running') }
        : { icon: 'debug-disconnect', words: t('offline') };
  }
}

function readyLooks(view: StatusView, t: Translate): Looks {
  if (view.activity !== undefined) {
    return { icon: 'loading~spin', words: view.activity };
  }
  switch (view.completions) {
    case 'snoozed':
      return { icon: 'bell-slash', words: t('{0} min', view.snoozeMinutes ?? 0) };
    case 'language-off':
      return { icon: 'circle-slash', words: t('off for {0}', view.language ?? '') };
    case 'completions-off':
      return { icon: 'circle-slash', words: t('completions off') };
    default:
      return { icon: 'rocket', words: '' };
  }
}

/** The tooltip as Markdown: what is the matter, the models by role, and how fast they are. */
export function tooltip(view: StatusView, t: Translate): string {
  const lines = [`**AiCockpit** — ${escaped(explanation(view, t))}`, ''];
  if ('models' in view.state && view.state.models.length > 0) {
    lines.push(...modelTable(view, t), '');
  }
  lines.push(`${t('Server')}: ${escaped(view.address)}`);
  return lines.join('\n');
}

/** One or two sentences: what the state is and what to do about it. */
export function explanation(view: StatusView, t: Translate): string {
  const { state } = view;
  switch (state.kind) {
    case 'off':
      return t('Switched off. Nothing is sent anywhere.');
    case 'connecting':
      return t('Looking for the server.');
    case 'unreachable':
      return state.local && state.reason === 'refused'
        ? t('No server runs at {0}. Start one, or set another address.', state.url)
        : state.message;
    case 'unauthorized':
      return keyExplanation(state.keySet, t);
    case 'loading':
      return state.phase === ''
        ? t('The model is loading.')
        : t('The model is loading: {0}.', state.phase);
    case 'wrong-model':
      return modelExplanation(state.wanted, state.role, t);
    case 'failed':
    case 'foreign':
      return state.message;
    case 'ready':
      return readyExplanation(view, t);
  }
}

function keyExplanation(keySet: boolean, t: Translate): string {
  return keySet
    ? t('The server does not accept the API key. Set the right one.')
    : t('The server wants an API key. Set it.');
}

function modelExplanation(wanted: string, role: Role, t: Translate): string {
  return wanted === ''
    ? t('The server has no model for the role {0}. Choose one of its models.', role)
    : t('The server has no model called {0}. Choose one of its models.', wanted);
}

function readyExplanation(view: StatusView, t: Translate): string {
  switch (view.completions) {
    case 'snoozed':
      return t('Completions are snoozed for {0} more min.', view.snoozeMinutes ?? 0);
    case 'language-off':
      return t('Completions are off for {0}.', view.language ?? '');
    case 'completions-off':
      return t('Completions are off here.');
    default:
      return t('Ready.');
  }
}

const SHOWN: readonly { role: Role; name: string }[] = [
  { role: 'completion', name: 'Ghost text' },
  { role: 'edit', name: 'Inline edits' },
];

function modelTable(view: StatusView, t: Translate): string[] {
  const { state } = view;
  const models = 'models' in state ? state.models : [];
  const rows = SHOWN.map(({ role, name }) => {
    const model = chosenModel(models, role, view.wanted[role]);
    const latency = role === 'completion' ? view.completionLatency : view.editLatency;
    const speed = latency ? t('{0} ms', Math.round(latency.firstTextMs)) : '–';
    return `| ${t(name)} | ${model ? escaped(model.id) : '–'} | ${speed} |`;
  });
  const head = [t('For'), t('Model'), t('To the first text')].join(' | ');
  return [`| ${head} |`, '|---|---|---|', ...rows];
}

/** Text that Markdown would otherwise take for its own. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~]/g, '\\$&').replaceAll('\n', ' ');
}
