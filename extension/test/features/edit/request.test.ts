import type * as api from 'vscode';
import { expect, it } from 'vitest';
import { withoutContext, type SkippedSource } from '../../../src/core/context/types.js';
import { requestFor } from '../../../src/features/edit/request.js';
import { createDocuments } from '../../../src/host/documents.js';
import type { Host } from '../../../src/host/host.js';
import { MODEL } from '../../support/test-editor.js';
import * as vscode from '../../support/vscode.js';
import { Workbench } from '../../support/workbench.js';

/** What is said when an edit begins whose context lacks these sources. */
async function saidAbout(
  instruction: string,
  skipped: readonly SkippedSource[],
): Promise<string[]> {
  const said: string[] = [];
  const workbench = new Workbench().install();
  Object.assign(vscode.window, { showInformationMessage: (text: string) => said.push(text) });
  workbench.open('a.py', 'x = 1\n');
  const host = {
    gatherer: { gather: () => Promise.resolve({ ...withoutContext('a.py'), skipped }) },
    documents: createDocuments({
      isExcluded: () => false,
      onDidChange: new vscode.EventEmitter<void>().event,
    }),
    settings: { get: () => undefined },
  } as unknown as Host;
  const [editor] = workbench.editors;
  Object.assign(editor!, { options: { tabSize: 4, insertSpaces: true } });
  const wish = {
    editor: editor as unknown as api.TextEditor,
    version: 1,
    lines: { start: 0, end: 1 },
    action: 'edit' as const,
    instruction,
  };
  const request = await requestFor(host, wish, MODEL, new AbortController().signal);
  expect(request.region).toEqual(['x = 1']);
  return said;
}

it('tells of a mention that the model does not see', async () => {
  const skipped = [{ source: 'mentions', reason: 'unknown', path: 'nowhere.md' }] as const;
  expect(await saidAbout('as in @nowhere.md', skipped)).toEqual([
    expect.stringContaining('does not see nowhere.md'),
  ]);
});

it('says nothing of sources that nobody named', async () => {
  expect(await saidAbout('shorter', [{ source: 'definitions', reason: 'late' }])).toEqual([]);
});
