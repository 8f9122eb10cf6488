import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findLines } from '../../../src/core/edit/match.js';
import { lines } from './arbitraries.js';
import { quickest } from './quickest.js';

const TEXT = [
  'import os', // 0
  '',
  'def first(a):',
  '    total = a + 1',
  '    print(total)',
  '    return total', // 5
  '',
  'def second(a):',
  '    total = a + 2',
  '    print(total)',
  '    return total', // 10
];

describe('findLines', () => {
  it('finds equal lines', () => {
    expect(findLines(['def first(a):', '    total = a + 1'], TEXT)).toEqual({
      kind: 'found',
      start: 2,
      end: 4,
      how: 'exact',
    });
  });

  it('passes over empty lines around a quotation', () => {
    expect(findLines(['', 'import os', ''], TEXT)).toMatchObject({ start: 0, end: 1 });
  });

  it('reports several equal places', () => {
    expect(findLines(['    print(total)', '    return total'], TEXT)).toEqual({
      kind: 'ambiguous',
      how: 'exact',
      places: [4, 9],
    });
  });

  it('takes the one that is left when the other is taken', () => {
    expect(findLines(['    return total'], TEXT, [{ start: 2, end: 6 }])).toMatchObject({
      kind: 'found',
      start: 10,
    });
  });

  it.each<[string, string[]]>([
    ['indentation', ['def second(a):', 'total = a + 2', 'print(total)']],
    ['tabs', ['def second(a):', '\ttotal = a + 2', '\tprint(total)']],
    ['trailing white space', ['def second(a):  ', '    total = a + 2 ', '    print(total)']],
    ['empty lines', ['def second(a):', '', '    total = a + 2', '    print(total)']],
    ['spacing', ['def second(a):', '    total  =  a + 2', '    print(total)']],
  ])('passes over other %s', (_, quoted) => {
    expect(findLines(quoted, TEXT)).toEqual({
      kind: 'found',
      start: 7,
      end: 10,
      how: 'whitespace',
    });
  });

  it('finds what stands between the same first and last line', () => {
    const quoted = ['def second(a):', '    total = a + two', '    return total'];
    expect(findLines(quoted, TEXT)).toEqual({ kind: 'found', start: 7, end: 11, how: 'anchors' });
  });

  it('finds what is nearly the same', () => {
    const quoted = [
      '    total = a + 3',
      '    print(totals)',
      '    return total',
      '',
      'def second(b):',
    ];
    expect(findLines(quoted, TEXT)).toMatchObject({
      kind: 'found',
      start: 3,
      end: 8,
      how: 'fuzzy',
    });
  });

  it('reports several places that are nearly the same', () => {
    const text = ['alpha = compute(one)', 'x', 'alpha = compute(two)'];
    expect(
      findLines(['alpha = compute(ones)'], ['alpha = compute(one1)', 'x', 'alpha = compute(one2)']),
    ).toMatchObject({
      kind: 'ambiguous',
      how: 'fuzzy',
    });
    expect(findLines(['alpha = compute(oone)'], text)).toMatchObject({ kind: 'found', start: 0 });
  });

  it('does not find what is not there', () => {
    expect(findLines(['def third(a):', '    pass'], TEXT)).toEqual({ kind: 'missing' });
    expect(findLines([''], TEXT)).toEqual({ kind: 'missing' });
    expect(findLines([], ['', ''])).toMatchObject({ kind: 'found', start: 0, end: 2 });
  });

  it('finds any lines of a text, or says that they are there more than once', () => {
    fc.assert(
      fc.property(lines, fc.nat(), fc.nat(), (text, from, length) => {
        const start = from % Math.max(text.length, 1);
        const quoted = text.slice(start, start + 1 + (length % 6));
        fc.pre(quoted.some((line) => line.trim() !== ''));
        const found = findLines(quoted, text);
        expect(found.kind).not.toBe('missing');
        if (found.kind === 'found') {
          expect(text.slice(found.start, found.end).join('\n').trim()).toBe(
            quoted.join('\n').trim(),
          );
          expect(found.how).toBe('exact');
        }
      }),
    );
  });

  it('is fast in a long text', () => {
    const text = Array.from(
      { length: 5_000 },
      (_, at) => `    const value${at} = compute(${at * 7}, options);`,
    );
    const quoted = text.slice(3_000, 3_020).map((line) => line.replace('options', 'option'));
    expect(findLines(quoted, text)).toMatchObject({ kind: 'found', start: 3_000, how: 'fuzzy' });
    expect(quickest(() => findLines(quoted, text))).toBeLessThan(500);
  });
});
