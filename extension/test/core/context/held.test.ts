import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeldContexts, type Held } from '../../../src/core/context/held.js';
import { costOf } from '../../../src/core/context/snippets.js';
import type { Snippet } from '../../../src/core/context/types.js';
import { anySnippet, snippet } from './support.js';

const BUDGET = 6_000;
const SHOWN = { uri: 'own.ts', lines: { start: 100, end: 200 } };

function input(offers: readonly Snippet[]) {
  return { offers, budget: BUDGET, purpose: 'completion' as const, shown: SHOWN };
}

function bytesOf(held: Held): string {
  return held.snippets.map(({ path, text }) => `${path}\n${text}\n`).join('');
}

/** Goes through what a gatherer does at one keystroke. */
function keystroke(contexts: HeldContexts, line: number, offers: readonly Snippet[]): Held {
  const held = contexts.find(SHOWN, line);
  return held ? contexts.admit(held, input(offers)) : contexts.choose(line, input(offers));
}

describe('while someone types', () => {
  test('a hundred keystrokes leave every byte as it is, whatever the offers do', () => {
    const others = anySnippet.filter(
      ({ source }) => !['definitions', 'notebookCells', 'mentions'].includes(source),
    );
    fc.assert(
      fc.property(
        fc.array(others, { minLength: 1, maxLength: 10 }),
        fc.array(fc.array(others, { maxLength: 6 }), { minLength: 100, maxLength: 100 }),
        (first, later) => {
          const contexts = new HeldContexts();
          const before = keystroke(contexts, 150, first);
          fc.pre(before.snippets.length > 0);
          for (const offers of later) {
            contexts.changed('own.ts', [{ start: 150, before: 1, after: 1 }]);
            expect(bytesOf(keystroke(contexts, 150, offers))).toBe(bytesOf(before));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('a definition that turns up goes behind what is there', () => {
    const contexts = new HeldContexts();
    const before = keystroke(contexts, 150, [snippet('a.ts', 0, 40), snippet('b.ts', 0, 20)]);
    const definition = snippet('c.py', 5, 15, 'definitions', 0.9);
    const after = keystroke(contexts, 150, [definition]);
    expect(after.snippets).toEqual([...before.snippets, definition]);
    expect(keystroke(contexts, 151, [definition])).toBe(after);
  });

  test('the budget holds for whatever is admitted', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anySnippet, { maxLength: 8 }), { maxLength: 12 }), (events) => {
        const contexts = new HeldContexts();
        for (const offers of events) {
          const { snippets } = keystroke(contexts, 150, offers);
          expect(snippets.reduce((sum, one) => sum + costOf(one), 0)).toBeLessThanOrEqual(BUDGET);
        }
      }),
    );
  });

  test('the same offers again change nothing', () => {
    fc.assert(
      fc.property(fc.array(anySnippet, { maxLength: 12 }), (offers) => {
        const contexts = new HeldContexts();
        keystroke(contexts, 150, offers);
        const once = keystroke(contexts, 150, offers);
        const twice = keystroke(contexts, 150, offers);
        expect(bytesOf(twice)).toBe(bytesOf(once));
      }),
    );
  });

  test('something much better takes the place of the weakest when there is no room', () => {
    const contexts = new HeldContexts();
    const full = ['a.ts', 'b.ts', 'c.py', 'd.py'].map((uri, index) =>
      snippet(uri, 0, 60, 'recentViews', index / 10),
    );
    keystroke(contexts, 150, full);
    keystroke(contexts, 150, [snippet('e.ts', 0, 90, 'definitions', 1)]);
    const after = keystroke(contexts, 150, [snippet('f.ts', 0, 90, 'definitions', 1)]);
    expect(after.snippets.at(-1)?.source).toBe('definitions');
    expect(after.snippets.some(({ uri }) => uri === 'a.ts')).toBe(false);
  });
});

describe('a new choice is due', () => {
  const offers = [snippet('a.ts', 0, 10), snippet('own.ts', 300, 320, 'recentEdits')];

  function held(): HeldContexts {
    const contexts = new HeldContexts();
    contexts.choose(150, input(offers));
    return contexts;
  }

  test('when the cursor has gone far', () => {
    expect(held().find(SHOWN, 182)).toBeDefined();
    expect(held().find(SHOWN, 183)).toBeUndefined();
    expect(held().find(SHOWN, 117)).toBeUndefined();
  });

  test('when the text of a chosen snippet was changed', () => {
    const contexts = held();
    contexts.changed('a.ts', [{ start: 3, before: 1, after: 1 }]);
    expect(contexts.find(SHOWN, 150)).toBeUndefined();
  });

  test('when its file was closed or its document is another', () => {
    const contexts = held();
    expect(contexts.find({ ...SHOWN, uri: 'b.ts' }, 150)).toBeUndefined();
    contexts.forget('a.ts');
    expect(contexts.find(SHOWN, 150)).toBeUndefined();
  });

  test('when the prompt now shows what was chosen', () => {
    expect(held().find({ uri: 'own.ts', lines: { start: 200, end: 301 } }, 150)).toBeUndefined();
  });

  test('when the user has worked elsewhere', () => {
    const contexts = held();
    contexts.worked('own.ts');
    expect(contexts.find(SHOWN, 150)).toBeDefined();
    contexts.worked('b.ts');
    expect(contexts.find(SHOWN, 150)).toBeUndefined();
    const again = contexts.choose(150, input([snippet('b.ts', 0, 9, 'recentViews'), ...offers]));
    expect(contexts.find(SHOWN, 150)).toBe(again);
    expect(again.snippets.map(({ uri }) => uri)).toEqual(['a.ts', 'own.ts', 'b.ts']);
  });

  test('but not when lines above move everything', () => {
    const contexts = held();
    const before = contexts.find(SHOWN, 150);
    contexts.changed('own.ts', [{ start: 0, before: 1, after: 41 }]);
    contexts.changed('a.ts', [{ start: 30, before: 2, after: 1 }]);
    const after = contexts.find({ uri: 'own.ts', lines: { start: 140, end: 240 } }, 190);
    expect(after && bytesOf(after)).toBe(before && bytesOf(before));
    expect(after?.snippets.map(({ lines }) => lines)).toContainEqual({ start: 340, end: 360 });
  });
});
