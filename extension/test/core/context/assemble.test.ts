import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assemble } from '../../../src/core/context/assemble.js';
import { overlap } from '../../../src/core/context/lines.js';
import { usefulness } from '../../../src/core/context/ranking.js';
import { costOf, isVerbatim } from '../../../src/core/context/snippets.js';
import type { ContextPurpose, Snippet } from '../../../src/core/context/types.js';
import { anySnippet, fileLines, snippet } from './support.js';

const NOTHING_SHOWN = { uri: 'own.ts', lines: { start: 0, end: 0 } };

function chosen(offers: readonly Snippet[], budget = 10_000): readonly Snippet[] {
  return assemble({ offers, budget, purpose: 'completion', shown: NOTHING_SHOWN });
}

describe('what is chosen', () => {
  const anyOffers = fc.array(anySnippet, { maxLength: 25 });
  const anyBudget = fc.integer({ min: 0, max: 12_000 });
  const anyPurpose = fc.constantFrom<ContextPurpose>('completion', 'edit');
  const anyShown = fc
    .tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 120 }))
    .map(([start, length]) => ({ uri: 'own.ts', lines: { start, end: start + length } }));

  test('never costs more than the budget', () => {
    fc.assert(
      fc.property(anyOffers, anyBudget, anyPurpose, (offers, budget, purpose) => {
        const result = assemble({ offers, budget, purpose, shown: NOTHING_SHOWN });
        expect(result.reduce((sum, one) => sum + costOf(one), 0)).toBeLessThanOrEqual(budget);
      }),
    );
  });

  test('shows no line twice, and none that the prompt shows', () => {
    fc.assert(
      fc.property(anyOffers, anyBudget, anyShown, (offers, budget, shown) => {
        const result = assemble({ offers, budget, purpose: 'completion', shown });
        result.forEach((one, index) => {
          if (one.uri === shown.uri) {
            expect(overlap(one.lines, shown.lines)).toBe(0);
          }
          for (const other of result.slice(index + 1)) {
            expect(one.uri === other.uri && overlap(one.lines, other.lines) > 0).toBe(false);
          }
        });
      }),
    );
  });

  test('holds the lines that it says it holds', () => {
    fc.assert(
      fc.property(anyOffers, anyShown, (offers, shown) => {
        for (const one of assemble({ offers, budget: 9_000, purpose: 'edit', shown })) {
          expect(isVerbatim(one)).toBe(true);
          const lines = fileLines(one.uri).slice(one.lines.start, one.lines.end);
          expect(one.text).toBe(lines.join('\n'));
        }
      }),
    );
  });

  test('does not hang on the order of the offers', () => {
    fc.assert(
      fc.property(
        anyOffers.chain((offers) =>
          fc.tuple(
            fc.constant(offers),
            fc.shuffledSubarray(offers, { minLength: offers.length, maxLength: offers.length }),
          ),
        ),
        ([offers, shuffled]) => {
          expect(chosen(shuffled, 5_000)).toEqual(chosen(offers, 5_000));
        },
      ),
    );
  });

  test('stands in order, the most useful last', () => {
    fc.assert(
      fc.property(anyOffers, (offers) => {
        const worth = chosen(offers).map((one) => usefulness(one, 'completion'));
        expect(worth).toEqual([...worth].sort((a, b) => a - b));
      }),
    );
  });

  test('keeps what is kept as it is, in front', () => {
    fc.assert(
      fc.property(anyOffers, anyOffers, (first, more) => {
        const kept = chosen(first, 4_000);
        const result = assemble({
          offers: more,
          kept,
          budget: 6_000,
          purpose: 'completion',
          shown: NOTHING_SHOWN,
        });
        expect(result.slice(0, kept.length)).toEqual(kept);
        expect(result.reduce((sum, one) => sum + costOf(one), 0)).toBeLessThanOrEqual(6_000);
      }),
    );
  });
});

describe('choosing', () => {
  test('leaves out copies of the same text', () => {
    const original = snippet('a.ts', 0, 20, 'openTabs', 0.9);
    const copy = { ...original, uri: 'copy-of-a.ts', path: 'copy-of-a.ts', score: 0.5 };
    expect(chosen([original, copy])).toEqual([original]);
  });

  test('cuts what overlaps something more useful', () => {
    const definition = snippet('a.ts', 10, 20, 'definitions', 1);
    const tab = snippet('a.ts', 0, 30, 'openTabs', 1);
    expect(chosen([tab, definition]).map(({ lines }) => lines)).toEqual([
      { start: 20, end: 30 },
      { start: 0, end: 10 },
      { start: 10, end: 20 },
    ]);
  });

  test('gives no snippet more than half of the budget, but a mention all of it', () => {
    const large = snippet('a.ts', 0, 200);
    const [cut] = chosen([large], 2_000);
    expect(cut && costOf(cut)).toBeLessThanOrEqual(1_000);
    const [mention] = chosen([{ ...large, source: 'mentions' }], 2_000);
    expect(mention && costOf(mention)).toBeGreaterThan(1_900);
  });

  test('leaves out blank snippets and scraps', () => {
    const blank = { ...snippet('a.ts', 0, 3), text: '\n \n' };
    const scrap = snippet('own.ts', 0, 12);
    const shown = { uri: 'own.ts', lines: { start: 2, end: 50 } };
    expect(
      assemble({ offers: [blank, scrap], budget: 9_000, purpose: 'completion', shown }),
    ).toEqual([]);
  });

  test('puts what was at the front the last time there again', () => {
    const [a, b, c] = [
      snippet('a.ts', 0, 5, 'openTabs', 0.9),
      snippet('b.ts', 0, 5, 'openTabs', 0.5),
      snippet('c.py', 0, 5, 'openTabs', 0.1),
    ];
    const result = assemble({
      offers: [a, b, c],
      budget: 9_000,
      purpose: 'completion',
      shown: NOTHING_SHOWN,
      previous: [b, snippet('d.ts', 0, 5), a],
    });
    expect(result).toEqual([b, c, a]);
  });
});
