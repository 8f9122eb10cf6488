import { describe, expect, test } from 'vitest';
import { barItem, explanation, tooltip } from '../../../src/core/status/bar.js';
import { menuEntries } from '../../../src/core/status/menu.js';
import type { StatusView } from '../../../src/core/status/view.js';
import type { ConnectionState } from '../../../src/core/server/state.js';
import type { ModelInfo } from '../../../src/core/server/types.js';
import { l10n } from '../../support/vscode.js';

const CODER: ModelInfo = {
  id: 'Qwen2.5-Coder_7B',
  aliases: [],
  roles: ['completion', 'edit', 'chat'],
  state: 'ready',
  default: true,
};

const READY: ConnectionState = { kind: 'ready', models: [CODER] };

function view(more: Partial<StatusView> = {}): StatusView {
  return {
    state: READY,
    address: 'http://127.0.0.1:8000',
    wanted: { completion: '', edit: '', chat: '' },
    completions: 'on',
    language: 'python',
    ...more,
  };
}

const down = (reason: 'refused' | 'network' | 'certificate' | 'invalid-address', local = true) =>
  view({
    state: {
      kind: 'unreachable',
      url: 'http://127.0.0.1:8000',
      reason,
      local,
      message: 'It cannot be reached: why.',
    },
  });

const STATES: readonly [string, StatusView, string, string, string][] = [
  ['ready', view(), '$(rocket) AiCockpit', 'usual', 'Ready.'],
  [
    'off',
    view({ state: { kind: 'off' }, completions: 'off' }),
    '$(circle-slash) AiCockpit: off',
    'usual',
    'Switched off. Nothing is sent anywhere.',
  ],
  [
    'connecting',
    view({ state: { kind: 'connecting' } }),
    '$(loading~spin) AiCockpit',
    'usual',
    'Looking for the server.',
  ],
  [
    'not running',
    down('refused'),
    '$(debug-disconnect) AiCockpit: not running',
    'usual',
    'No server runs at http://127.0.0.1:8000. Start one, or set another address.',
  ],
  [
    'offline',
    down('network', false),
    '$(debug-disconnect) AiCockpit: offline',
    'usual',
    'It cannot be reached: why.',
  ],
  [
    'a remote server that is down',
    down('refused', false),
    '$(debug-disconnect) AiCockpit: offline',
    'usual',
    'It cannot be reached: why.',
  ],
  [
    'a certificate',
    down('certificate'),
    '$(shield) AiCockpit: certificate not trusted',
    'warning',
    'It cannot be reached: why.',
  ],
  [
    'a bad address',
    down('invalid-address', false),
    '$(warning) AiCockpit: address not valid',
    'warning',
    'It cannot be reached: why.',
  ],
  [
    'no key',
    view({ state: { kind: 'unauthorized', keySet: false } }),
    '$(key) AiCockpit: key needed',
    'warning',
    'The server wants an API key. Set it.',
  ],
  [
    'a wrong key',
    view({ state: { kind: 'unauthorized', keySet: true } }),
    '$(key) AiCockpit: wrong key',
    'warning',
    'The server does not accept the API key. Set the right one.',
  ],
  [
    'loading',
    view({ state: { kind: 'loading', phase: 'loading weights, 50 %', models: [CODER] } }),
    '$(loading~spin) AiCockpit: loading weights, 50 %',
    'usual',
    'The model is loading: loading weights, 50 %.',
  ],
  [
    'loading without a phase',
    view({ state: { kind: 'loading', phase: '', models: [] } }),
    '$(loading~spin) AiCockpit: loading',
    'usual',
    'The model is loading.',
  ],
  [
    'a wrong model',
    view({ state: { kind: 'wrong-model', wanted: 'gpt', role: 'edit', models: [CODER] } }),
    '$(warning) AiCockpit: no such model',
    'warning',
    'The server has no model called gpt. Choose one of its models.',
  ],
  [
    'no model for a role',
    view({ state: { kind: 'wrong-model', wanted: '', role: 'edit', models: [CODER] } }),
    '$(warning) AiCockpit: no such model',
    'warning',
    'The server has no model for the role edit. Choose one of its models.',
  ],
  [
    'a failed model',
    view({ state: { kind: 'failed', message: 'It needs 21 GiB.' } }),
    '$(error) AiCockpit: model failed',
    'error',
    'It needs 21 GiB.',
  ],
  [
    'another server',
    view({ state: { kind: 'foreign', message: 'It is a web page.' } }),
    '$(warning) AiCockpit: not an AiCockpit server',
    'warning',
    'It is a web page.',
  ],
  [
    'a snooze',
    view({ completions: 'snoozed', snoozeMinutes: 12 }),
    '$(bell-slash) AiCockpit: 12 min',
    'usual',
    'Completions are snoozed for 12 more min.',
  ],
  [
    'off in a language',
    view({ completions: 'language-off' }),
    '$(circle-slash) AiCockpit: off for python',
    'usual',
    'Completions are off for python.',
  ],
  [
    'off here',
    view({ completions: 'completions-off' }),
    '$(circle-slash) AiCockpit: completions off',
    'usual',
    'Completions are off here.',
  ],
  [
    'something that runs',
    view({ activity: '12 tok/s' }),
    '$(loading~spin) AiCockpit: 12 tok/s',
    'usual',
    'Ready.',
  ],
];

describe('the status bar item', () => {
  test.each(STATES)('%s', (_, shown, text, colour, words) => {
    expect(barItem(shown, l10n.t)).toEqual({
      text,
      colour,
      label: text.replace(/^\$\([^)]+\) /, ''),
    });
    expect(explanation(shown, l10n.t)).toBe(words);
  });

  test('a problem is shown before a snooze', () => {
    const shown = view({ ...down('refused'), completions: 'snoozed', snoozeMinutes: 3 });
    expect(barItem(shown, l10n.t).text).toContain('not running');
  });
});

describe('the tooltip', () => {
  test('has the models by role and how fast they are', () => {
    const shown = view({ completionLatency: { count: 9, firstTextMs: 41.7 } });
    expect(tooltip(shown, l10n.t)).toBe(
      [
        '**AiCockpit** — Ready.',
        '',
        '| For | Model | To the first text |',
        '|---|---|---|',
        '| Ghost text | Qwen2.5-Coder\\_7B | 42 ms |',
        '| Inline edits | Qwen2.5-Coder\\_7B | – |',
        '',
        'Server: http://127.0.0.1:8000',
      ].join('\n'),
    );
  });

  test('takes what a server says as text, not as Markdown', () => {
    const message = 'a [link](command:x) <b>|`$(error)`\n# head';
    const shown = view({ state: { kind: 'failed', message } });
    expect(tooltip(shown, l10n.t).split('\n')[0]).toBe(
      '**AiCockpit** — a \\[link\\]\\(command:x\\) \\<b\\>\\|\\`$\\(error\\)\\` \\# head',
    );
  });
});

describe('the menu', () => {
  const commands = (shown: StatusView) =>
    menuEntries(shown, l10n.t).flatMap((entry) => ('command' in entry ? [entry.command] : []));

  test.each([
    ['not running', down('refused'), 'aicockpit.server.start'],
    ['offline', down('network', false), 'aicockpit.server.test'],
    [
      'no key',
      view({ state: { kind: 'unauthorized', keySet: false } }),
      'aicockpit.server.setApiKey',
    ],
    [
      'a wrong model',
      view({ state: { kind: 'wrong-model', wanted: 'x', role: 'edit', models: [CODER] } }),
      'aicockpit.models.select',
    ],
    ['a failure', view({ state: { kind: 'failed', message: 'x' } }), 'aicockpit.server.test'],
    [
      'another server',
      view({ state: { kind: 'foreign', message: 'x' } }),
      'workbench.action.openSettings',
    ],
    ['off', view({ state: { kind: 'off' }, completions: 'off' }), 'aicockpit.toggle'],
  ])('%s: what helps comes first', (_, shown, command) => {
    expect(commands(shown)[0]).toBe(command);
  });

  test('a local server that hangs is offered to be started, too', () => {
    expect(commands(down('network'))).toContain('aicockpit.server.start');
    expect(commands(down('certificate'))).not.toContain('aicockpit.server.start');
  });

  test('a remote server is not offered to be started', () => {
    expect(commands(down('refused', false))).not.toContain('aicockpit.server.start');
  });

  test('models by role, and who chose them', () => {
    const shown = view({ wanted: { completion: 'Qwen2.5-Coder_7B', edit: '', chat: '' } });
    const entries = menuEntries(shown, l10n.t).filter(
      (entry) => 'command' in entry && entry.command === 'aicockpit.models.select',
    );
    expect(entries).toMatchObject([
      { label: 'Ghost text: Qwen2.5-Coder_7B', args: ['completion'] },
      {
        label: 'Inline edits: Qwen2.5-Coder_7B',
        args: ['edit'],
        description: 'chosen by the server',
      },
    ]);
    expect(entries[0]).not.toHaveProperty('description');
  });

  test('switches for the language, the workspace and everything, and three snoozes', () => {
    const labels = menuEntries(view(), l10n.t).flatMap((entry) =>
      'label' in entry ? [entry.label] : [],
    );
    expect(labels).toEqual(
      expect.arrayContaining([
        'Turn completions off for python',
        'Turn completions off in this workspace',
        'Snooze completions for 5 min',
        'Snooze completions for 15 min',
        'Snooze completions for 60 min',
        'Turn AiCockpit off everywhere',
      ]),
    );
  });

  test('what is off can be turned on, and a snooze ended', () => {
    const labelsOf = (completions: StatusView['completions']) =>
      menuEntries(view({ completions }), l10n.t).flatMap((entry) =>
        'label' in entry ? [entry.label] : [],
      );
    expect(labelsOf('language-off')).toContain('Turn completions on for python');
    expect(labelsOf('completions-off')).toContain('Turn completions on in this workspace');
    expect(labelsOf('snoozed')).toContain('End the snooze');
    expect(labelsOf('snoozed').filter((label) => label.startsWith('Snooze'))).toEqual([]);
  });

  test('without a document no language is offered', () => {
    const { language, ...rest } = view();
    expect(language).toBe('python');
    expect(commands(rest)).not.toContain('aicockpit.completion.toggleLanguage');
  });
});
