import * as vscode from 'vscode';
import { writeTests, type CodeQuestion } from '../../core/edit/quick-answers.js';
import type { IndentationStyle } from '../../core/edit/request.js';
import { testFileFor } from '../../core/edit/test-file.js';
import { ServerProblem } from '../../core/server/problem.js';
import type { Host } from '../../host/host.js';
import { tell, tellServerProblem } from '../../host/tell.js';
import { DocumentEnd } from './document-end.js';

const MOST_ATTEMPTS = 20;

/**
 * Writes tests into a new document that is not saved. It has the path where such tests usually
 * lie, if there is a workspace folder; never the path of a file that exists.
 */
export async function writeTestsFor(
  host: Host,
  document: vscode.TextDocument,
  question: CodeQuestion,
  indentation: IndentationStyle,
): Promise<void> {
  const place = await testPlace(document, question.path);
  const target = await (place.uri
    ? vscode.workspace.openTextDocument(place.uri)
    : vscode.workspace.openTextDocument({ language: document.languageId }));
  await vscode.window.showTextDocument(target, {
    viewColumn: vscode.ViewColumn.Beside,
    preview: false,
  });
  const controller = new AbortController();
  const closing = vscode.workspace.onDidCloseTextDocument((closed) => {
    if (closed === target && closed.isClosed) {
      controller.abort(new Error('The document was closed.'));
    }
  });
  const activity = host.activity.begin(vscode.l10n.t('writing tests'));
  try {
    const full = { ...question, testPath: place.path, indentation };
    const answer = writeTests(host.client, full, controller.signal);
    const outcome = await fill(new DocumentEnd(target), answer);
    host.log.debug('tests were written', { outcome });
    const text = {
      nothing: vscode.l10n.t('The model wrote no tests. Select other lines, or try again.'),
      part: vscode.l10n.t('The editor did not take the last lines of the tests. Try again.'),
      all: undefined,
    }[outcome];
    if (text) {
      void tell('information', text, []);
    }
  } catch (error) {
    if (error instanceof ServerProblem) {
      void tellServerProblem(host, error, () =>
        vscode.commands.executeCommand('aicockpit.edit.tests'),
      );
    } else if (!controller.signal.aborted) {
      throw error;
    }
  } finally {
    closing.dispose();
    activity.end();
  }
}

async function fill(
  end: DocumentEnd,
  answer: AsyncIterable<readonly string[]>,
): Promise<'all' | 'part' | 'nothing'> {
  let came = false;
  for await (const lines of answer) {
    came ||= lines.length > 0;
    await end.append(lines.map((line) => `${line}\n`).join(''));
  }
  if (!came) {
    return 'nothing';
  }
  return (await end.finish()) ? 'all' : 'part';
}

interface TestPlace {
  /** As the model is told it. */
  readonly path: string;
  /** Of the document that is not saved yet; absent where files have no place. */
  readonly uri?: vscode.Uri;
}

async function testPlace(document: vscode.TextDocument, path: string): Promise<TestPlace> {
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  if (!folder) {
    return { path: testFileFor(path) };
  }
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const free = testFileFor(path, attempt);
    const file = vscode.Uri.joinPath(folder.uri, free);
    const uri = file.with({ scheme: 'untitled' });
    if (!isOpen(uri) && !(await exists(file))) {
      return { path: free, uri };
    }
  }
  return { path: testFileFor(path) };
}

function isOpen(uri: vscode.Uri): boolean {
  const wanted = uri.toString();
  return vscode.workspace.textDocuments.some((document) => document.uri.toString() === wanted);
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
