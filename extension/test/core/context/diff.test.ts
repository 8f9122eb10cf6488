import { describe, expect, test } from 'vitest';
import { parseHunks, trimmedDiff } from '../../../src/core/context/diff.js';

const DIFF = [
  'diff --git a/src/a.ts b/src/a.ts',
  'index 123..456 100644',
  '--- a/src/a.ts',
  '+++ b/src/a.ts',
  '@@ -1,6 +1,7 @@ function first() {',
  ' one',
  ' two',
  '-three',
  '+drei',
  '+vier',
  ' five',
  ' six',
  ' seven',
  '@@ -20,3 +21,2 @@',
  ' twenty',
  '-gone',
  ' more',
  '\\ No newline at end of file',
].join('\n');

describe('hunks', () => {
  test('tell the lines of the new file that changed', () => {
    expect(parseHunks(DIFF).map(({ changed }) => changed)).toEqual([
      [{ start: 2, end: 4 }],
      [{ start: 21, end: 21 }],
    ]);
  });

  test('are none in other text', () => {
    expect(parseHunks('')).toEqual([]);
    expect(parseHunks('Binary files a/x.png and b/x.png differ\n')).toEqual([]);
  });

  test('of new files begin at the first line', () => {
    expect(parseHunks('@@ -0,0 +1,2 @@\n+a\n+b')).toMatchObject([
      { oldStart: 0, newStart: 0, changed: [{ start: 0, end: 2 }] },
    ]);
  });
});

describe('a trimmed diff', () => {
  test('has one line around each change and tells which lines these are', () => {
    expect(trimmedDiff(parseHunks(DIFF), 1000)).toBe(
      '@@ -2,3 +2,4 @@\n two\n-three\n+drei\n+vier\n five\n@@ -20,3 +21,2 @@\n twenty\n-gone\n more',
    );
  });

  test('leaves out the hunks that do not fit', () => {
    expect(trimmedDiff(parseHunks(DIFF), 45)).toBe(
      '@@ -2,3 +2,4 @@\n two\n-three\n+drei\n+vier\n five',
    );
    expect(trimmedDiff(parseHunks(DIFF), 40)).toBe('@@ -20,3 +21,2 @@\n twenty\n-gone\n more');
    expect(trimmedDiff(parseHunks(DIFF), 10)).toBe('');
  });
});
