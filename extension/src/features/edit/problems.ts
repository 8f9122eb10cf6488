import * as vscode from 'vscode';
import type { EditNote, EditProblem } from '../../core/edit/session.js';
import type { Host } from '../../host/host.js';
import { tell, tellServerProblem, type Action } from '../../host/tell.js';
import { noteText, problemText } from './words.js';

/** Tells why an edit could not be made, once, with buttons for what to do about it. */
export async function tellProblem(
  host: Host,
  problem: EditProblem,
  again: () => unknown,
): Promise<void> {
  await (problem.kind === 'server'
    ? tellServerProblem(host, problem.problem, again)
    : tell('warning', problemText(problem), [tryAgain(again)]));
}

/**
 * Tells what the user should know of an answer; nothing where the rows show it.
 *
 * @param again asks once more.
 */
export async function tellNotes(
  host: Host,
  notes: readonly EditNote[],
  again: () => unknown,
): Promise<void> {
  const worth = notes.filter((note) => note.kind !== 'stopped');
  if (worth.length === 0) {
    return;
  }
  for (const note of worth) {
    if (note.kind === 'interrupted') {
      host.connection.report(note.problem);
    }
  }
  const plain = worth.every(({ kind }) => kind === 'unchanged');
  const severity = plain ? 'information' : 'warning';
  await tell(severity, worth.map(noteText).join(' '), [tryAgain(again)]);
}

function tryAgain(run: () => unknown): Action {
  return { title: vscode.l10n.t('Try Again'), run };
}
