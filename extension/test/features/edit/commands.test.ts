import { expect, test } from 'vitest';
import { withoutContext } from '../../../src/core/context/types.js';
import { EditCommands } from '../../../src/features/edit/commands.js';
import type { Edits } from '../../../src/features/edit/edits.js';
import type { Explanations } from '../../../src/features/edit/explain.js';
import { createDocuments } from '../../../src/host/documents.js';
import type { Host } from '../../../src/host/host.js';
import { MODEL } from '../../support/test-editor.js';
import * as vscode from '../../support/vscode.js';
import { Workbench, type TestDocument } from '../../support/workbench.js';

const SOURCE = 'def a():\n    pass\n\n\ndef b():\n    pass\n';

/** Commands whose language server lets something happen to the file before it answers. */
function setUp(meanwhile: (workbench: Workbench, document: TestDocument) => void) {
  const workbench = new Workbench().install();
  const document = workbench.open('a.py', SOURCE);
  const said: string[] = [];
  const begun: object[] = [];
  Object.assign(vscode.window, { showInformationMessage: (text: string) => said.push(text) });
  Object.assign(workbench.editors[0]!, { options: { tabSize: 4 }, revealRange: () => undefined });
  workbench.answers.set('vscode.executeDocumentSymbolProvider', () => {
    meanwhile(workbench, document);
    return [];
  });
  const host = {
    connection: { modelFor: () => MODEL },
    activity: { begin: () => ({ update: () => undefined, end: () => undefined }) },
    gatherer: { gather: () => Promise.resolve(withoutContext('a.py')) },
    documents: createDocuments({
      isExcluded: () => false,
      onDidChange: new vscode.EventEmitter<void>().event,
    }),
    settings: { get: () => undefined },
    context: { globalState: { get: () => undefined, update: () => Promise.resolve() } },
  } as unknown as Host;
  const session = {
    start: () => Promise.resolve(),
    state: { kind: 'review', hunks: 1, notes: [] },
    progress: {},
  };
  const edits = {
    in: () => undefined,
    begin: (_: unknown, region: object) => {
      begun.push(region);
      return { session, onDidChange: () => ({ dispose: () => undefined }), isOver: false };
    },
  } as unknown as Edits;
  return { commands: new EditCommands(host, edits, {} as unknown as Explanations), begun, said };
}

test('an edit begins at the lines that were found', async () => {
  const { commands, begun } = setUp(() => undefined);
  await commands.quick('document');
  expect(begun).toEqual([{ start: 0, count: 2 }]);
});

test('a file that changes while its lines are looked for is not edited', async () => {
  const { commands, begun, said } = setUp((workbench, document) => {
    workbench.type(document, new vscode.Position(0, 0), '# new\n');
  });
  await commands.quick('document');
  expect(begun).toEqual([]);
  expect(said).toEqual([expect.stringContaining('the file changed meanwhile')]);
});

test('lines that a file does not have any more are not edited', async () => {
  const { commands, begun, said } = setUp(() => undefined);
  await commands.quick('document', { start: 40, end: 42 });
  expect(begun).toEqual([]);
  expect(said).toEqual([expect.stringContaining('the file changed meanwhile')]);
});
