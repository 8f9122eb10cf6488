import { describe, expect, it } from 'vitest';
import { objectionTo, offsetAt, viewOf } from '../../../src/core/completion/cursor.js';
import { TestEditor } from '../../support/test-editor.js';

const question = (marked: string, eol: '\n' | '\r\n' = '\n') =>
  new TestEditor(marked, '', { eol }).question();

describe('the view of a document', () => {
  it('is what is before and after the cursor', () => {
    expect(viewOf(question('a\nb█c\nd'))).toMatchObject({
      prefix: 'a\nb',
      suffix: 'c\nd',
      line: 1,
      offset: 3,
    });
  });

  it('has no carriage returns, but the offset counts them', () => {
    expect(viewOf(question('a\nb█\nc', '\r\n'))).toMatchObject({
      prefix: 'a\nb',
      suffix: '\nc',
      offset: 4,
    });
  });

  it('has the selected suggestion in it', () => {
    const range = { start: { line: 0, character: 2 }, end: { line: 0, character: 4 } };
    const asked = { ...question('a.b█c\n'), selectedSuggestion: { range, text: 'bcd' } };
    expect(viewOf(asked)).toMatchObject({
      prefix: 'a.bcd',
      suffix: '\n',
      suggestion: { text: 'bcd', replaceFrom: 1, replaceTo: 1 },
    });
  });

  it('is none when the suggestion is in other lines', () => {
    const range = { start: { line: 0, character: 0 }, end: { line: 1, character: 0 } };
    const asked = { ...question('a\n█\n'), selectedSuggestion: { range, text: 'b' } };
    expect(viewOf(asked)).toBeUndefined();
  });

  it('takes a position behind the end as the end', () => {
    expect(offsetAt('ab\nc', { line: 9, character: 9 })).toBe(4);
    expect(offsetAt('ab\nc', { line: 1, character: 9 })).toBe(4);
  });
});

describe('what speaks against asking', () => {
  it.each([
    ['pri█nt()', 'a word goes on right after the cursor'],
    ['x = █ä', 'a word goes on right after the cursor'],
    ['$█$', 'a word goes on right after the cursor'],
    [`${'x'.repeat(5000)}█`, 'the line is too long'],
    [`${'x\n'.repeat(2_100_000)}█`, 'the document is too long'],
    ['print(█)', undefined],
    ['print("█");', undefined],
    ['f(█, b)', undefined],
  ])('%#', (marked, expected) => {
    expect(objectionTo(viewOf(question(marked))!)).toBe(expected);
  });
});
