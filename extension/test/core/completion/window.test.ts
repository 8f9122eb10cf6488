import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CursorView } from '../../../src/core/completion/cursor.js';
import { PromptWindows, windowBudget, windowStart } from '../../../src/core/completion/window.js';

const LINES = Array.from({ length: 2000 }, (_, index) => `value_${index} = compute(${index})`);

function viewAt(line: number, typed = '', lines = LINES): CursorView {
  return {
    uri: 'file:///a',
    version: 1,
    language: 'python',
    prefix: [...lines.slice(0, line), typed].join('\n'),
    suffix: ['', ...lines.slice(line)].join('\n'),
    line,
    offset: 0,
  };
}

const BUDGET = { prefix: 6000, suffix: 1500 };

describe('the window', () => {
  it('is the whole of a short document', () => {
    const view = viewAt(5, 'x', LINES.slice(0, 10));
    expect(new PromptWindows().cut(view, BUDGET)).toEqual({
      prefix: view.prefix,
      suffix: view.suffix,
    });
  });

  it('begins and ends with lines and keeps to its budget', () => {
    const window = new PromptWindows().cut(viewAt(1000, 'x = '), BUDGET);
    expect(window.prefix.length).toBeLessThanOrEqual(BUDGET.prefix);
    expect(window.prefix.length).toBeGreaterThanOrEqual(BUDGET.prefix / 2);
    expect(LINES).toContain(window.prefix.split('\n')[0]);
    expect(window.suffix.length).toBeLessThanOrEqual(BUDGET.suffix);
    expect(LINES).toContain(window.suffix.split('\n').at(-1));
  });

  it('keeps its beginning for dozens of lines', () => {
    const begins = new Set<string | undefined>();
    for (let line = 1000; line < 1128; line++) {
      begins.add(new PromptWindows().cut(viewAt(line, 'x = '), BUDGET).prefix.split('\n')[0]);
    }
    expect(begins.size).toBeLessThanOrEqual(4);
  });

  it('keeps what is below while one line is being typed', () => {
    const windows = new PromptWindows();
    const { suffix } = windows.cut(viewAt(1000, 'x'), BUDGET);
    const far = LINES.with(1030, 'changed = True');
    expect(windows.cut(viewAt(1000, 'x = ', far), BUDGET).suffix).toBe(suffix);
    expect(windows.cut(viewAt(1001, '', far), BUDGET).suffix).toContain('changed = True');
  });

  it('tells at once when what is right below has changed', () => {
    const windows = new PromptWindows();
    windows.cut(viewAt(1000, 'x'), BUDGET);
    const near = LINES.with(1001, 'changed = True');
    expect(windows.cut(viewAt(1000, 'x = ', near), BUDGET).suffix).toContain('changed = True');
  });

  it('looks ahead without remembering', () => {
    const windows = new PromptWindows();
    const { suffix } = windows.cut(viewAt(1000, 'x'), BUDGET);
    windows.peek(viewAt(1200), BUDGET);
    const far = LINES.with(1030, 'changed = True');
    expect(windows.cut(viewAt(1000, 'x', far), BUDGET).suffix).toBe(suffix);
  });

  it('never parts a character, and stays within its budget, whatever the text', () => {
    const texts = fc.string({ unit: fc.constantFrom('😀', 'a', '\n', 'ü'), maxLength: 3000 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 16, max: 900 }), (text, budget) => {
        const line = text.split('\n').length - 1;
        const start = windowStart(text, line, budget);
        expect(text.length - start).toBeLessThanOrEqual(budget);
        // A lone half would throw.
        expect(() => encodeURIComponent(text.slice(start))).not.toThrow();
      }),
    );
  });
});

describe('the budget', () => {
  it('follows the context of a small model', () => {
    const small = windowBudget(2048, 128);
    expect(small.prefix + small.suffix).toBeLessThan(2048 * 3);
    expect(small.prefix).toBeGreaterThan(3000);
    expect(windowBudget(32_768, 128)).toEqual(windowBudget(undefined, 128));
  });
});
