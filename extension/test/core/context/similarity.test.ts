import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fileWords,
  rarity,
  similarity,
  similarWindows,
  wordsAround,
} from '../../../src/core/context/similarity.js';

const anyWord = fc.constantFrom('alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'theta');
const anyLine = fc.array(anyWord, { maxLength: 5 }).map((words) => words.join(' '));

describe('similarity', () => {
  test('is the share of common words', () => {
    const a = new Set(['one', 'two', 'three']);
    const b = new Set(['two', 'three', 'four']);
    expect(similarity(a, b)).toBeCloseTo(0.5);
    expect(similarity(a, a)).toBe(1);
    expect(similarity(a, new Set())).toBe(0);
    expect(similarity(new Set(), new Set())).toBe(0);
  });

  test('counts rare words more', () => {
    const files = [fileWords(['alpha beta']), fileWords(['alpha gamma']), fileWords(['alpha'])];
    const weight = rarity(files);
    expect(weight('beta')).toBeGreaterThan(weight('alpha'));
    expect(weight('unheard')).toBeGreaterThan(weight('beta'));
  });
});

describe('similar windows', () => {
  test('are scored as if each were looked at by itself', () => {
    fc.assert(
      fc.property(
        fc.array(anyLine, { maxLength: 30 }),
        anyLine,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        (lines, cursor, size, step) => {
          const reference = wordsAround([cursor]);
          const options = { size, step: Math.min(step, size), count: 100 };
          for (const window of similarWindows(reference, fileWords(lines), options)) {
            const words = wordsAround(lines.slice(window.lines.start, window.lines.end));
            expect(window.score).toBeCloseTo(similarity(reference, words));
          }
        },
      ),
    );
  });

  test('do not overlap, come best first, and have something in common', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 40 }), anyLine, (lines, cursor) => {
        const options = { size: 6, step: 2, count: 4 };
        const windows = similarWindows(wordsAround([cursor]), fileWords(lines), options);
        expect(windows.length).toBeLessThanOrEqual(4);
        windows.forEach((window, index) => {
          expect(window.score).toBeGreaterThan(0);
          for (const later of windows.slice(index + 1)) {
            expect(later.score).toBeLessThanOrEqual(window.score);
            expect(
              later.lines.end <= window.lines.start || window.lines.end <= later.lines.start,
            ).toBe(true);
          }
        });
      }),
    );
  });

  test('find the place that speaks of the same thing', () => {
    const lines = Array.from({ length: 200 }, (_, index) => `noise_${index % 7} = other(${index})`);
    lines[120] = 'def parse_duration(text):';
    lines[121] = '    return seconds(text)';
    const [best] = similarWindows(
      wordsAround(['wait = parse_duration(config.timeout)']),
      fileWords(lines),
      { size: 20, step: 4, count: 1 },
    );
    expect(best?.lines.start).toBeLessThanOrEqual(120);
    expect(best?.lines.end).toBeGreaterThan(120);
  });
});
