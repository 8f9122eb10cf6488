import { describe, expect, it } from 'vitest';
import { afterOpening } from '../../../src/core/completion/opening.js';
import { stream } from '../../support/recorded-client.js';
import { TestEditor } from '../../support/test-editor.js';

const PLACE = { prefix: 'x = ', suffix: '\n', language: 'python' };

/** What is kept when the text comes character by character and one line is enough. */
function kept(text: string, place = PLACE): string {
  const limit = afterOpening((code) => {
    const cut = code.indexOf('\n');
    return cut < 0 ? 'more' : { cut, reason: 'end of the line' };
  }, place);
  for (let end = 1; end <= text.length; end++) {
    const verdict = limit(text.slice(0, end));
    if (verdict !== 'more') {
      return text.slice(0, verdict.cut);
    }
  }
  return text;
}

describe('the limit', () => {
  it.each([
    ['code\nmore\n', 'code'],
    ['`template`\nmore\n', '`template`'],
    ['```python\ncode\nmore\n', '```python\ncode'],
    ['~~~\ncode\nmore\n', '~~~\ncode'],
    ['```\n```\n', '```\n'],
    ['Here is the code:\n\n```python\ncode\nmore\n', 'Here is the code:\n\n```python\ncode'],
    ['Here is the code:\ncode\nmore\n', 'Here is the code:'],
    ['here = there:\nmore\n', 'here = there:'],
  ])('of %j keeps %j', (text, expected) => {
    expect(kept(text)).toBe(expected);
  });

  it('is as it was where fences belong', () => {
    expect(kept('```\ncode\n', { ...PLACE, language: 'markdown' })).toBe('```');
    expect(kept('```\ncode\n', { ...PLACE, prefix: '"""\n```\n' })).toBe('```');
  });
});

describe('an answer in a fence', () => {
  it.each([
    ['x = █\n', '```python\n1 + 2\n```\nThis adds.', 'x = █├1 + 2┤\n'],
    ['def f(a):\n    █\n', '```python\nreturn a\n```', 'def f(a):\n    █├return a┤\n'],
    [
      'def f(a):\n    █\n',
      'Here is the missing code:\n```python\n    return a\n```\nIt returns a.',
      'def f(a):\n    █├return a┤\n',
    ],
  ])('is shown without it: %j', async (document, answer, expected) => {
    const editor = new TestEditor(document, () => stream(answer));
    await editor.ask();
    await editor.wait(1000);
    expect(editor.shown).toBe(expected);
  });
});
