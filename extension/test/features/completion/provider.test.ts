import { readFileSync } from 'node:fs';
import type * as api from 'vscode';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CompletionEngine } from '../../../src/core/completion/engine.js';
import { Retention } from '../../../src/core/completion/retention.js';
import { Statistics } from '../../../src/core/completion/statistics.js';
import type { ModelInfo } from '../../../src/core/server/types.js';
import {
  ACCEPTED_COMMAND,
  CompletionProvider,
  registerProvider,
  SELECTOR,
} from '../../../src/features/completion/provider.js';
import { watchEditor } from '../../../src/features/completion/watch.js';
import { createDocuments } from '../../../src/host/documents.js';
import type { Host } from '../../../src/host/host.js';
import { createSettings } from '../../../src/host/settings.js';
import { RecordedClient, stream } from '../../support/recorded-client.js';
import { RememberingLog } from '../../support/silent-log.js';
import { CONTEXT, MODEL } from '../../support/test-editor.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import * as vscode from '../../support/vscode.js';
import { asReal, Workbench, type TestDocument } from '../../support/workbench.js';

const packageJSON: unknown = JSON.parse(
  readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
);

let workbench: Workbench;
let clock: VirtualClock;
let client: RecordedClient;
let engine: CompletionEngine;
let provider: CompletionProvider;
let document: TestDocument;
/** Milliseconds until the first piece of the answer. */
let first: number;
let excluded: string[];
let snoozedUntil: number | undefined;
let model: ModelInfo | undefined;

function begin(answer: string, text: string): void {
  workbench = new Workbench().install();
  excluded = [];
  snoozedUntil = undefined;
  model = MODEL;
  clock = new VirtualClock();
  first = 50;
  client = new RecordedClient(clock, () => stream(answer, { first }));
  engine = new CompletionEngine(
    {
      client,
      clock,
      log: new RememberingLog(),
      statistics: new Statistics({ load: () => undefined, save: () => undefined }),
      retention: new Retention(
        clock,
        () => undefined,
        () => undefined,
      ),
    },
    { asking: () => undefined, failed: () => undefined },
  );
  const host = {
    clock,
    settings: createSettings({ packageJSON } as api.Extension<unknown>),
    documents: createDocuments({
      isExcluded: (uri) => excluded.includes(uri.path),
      onDidChange: new vscode.EventEmitter<void>().event,
    }),
    connection: { modelFor: () => model },
    snooze: {
      get until() {
        return snoozedUntil;
      },
    },
    gatherer: { gather: () => Promise.resolve(CONTEXT) },
  } as unknown as Host;
  provider = new CompletionProvider(host, engine);
  document = workbench.open('a.py', text);
  Object.assign(workbench.editors[0]!, { options: { tabSize: 4 } });
}

interface Asking {
  readonly at?: vscode.Position;
  readonly by?: vscode.InlineCompletionTriggerKind;
  readonly selected?: { range: vscode.Range; text: string };
  readonly source?: vscode.CancellationTokenSource;
  /** How much time to let go by. */
  readonly ms?: number;
}

/** Asks as the editor does, at the end of the first line unless told otherwise. */
async function ask({ at, by, selected, source, ms = 1000 }: Asking = {}) {
  const position = at ?? new vscode.Position(0, document.lineAt(0).text.length);
  const context = {
    triggerKind: by ?? vscode.InlineCompletionTriggerKind.Automatic,
    selectedCompletionInfo: selected,
  } as unknown as api.InlineCompletionContext;
  const { token } = source ?? new vscode.CancellationTokenSource();
  const asked = provider.provideInlineCompletionItems(
    asReal(document),
    asReal(position),
    context,
    token,
  );
  await clock.advance(ms);
  return asked;
}

describe('the provider', () => {
  beforeEach(() => begin('1 + 2', 'x = \n'));

  it('gives the editor an item that tells when it is accepted', async () => {
    expect(await ask()).toEqual([
      {
        insertText: '1 + 2',
        range: new vscode.Range(0, 4, 0, 4),
        command: expect.objectContaining({
          command: ACCEPTED_COMMAND,
          arguments: ['c1'],
        }) as unknown,
      },
    ]);
  });

  it.each([
    ['aicockpit.enabled', false, 0],
    ['aicockpit.completion.enabled', false, 1],
    ['aicockpit.completion.languages', { python: false }, 1],
    ['aicockpit.completion.languages', { '*': false }, 1],
  ])('obeys %s = %j, unless asked by hand', async (name, value, byHand) => {
    workbench.configure(name, value);
    expect(await ask()).toBeUndefined();
    expect(client.requests).toEqual([]);
    const items = await ask({ by: vscode.InlineCompletionTriggerKind.Invoke });
    expect(items?.length ?? 0).toBe(byHand);
  });

  it('is silent while snoozed', async () => {
    snoozedUntil = 1;
    expect(await ask()).toBeUndefined();
  });

  it('is silent in excluded files, even by hand', async () => {
    excluded = [document.uri.path];
    expect(await ask({ by: vscode.InlineCompletionTriggerKind.Invoke })).toBeUndefined();
  });

  it('is silent while no model answers', async () => {
    model = undefined;
    expect(await ask()).toBeUndefined();
  });

  it('gives up when the editor does', async () => {
    const source = new vscode.CancellationTokenSource();
    source.cancel();
    expect(await ask({ source })).toBeUndefined();
    expect(client.requests).toEqual([]);
  });

  it('says nothing about a text that has changed meanwhile', async () => {
    const asked = ask();
    workbench.type(document, new vscode.Position(1, 0), 'y');
    expect(await asked).toBeUndefined();
  });

  it('extends what the suggest widget has selected', async () => {
    begin('(1)', 'x = fo\n');
    const range = new vscode.Range(0, 4, 0, 6);
    const items = await ask({ selected: { range, text: 'foo' } });
    expect(items).toMatchObject([{ insertText: 'foo(1)', range }]);
  });

  it('replaces only in the line', async () => {
    begin('1, 2).real\n', 'f()\n');
    const items = await ask({ at: new vscode.Position(0, 2) });
    expect(items).toMatchObject([
      { insertText: '1, 2).real', range: new vscode.Range(0, 2, 0, 3) },
    ]);
  });
});

describe('an answer that may come too late for the editor', () => {
  let asksAgain: Promise<api.InlineCompletionItem[] | undefined>[];
  let source: vscode.CancellationTokenSource;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    begin('1 + 2', 'x = \n');
    workbench.configure('aicockpit.completion.prefetch', false);
    asksAgain = [];
    source = new vscode.CancellationTokenSource();
    workbench.answers.set('editor.action.inlineSuggest.trigger', () => {
      asksAgain.push(ask({ by: vscode.InlineCompletionTriggerKind.Invoke, ms: 0 }));
    });
    stand(4);
    first = 760;
  });

  afterEach(() => vi.useRealTimers());

  function stand(character: number): void {
    const at = new vscode.Position(0, character);
    workbench.editors[0]!.selection = new vscode.Selection(at, at);
  }

  it('is asked for again, and is at hand', async () => {
    const asked = ask({ source, ms: 0 });
    await clock.advance(750);
    source.cancel();
    expect(client.last.state).toBe('running');
    await clock.advance(1000);
    await asked;
    await vi.runAllTimersAsync();
    expect(asksAgain).toHaveLength(1);
    expect(await asksAgain[0]).toMatchObject([{ insertText: '1 + 2' }]);
    expect(client.requests).toHaveLength(1);
    expect(engine.stories.latest[0]).toMatchObject({ trigger: 'automatic' });
  });

  it('is asked for again also when the editor gives up while it is on its way', async () => {
    expect(await ask({ source, ms: 2000 })).toHaveLength(1);
    await vi.runAllTimersAsync();
    expect(asksAgain).toHaveLength(1);
  });

  it('is not asked for where the cursor no longer is', async () => {
    const asked = ask({ source, ms: 0 });
    await clock.advance(500);
    stand(0);
    source.cancel();
    await clock.advance(1000);
    expect(await asked).toBeUndefined();
    await vi.runAllTimersAsync();
    expect(asksAgain).toEqual([]);
  });

  it('is left alone when it came in time', async () => {
    first = 50;
    await ask();
    await vi.runAllTimersAsync();
    expect(asksAgain).toEqual([]);
  });
});

describe('between two questions', () => {
  beforeEach(() => begin('1 + 2', 'x = \n'));

  function watch(): { dispose(): unknown } {
    Object.assign(vscode.languages, {
      match: (_: unknown, { uri }: TestDocument) => (uri.scheme === 'file' ? 10 : 0),
    });
    return watchEditor(engine, provider);
  }

  function start(): Promise<unknown> {
    const at = new vscode.Position(0, 4);
    return ask({ at, ms: 0 });
  }

  const select = (line: number, character: number): void => {
    const at = new vscode.Position(line, character);
    const [textEditor] = workbench.editors;
    workbench.selected.fire({ textEditor, selections: [new vscode.Selection(at, at)] });
  };

  it.each([
    ['a letter that does not fit', () => workbench.type(document, new vscode.Position(0, 4), 'z')],
    ['the cursor going elsewhere', () => select(1, 0)],
    ['another editor', () => workbench.open('b.py', '')],
    ['the document being closed', () => workbench.closed.fire(document)],
  ])('ends the request at %s', async (_, happen) => {
    const watching = watch();
    const asked = start();
    await clock.advance(165);
    expect(client.last.state).toBe('running');
    happen();
    expect(client.last.state).toBe('aborted');
    expect((await asked) ?? []).toEqual([]);
    watching.dispose();
  });

  it.each([
    ['a letter that fits', () => workbench.type(document, new vscode.Position(0, 4), '1')],
    ['the cursor where it was', () => select(0, 4)],
    ['a change in an output channel', () => workbench.changed.fire(inOutput())],
  ])('goes on at %s', async (_, happen) => {
    const watching = watch();
    void start();
    await clock.advance(165);
    happen();
    expect(client.last.state).toBe('running');
    watching.dispose();
  });

  function inOutput(): unknown {
    const uri = { scheme: 'output', toString: () => 'output:a' };
    return {
      document: { uri, version: 2 },
      contentChanges: [{ rangeOffset: 0, rangeLength: 9, text: '' }],
    };
  }
});

describe('the registration', () => {
  beforeEach(() => begin('', ''));

  it('wants to know what is shown, where the editor tells', () => {
    const registered: unknown[] = [];
    Object.assign(vscode.languages, {
      registerInlineCompletionItemProvider: (...args: unknown[]) => registered.push(args),
    });
    registerProvider(provider);
    expect(registered).toEqual([[SELECTOR, provider]]);
  });

  it('does without where it does not', () => {
    const registered: object[] = [];
    Object.assign(vscode.languages, {
      registerInlineCompletionItemProvider: (_: unknown, given: object) => {
        if ('handleDidShowCompletionItem' in given) {
          throw new Error('CANNOT use API proposal: inlineCompletionsAdditions');
        }
        registered.push(given);
      },
    });
    registerProvider(provider);
    expect(registered).toHaveLength(1);
  });
});
