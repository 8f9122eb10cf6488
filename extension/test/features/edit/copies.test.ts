import { afterEach, expect, it } from 'vitest';
import type { EditRequest } from '../../../src/core/edit/request.js';
import type { ChatDelta } from '../../../src/core/server/types.js';
import { Copies } from '../../../src/features/edit/copies.js';
import { Edits } from '../../../src/features/edit/edits.js';
import type { LiveEdit } from '../../../src/features/edit/live-edit.js';
import type { Host } from '../../../src/host/host.js';
import { MODEL, silent } from '../../support/test-editor.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import * as vscode from '../../support/vscode.js';
import { asReal, Workbench, type TestDocument } from '../../support/workbench.js';

const ORIGINAL = 'import a\n\nx = 1\ny = 2\nz = 3';
const SHOWN = 'import a\n\nx = 1\ny = 2\nx = 10\ny = 20\nz = 3';
const REGION = { start: 2, count: 2 };

const REQUEST: EditRequest = {
  action: 'edit',
  instruction: 'tenfold',
  path: 'a.py',
  language: 'python',
  before: ['import a', ''],
  region: ['x = 1', 'y = 2'],
  after: ['z = 3'],
  problems: [],
  mentions: [],
  context: [],
  indentation: { insertSpaces: true, size: 4 },
  model: MODEL,
  format: 'region',
  surroundingLines: 40,
  maxTokens: 256,
};

async function* answer(): AsyncGenerator<ChatDelta> {
  await Promise.resolve();
  yield { text: '```python\nx = 10\ny = 20\n```' };
}

let installed: { dispose(): unknown } | undefined;
afterEach(() => installed?.dispose());

class Scene {
  readonly clock = new VirtualClock();
  readonly workbench = new Workbench().install();
  readonly said: string[] = [];
  readonly edits: Edits;
  readonly source: TestDocument;
  edit!: LiveEdit;

  constructor(path = 'a.py') {
    Object.assign(vscode.window, {
      showInformationMessage: (text: string) => this.said.push(text),
    });
    const host = {
      client: { chat: answer },
      clock: this.clock,
      log: silent,
      documents: { path: (uri: vscode.Uri) => uri.path },
    } as unknown as Host;
    this.edits = new Edits(host);
    installed = vscode.Disposable.from(this.edits, new Copies(host, this.edits));
    this.source = this.workbench.open(path, ORIGINAL);
  }

  /** An edit under review. */
  static async review(): Promise<Scene> {
    const scene = new Scene();
    scene.edit = scene.edits.begin(asReal(scene.source), REGION, REQUEST);
    void scene.edit.session.start();
    await scene.clock.advance(1000);
    expect(scene.edit.session.state.kind).toBe('review');
    expect(scene.source.getText()).toBe(SHOWN);
    return scene;
  }

  /** What the editor does for a save under another name: an empty document gets the text. */
  copyTo(path: string, text = this.source.getText()): TestDocument {
    const target = this.workbench.open(path, '');
    this.workbench.apply(target, [new vscode.TextEdit(new vscode.Range(0, 0, 0, 0), text)]);
    return target;
  }
}

it('saves a copy of the document without the edit', async () => {
  const scene = await Scene.review();
  const target = scene.copyTo('b.py');
  expect(target.getText()).toBe(SHOWN);
  await scene.workbench.save(target);
  expect(scene.workbench.files.get('b.py')).toBe(ORIGINAL);
  expect(scene.said).toEqual([expect.stringContaining('b.py')]);
  expect(scene.source.getText()).toBe(SHOWN);
});

it('saves a copy without the edit that has gone on since', async () => {
  const scene = await Scene.review();
  const target = scene.copyTo('b.py');
  const added = new vscode.Range(4, 0, 4, 6);
  scene.workbench.apply(scene.source, [new vscode.TextEdit(added, 'x = 100')]);
  await scene.workbench.save(target);
  expect(scene.workbench.files.get('b.py')).toBe(ORIGINAL);
});

it('knows a copy after the editor has reverted the document', async () => {
  const scene = await Scene.review();
  scene.source.isDirty = false;
  const whole = new vscode.Range(0, 0, 6, 5);
  scene.source.replace(whole, ORIGINAL);
  const contentChanges = [{ range: whole, rangeOffset: 0, rangeLength: 50, text: ORIGINAL }];
  scene.workbench.changed.fire({ document: scene.source, contentChanges });
  scene.workbench.close(scene.source);
  const target = scene.workbench.open('b.py', SHOWN);
  await settle();
  expect(target.getText()).toBe(ORIGINAL);
});

it("does not fight the user's undo", async () => {
  const scene = await Scene.review();
  const target = scene.copyTo('b.py');
  await scene.workbench.save(target);
  scene.workbench.close(scene.source);
  const whole = new vscode.Range(0, 0, 4, 5);
  scene.workbench.type(target, whole, SHOWN, vscode.TextDocumentChangeReason.Undo);
  await settle();
  expect(target.getText()).toBe(SHOWN);
});

it('saves what was accepted by hunk', async () => {
  const scene = await Scene.review();
  await scene.edit.acceptHunk(4);
  await settle();
  const target = scene.copyTo('b.py');
  await scene.workbench.save(target);
  expect(scene.workbench.files.get('b.py')).toBe(scene.source.getText());
});

it.each(['before', 'after'])('frees a document that opens %s the old one closes', async (when) => {
  const scene = await Scene.review();
  // What the editor does for a rename: the file counts as saved, and the text comes back elsewhere.
  scene.source.isDirty = false;
  if (when === 'after') {
    scene.workbench.close(scene.source);
    await scene.clock.advance(5000);
  }
  const target = scene.workbench.open('b.py', SHOWN);
  if (when === 'before') {
    await settle();
    expect(target.getText()).toBe(SHOWN);
    scene.workbench.close(scene.source);
  }
  await settle();
  expect(target.getText()).toBe(ORIGINAL);
  expect(scene.edits.all).toEqual([]);
  expect(scene.said).toEqual([expect.stringContaining('b.py')]);
  // It was used: the next document with this text is the user's own.
  const other = scene.workbench.open('c.py', SHOWN);
  await settle();
  expect(other.getText()).toBe(SHOWN);
});

it('forgets a closed document after a short while', async () => {
  const scene = await Scene.review();
  scene.workbench.close(scene.source);
  await scene.clock.advance(10_000);
  const target = scene.workbench.open('b.py', SHOWN);
  await scene.workbench.save(target);
  expect(target.getText()).toBe(SHOWN);
});

it.each([
  ['another text', 'import b\n'],
  ['one more line', `${SHOWN}\n`],
  ['another line above', SHOWN.replace('import a', 'import b')],
  ['another line of the edit', SHOWN.replace('x = 10', 'x = 11')],
  ['a part of the edit', SHOWN.replace('y = 20\n', '')],
  ['the original', ORIGINAL],
])('leaves a document alone that has %s', async (_, text) => {
  const scene = await Scene.review();
  const target = scene.copyTo('b.py', text);
  await scene.workbench.save(target);
  scene.workbench.close(scene.source);
  const next = scene.workbench.open('c.py', text);
  await settle();
  await scene.workbench.save(next);
  expect([target, next].map((document) => document.getText())).toEqual([text, text]);
  expect(scene.said).toEqual([]);
});

it('leaves a copy alone that somebody has changed', async () => {
  const scene = await Scene.review();
  const target = scene.copyTo('b.py');
  scene.workbench.type(target, new vscode.Position(0, 0), '# mine\n');
  await scene.workbench.save(target);
  expect(scene.workbench.files.get('b.py')).toBe(`# mine\n${SHOWN}`);
});

it.each(['acceptAll', 'rejectAll'] as const)('keeps nothing after %s', async (decide) => {
  const scene = await Scene.review();
  const target = scene.copyTo('b.py');
  await scene.edit[decide]();
  await settle();
  expect(scene.edits.all).toEqual([]);
  scene.workbench.close(scene.source);
  const next = scene.workbench.open('c.py', SHOWN);
  await settle();
  await scene.workbench.save(target);
  await scene.workbench.save(next);
  expect([target, next].map((document) => document.getText())).toEqual([SHOWN, SHOWN]);
});

it.each([
  ['file', 'a.py', 'b.py'],
  ['folder', '', '../elsewhere'],
])('takes the edit out before its %s is renamed', async (_, from, to) => {
  const scene = await Scene.review();
  await scene.workbench.announceRename(from, to);
  expect(scene.source.getText()).toBe(ORIGINAL);
  // Where nothing comes of it, the edit is there again.
  await scene.clock.advance(10_000);
  expect(scene.source.getText()).toBe(SHOWN);
});

it('keeps the edit where another file is renamed', async () => {
  const scene = await Scene.review();
  await scene.workbench.announceRename('a.p', 'b.p');
  expect(scene.source.getText()).toBe(SHOWN);
});
