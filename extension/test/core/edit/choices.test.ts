import { describe, expect, it } from 'vitest';
import { promptChoices } from '../../../src/core/edit/choices.js';

const HISTORY = ['Add types', 'use a dict', 'add a docstring'];

function choices(typed: string, more: { offers?: string[]; files?: string[] } = {}) {
  return promptChoices({ typed, history: HISTORY, offers: [], files: [], ...more });
}

describe('promptChoices', () => {
  it('sends what is typed, whatever the history says', () => {
    const { choices: shown, active } = choices(' add ');
    expect(shown[active]).toEqual({ kind: 'submit', text: 'add' });
    expect(shown.slice(1)).toEqual([
      { kind: 'history', text: 'Add types' },
      { kind: 'history', text: 'add a docstring' },
    ]);
  });

  it('finds earlier instructions by their words in any order', () => {
    expect(choices('docstring add').choices.slice(1)).toEqual([
      { kind: 'history', text: 'add a docstring' },
    ]);
  });

  it('does not offer again what stands in the input', () => {
    expect(choices('use a dict').choices).toEqual([{ kind: 'submit', text: 'use a dict' }]);
  });

  it('offers a fix as long as nothing is typed', () => {
    const empty = choices('', { offers: ['fix'] });
    expect(empty.choices[empty.active]).toEqual({ kind: 'offer', id: 'fix' });
    expect(empty.choices).toHaveLength(5);
    expect(choices('a', { offers: ['fix'] }).active).toBe(0);
  });

  it('completes a mention before it sends anything', () => {
    const { choices: shown, active } = choices('like @ma', { files: ['src/main.py', 'Makefile'] });
    expect(shown[0]).toEqual({ kind: 'submit', text: 'like @ma' });
    expect(shown[active]).toEqual({ kind: 'file', path: 'src/main.py' });
    expect(shown).toHaveLength(3);
  });
});
