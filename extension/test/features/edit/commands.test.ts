import { beforeEach, describe, expect, it } from 'vitest';
import { withoutContext } from '../../../src/core/context/types.js';
import type { EditRequest } from '../../../src/core/edit/request.js';
import { ServerProblem } from '../../../src/core/server/problem.js';
import type { ChatDelta, ChatRequest, ModelInfo } from '../../../src/core/server/types.js';
import { Told } from '../../../src/core/status/notices.js';
import { EditCommands } from '../../../src/features/edit/commands.js';
import { Edits } from '../../../src/features/edit/edits.js';
import { Explanations } from '../../../src/features/edit/explain.js';
import { createActivity } from '../../../src/host/activity.js';
import { createDocuments } from '../../../src/host/documents.js';
import type { Host } from '../../../src/host/host.js';
import { LARGE_MODEL } from '../../core/edit/requests.js';
import { silent } from '../../support/test-editor.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import * as vscode from '../../support/vscode.js';
import { Workbench, asReal, type TestDocument } from '../../support/workbench.js';

const TEXT = 'import os\n\n\ndef f(a):\n    x = a\n    return x\n\n\ndef g():\n    pass\n';
const TOP = new vscode.Position(0, 0);
const EVERYTHING = new vscode.Range(0, 0, 99, 0);

interface Message {
  readonly text: string;
  readonly actions: readonly { readonly title: string; readonly run: () => unknown }[];
}

/** The prompt, on which tests type. */
class Prompt {
  value = '';
  items: object[] = [];
  activeItems: object[] = [];
  readonly #accepted = new vscode.EventEmitter<void>();
  readonly #hidden = new vscode.EventEmitter<void>();
  readonly onDidChangeValue = new vscode.EventEmitter<string>().event;
  readonly onDidTriggerButton = new vscode.EventEmitter<object>().event;
  readonly onDidTriggerItemButton = new vscode.EventEmitter<object>().event;
  readonly onDidAccept = this.#accepted.event;
  readonly onDidHide = this.#hidden.event;

  show(): void {
    return;
  }

  hide(): void {
    this.#hidden.fire();
  }

  dispose(): void {
    return;
  }

  /** Dismisses the prompt with words in it. */
  dismiss(typed: string): void {
    this.value = typed;
    this.hide();
  }

  /** Sends words. */
  send(text: string): void {
    this.value = text;
    this.activeItems = [];
    this.#accepted.fire();
  }
}

let workbench: Workbench;
let document: TestDocument;
let picks: Prompt[];
let messages: Message[];
/** What the model was asked. */
let requests: ChatRequest[];
/** The edits that were begun, the last one last. */
let begun: EditRequest[];
let model: ModelInfo | undefined;
/** What happens while the server is asked for its models. */
let onRefresh: () => void;
let edits: Edits;
let commands: EditCommands;

beforeEach(() => {
  workbench = new Workbench().install();
  picks = [];
  messages = [];
  requests = [];
  begun = [];
  model = LARGE_MODEL;
  onRefresh = () => undefined;
  furnish();
  document = open('a.py', TEXT);
  const host = hostThatFails();
  edits = new Edits(host);
  edits.onDidChange(({ session }) => begun.push(session.request));
  commands = new EditCommands(host, edits, new Explanations(host));
});

/** Adds to the workbench what edits need of the editor. */
function furnish(): void {
  const { event } = new vscode.EventEmitter<never>();
  const show = (text: string, ...actions: Message['actions']): Promise<undefined> => {
    messages.push({ text, actions });
    return Promise.resolve(undefined);
  };
  const { tabGroups } = vscode.window as { tabGroups: object };
  Object.assign(tabGroups, { onDidChangeTabs: event });
  Object.assign(vscode.window, {
    activeColorTheme: { kind: vscode.ColorThemeKind.Dark },
    createQuickPick: () => {
      const pick = new Prompt();
      picks.push(pick);
      return pick;
    },
    createTextEditorDecorationType: () => ({ dispose: () => undefined }),
    onDidChangeActiveColorTheme: event,
    onDidChangeVisibleTextEditors: event,
    showInformationMessage: show,
    showWarningMessage: show,
    showTextDocument: (uri: vscode.Uri) => {
      const found = workbench.documents.find((other) => other.uri.path === uri.path);
      return found ? Promise.resolve(bringUp(found)) : Promise.reject(new Error('no such file'));
    },
  });
  Object.assign(vscode.workspace, {
    onDidSaveTextDocument: event,
    onWillSaveTextDocument: event,
    registerTextDocumentContentProvider: () => new vscode.Disposable(() => undefined),
  });
}

/** A host whose server breaks off every answer. */
function hostThatFails(): Host {
  const memento = new Map<string, unknown>();
  return {
    activity: createActivity(),
    client: { chat },
    clock: new VirtualClock(),
    connection: {
      modelFor: () => model,
      refresh: () => {
        onRefresh();
        return Promise.resolve({ kind: 'connecting' });
      },
    },
    context: {
      globalState: {
        get: (key: string) => memento.get(key),
        update: (key: string, value: unknown) => Promise.resolve(void memento.set(key, value)),
      },
    },
    documents: createDocuments({
      isExcluded: () => false,
      onDidChange: new vscode.EventEmitter<void>().event,
    }),
    gatherer: { gather: () => Promise.resolve(withoutContext('a.py')) },
    log: silent,
    settings: {
      get: (key: string) => ({ 'edit.surroundingLines': 60, 'edit.maxTokens': 512 })[key] ?? 'auto',
    },
    told: new Told(),
  } as unknown as Host;
}

// eslint-disable-next-line @typescript-eslint/require-await -- it fails at once
async function* chat(request: ChatRequest): AsyncGenerator<ChatDelta> {
  requests.push(request);
  throw new ServerProblem('busy', 'The server is busy.', { code: 'busy' });
}

function open(path: string, text: string): TestDocument {
  const opened = workbench.open(path, text);
  bringUp(opened);
  return opened;
}

/** Shows a document in an editor that has what edits need. */
function bringUp(shown: TestDocument): object {
  return Object.assign(workbench.show(shown), {
    options: { tabSize: 4, insertSpaces: true },
    setDecorations: () => undefined,
    revealRange: () => undefined,
  });
}

function select(startLine: number, endLine: number): void {
  const [start, end] = [new vscode.Position(startLine, 0), new vscode.Position(endLine, 0)];
  workbench.editors[0]!.selection = new vscode.Selection(start, end);
}

/** Opens the prompt and returns what is still going on behind it. */
function prompt(): { pick: Prompt; done: Promise<void> } {
  const done = commands.start();
  return { pick: picks.at(-1)!, done };
}

/** The words that the prompt begins with. */
async function draft(): Promise<string> {
  const { pick, done } = prompt();
  const { value } = pick;
  pick.dismiss(value);
  await done;
  return value;
}

async function tryAgain(): Promise<void> {
  const action = messages.at(-1)?.actions.find(({ title }) => title === 'Try Again');
  expect(action).toBeDefined();
  await action!.run();
  await settle();
}

/** What was asked last: what to do with which lines of which file. */
function asked(): Pick<EditRequest, 'action' | 'path' | 'region'> & { readonly start: number } {
  const { action, path, region, before } = begun.at(-1)!;
  return { action, path, region, start: before.length };
}

function expectToldOfChange(): void {
  expect(messages.map(({ text }) => text)).toEqual([
    expect.stringContaining('the file changed meanwhile'),
  ]);
  expect(edits.in(asReal(document))).toBeUndefined();
  expect(requests).toEqual([]);
}

describe('a document that changes before the model is asked', () => {
  const grow = (): void => workbench.type(document, TOP, '\n');
  const shrink = (): void => workbench.type(document, EVERYTHING, 'import os\n');

  it.each([
    ['grows', grow],
    ['shrinks', shrink],
  ])('is not edited when it %s below the prompt, and the words are kept', async (_, change) => {
    select(3, 6);
    const { pick, done } = prompt();
    change();
    pick.send('Shorter.');
    await done;
    expectToldOfChange();
    expect(await draft()).toBe('Shorter.');
  });

  it.each([
    ['grows', grow],
    ['shrinks', shrink],
  ])('is not edited when it %s while its symbols are awaited', async (_, change) => {
    select(8, 8);
    workbench.answers.set('vscode.executeDocumentSymbolProvider', () => {
      const range = new vscode.Range(8, 0, 9, 8);
      change();
      return [{ range, kind: vscode.SymbolKind.Function, children: [] }];
    });
    await commands.quick('document');
    expectToldOfChange();
  });

  it('is not edited when it changes while the server is awaited', async () => {
    select(3, 6);
    model = undefined;
    onRefresh = () => {
      model = LARGE_MODEL;
      shrink();
    };
    await commands.quick('fix');
    expectToldOfChange();
  });

  it('is not edited at lines of the light bulb that it does not have', async () => {
    await commands.quick('fix', { start: 40, end: 45 });
    expectToldOfChange();
  });
});

it('leaves no edit behind that could not be shown', async () => {
  select(3, 6);
  const { selection } = workbench.editors[0]!;
  Object.assign(workbench.editors[0]!, {
    revealRange: () => {
      throw new Error('gone');
    },
  });
  await expect(commands.quick('document')).rejects.toThrow('gone');
  expect(edits.in(asReal(document))).toBeUndefined();
  expect(workbench.editors[0]!.selection).toBe(selection);
});

it('gives the selection back after a failure', async () => {
  select(3, 6);
  const { selection } = workbench.editors[0]!;
  await commands.quick('document');
  await settle();
  expect(begun).not.toEqual([]);
  expect(workbench.editors[0]!.selection).toBe(selection);
});

describe('trying again after a failure', () => {
  const problemAt = (line: number): void => {
    const range = new vscode.Range(line, 4, line, 5);
    const severity = vscode.DiagnosticSeverity.Error;
    workbench.diagnostics.set(document.uri.toString(), [{ range, severity, message: 'wrong' }]);
  };

  /** Fixes line 5, where the server fails. */
  async function failToFix(): Promise<void> {
    problemAt(4);
    select(4, 4);
    await commands.quick('fix');
    await settle();
    expect(requests).toHaveLength(1);
    expect(edits.in(asReal(document))).toBeUndefined();
  }

  it('repeats a fix without a prompt, and leaves a draft alone', async () => {
    const { pick, done } = prompt();
    pick.dismiss('half a thou');
    await done;
    await failToFix();
    const first = asked();
    await tryAgain();
    expect(requests).toHaveLength(2);
    expect(asked()).toEqual(first);
    expect(first.action).toBe('fix');
    expect(picks).toHaveLength(1);
    expect(await draft()).toBe('half a thou');
  });

  it('repeats it for the lines where the problem is by then', async () => {
    await failToFix();
    const { start, ...rest } = asked();
    workbench.type(document, TOP, '# new\n# lines\n');
    problemAt(6);
    select(6, 6);
    await tryAgain();
    expect(requests).toHaveLength(2);
    expect(asked()).toEqual({ ...rest, start: start + 2 });
    expect(picks).toEqual([]);
  });

  it('repeats it in its own document, which may have been left', async () => {
    await failToFix();
    const first = asked();
    open('b.py', 'other = 1\n');
    await tryAgain();
    expect(requests).toHaveLength(2);
    expect(asked()).toEqual(first);
    expect(workbench.editors[0]!.document).toBe(document);
  });

  it('documents the same lines although the selection is gone', async () => {
    select(4, 6);
    await commands.quick('document');
    await settle();
    const first = asked();
    select(9, 9);
    await tryAgain();
    expect(requests).toHaveLength(2);
    expect(asked()).toEqual(first);
  });

  it('tells when the document cannot be opened any more', async () => {
    await failToFix();
    open('b.py', 'other = 1\n');
    workbench.documents.splice(0, 1);
    await tryAgain();
    expect(messages.at(-1)?.text).toContain('the file changed meanwhile');
    expect(requests).toHaveLength(1);
  });

  it('prompts again with the words that failed', async () => {
    select(3, 6);
    const { pick, done } = prompt();
    pick.send('Shorter.');
    await done;
    await settle();
    void tryAgain();
    await settle();
    expect(picks).toHaveLength(2);
    expect(picks[1]!.value).toBe('Shorter.');
    picks[1]!.dismiss('');
  });
});
