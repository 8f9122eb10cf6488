import { describe, expect, it } from 'vitest';
import { ServerProblem } from '../../../src/core/server/problem.js';
import { activityOf, noteText, problemText, summaryOf } from '../../../src/features/edit/words.js';

const HUNK = { start: 0, end: 1 };
const speed = { tokensPerSecond: 23.6, counted: true };

describe('summaryOf', () => {
  const state = { kind: 'review', round: 1, hunks: 1, notes: [] } as const;

  it('counts changes and tells how fast they came', () => {
    expect(summaryOf({ state, hunks: [HUNK] })).toBe('1 change');
    expect(summaryOf({ state: { ...state, speed }, hunks: [HUNK, HUNK] })).toBe(
      '2 changes, 24 tok/s',
    );
  });
});

describe('activityOf', () => {
  it('shows the speed as soon as there is one', () => {
    expect(activityOf({ state: { kind: 'asking', round: 1 } })).toBe('editing');
    expect(activityOf({ state: { kind: 'streaming', round: 1, speed } })).toBe('24 tok/s');
    const slow = { tokensPerSecond: 2.34, counted: false };
    expect(activityOf({ state: { kind: 'streaming', round: 1, speed: slow } })).toBe('2.3 tok/s');
  });
});

describe('what the user is told', () => {
  const problem = new ServerProblem('interrupted', 'The answer broke off.', {
    code: 'interrupted',
    remedy: 'Ask again.',
  });

  it.each([
    [noteText({ kind: 'unchanged' }), 'changes nothing', 'Say more exactly'],
    [noteText({ kind: 'cut' }), 'token limit', 'aicockpit.edit.maxTokens'],
    [noteText({ kind: 'interrupted', problem }), 'broke off', 'Ask again'],
    [
      noteText({ kind: 'blocks-missed', missed: 1, ambiguous: 1, blocks: 3 }),
      '2 of 3',
      'Refine the edit',
    ],
    [problemText({ kind: 'too-long', regionTokens: 9000, room: 100 }), '9000', 'Select fewer'],
    [problemText({ kind: 'no-answer', text: '', cut: false }), 'nothing', 'other words'],
    [
      problemText({ kind: 'no-answer', text: 'I  cannot.', cut: false }),
      'I cannot.',
      'other words',
    ],
    [problemText({ kind: 'no-answer', text: '', cut: true }), 'token limit', 'maxTokens'],
  ])('says what happened and what to do: %s', (text, what, todo) => {
    expect(text).toContain(what);
    expect(text).toContain(todo);
  });

  it('cuts long answers short', () => {
    const text = problemText({ kind: 'no-answer', text: 'word '.repeat(500), cut: false });
    expect(text.length).toBeLessThan(300);
  });
});
