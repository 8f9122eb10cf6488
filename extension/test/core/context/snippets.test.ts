import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { costOf, fitted, part, snippetOf } from '../../../src/core/context/snippets.js';
import { anySnippet, snippet } from './support.js';

const file = { uri: 'f', path: 'src/f.ts', lines: ['', 'one', '', 'two', '  ', ''] };

describe('snippets', () => {
  test('leave out blank lines at both ends', () => {
    const cut = snippetOf(file, { start: 0, end: 9 }, 'openTabs', 1);
    expect(cut?.lines).toEqual({ start: 1, end: 4 });
    expect(cut?.text).toBe('one\n\ntwo');
  });

  test('are not made of blank lines', () => {
    expect(snippetOf(file, { start: 4, end: 6 }, 'openTabs', 1)).toBeUndefined();
    expect(snippetOf(file, { start: 7, end: 9 }, 'openTabs', 1)).toBeUndefined();
  });

  test('are cut to lines of the file', () => {
    const cut = part(snippet('a.ts', 10, 20), { start: 15, end: 30 });
    expect(cut).toEqual(snippet('a.ts', 15, 20));
    expect(part(snippet('a.ts', 10, 20), { start: 0, end: 10 })).toBeUndefined();
  });

  test('fitted never cost more than the room and begin as the whole', () => {
    fc.assert(
      fc.property(anySnippet, fc.integer({ min: 0, max: 3000 }), (whole, room) => {
        const cut = fitted(whole, room, 3);
        if (cut) {
          expect(costOf(cut)).toBeLessThanOrEqual(room);
          expect(whole.text.startsWith(cut.text)).toBe(true);
          expect(cut.lines.end - cut.lines.start).toBe(cut.text.split('\n').length);
        } else {
          expect(costOf(whole)).toBeGreaterThan(room);
        }
      }),
    );
  });
});
