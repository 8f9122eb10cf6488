import { expect, test } from 'vitest';
import { DocumentEnd } from '../../../src/features/edit/document-end.js';
import type * as vscode from '../../support/vscode.js';
import { asReal, Workbench } from '../../support/workbench.js';

type Outcome = 'taken' | 'refused' | 'broken';

/** A document whose editor takes changes, or not, in this order; the last outcome stays. */
function setUp(...outcomes: Outcome[]) {
  const workbench = new Workbench().install();
  const document = workbench.open('test_shop.py', 'import shop\n');
  const insert = (at: vscode.Position, text: string): void => workbench.type(document, at, text);
  const edit = (change: (builder: object) => void): Promise<boolean> => {
    const outcome = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
    if (outcome === 'broken') {
      return Promise.reject(new Error('TextEditor#edit not possible on closed editors'));
    }
    if (outcome === 'taken') {
      change({ insert });
    }
    return Promise.resolve(outcome === 'taken');
  };
  Object.assign(workbench.editors[0]!, { edit });
  return { document, end: new DocumentEnd(asReal(document)) };
}

async function write(end: DocumentEnd): Promise<boolean> {
  for (const text of ['one\n', 'two\n', 'three\n']) {
    await end.append(text);
  }
  return end.finish();
}

test.each<Outcome[][]>([
  [['taken']],
  [['refused', 'taken']],
  [['taken', 'broken', 'taken']],
  [['taken', 'taken', 'refused', 'refused', 'taken']],
])('every line is written once and in order: %j', async (outcomes) => {
  const { document, end } = setUp(...outcomes);
  expect(await write(end)).toBe(true);
  expect(document.getText()).toBe('import shop\none\ntwo\nthree\n');
});

test('what is not taken in the end is told', async () => {
  const { document, end } = setUp('taken', 'refused');
  expect(await write(end)).toBe(false);
  expect(document.getText()).toBe('import shop\none\n');
});

test('a closed document is not opened again', async () => {
  const { document, end } = setUp('taken');
  await end.append('one\n');
  document.isClosed = true;
  await end.append('two\n');
  expect(await end.finish()).toBe(false);
  expect(document.getText()).toBe('import shop\none\n');
});
