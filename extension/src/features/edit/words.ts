import * as vscode from 'vscode';
import type { EditNote, EditProblem, EditSession, Speed } from '../../core/edit/session.js';

/** What an edit does, for the status bar. */
export function activityOf({ state }: Pick<EditSession, 'state'>): string {
  const speed = 'speed' in state ? state.speed : undefined;
  return speed ? speedText(speed) : vscode.l10n.t('editing');
}

/** What an answer has come to: `3 changes, 24 tok/s`. */
export function summaryOf({ state, hunks }: Pick<EditSession, 'state' | 'hunks'>): string {
  const count = hunks.length;
  const changes = count === 1 ? vscode.l10n.t('1 change') : vscode.l10n.t('{0} changes', count);
  const speed = 'speed' in state ? state.speed : undefined;
  return speed ? `${changes}, ${speedText(speed)}` : changes;
}

function speedText({ tokensPerSecond }: Speed): string {
  const figure = tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : tokensPerSecond.toFixed(0);
  return vscode.l10n.t('{0} tok/s', figure);
}

/** What the user should know of an answer: what happened and what to do. */
export function noteText(note: EditNote): string {
  const { l10n } = vscode;
  switch (note.kind) {
    case 'unchanged':
      return l10n.t(
        'The model’s answer changes nothing. Say more exactly what is to change, or select other lines.',
      );
    case 'cut':
      return l10n.t(
        'The answer ended at the token limit; lines that it did not reach are kept. Select fewer lines, or raise the setting “aicockpit.edit.maxTokens”.',
      );
    case 'stopped':
      return l10n.t('The answer was stopped; lines that it did not reach are kept.');
    case 'interrupted':
      return l10n.t(
        '{0} Lines that the answer did not reach are kept. {1}',
        note.problem.message,
        note.problem.remedy,
      );
    case 'blocks-missed':
      return l10n.t(
        '{0} of {1} changes name lines that are not there, or not only once; the others are shown. Refine the edit, or set its format to “region”.',
        note.missed + note.ambiguous,
        note.blocks,
      );
  }
}

/** Why an edit could not be made and what to do. */
export function problemText(problem: Exclude<EditProblem, { kind: 'server' }>): string {
  const { l10n } = vscode;
  switch (problem.kind) {
    case 'too-long':
      return l10n.t(
        'The selected lines have about {0} tokens and the model has room for {1}. Select fewer lines, or give the model a longer context.',
        problem.regionTokens,
        problem.room,
      );
    case 'no-answer':
      return noAnswerText(problem.text, problem.cut);
    case 'surface':
      return l10n.t('The editor did not take the changes: {0}', problem.message);
  }
}

function noAnswerText(text: string, cut: boolean): string {
  const { l10n } = vscode;
  if (cut) {
    return l10n.t(
      'The answer ended at the token limit before any code came. Raise the setting “aicockpit.edit.maxTokens”, or choose another model.',
    );
  }
  return text
    ? l10n.t('The model wrote no code but: “{0}” Say it in other words.', shortened(text))
    : l10n.t('The model answered with nothing. Say it in other words, or choose another model.');
}

const MOST_WORDS = 200;

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > MOST_WORDS ? `${line.slice(0, MOST_WORDS)}…` : line;
}
