import { describe, expect, test } from 'vitest';
import { telling, wantedNames } from '../../../src/core/context/wanted.js';

function names(text: string, line: number, selected?: number): string[] {
  const lines = text.split('\n');
  const position = { line, character: lines[line]?.length ?? 0 };
  const end = { line: selected ?? 0, character: 0 };
  const selection = selected === undefined ? {} : { selection: { start: position, end } };
  return wantedNames({ lines, language: 'python', position, ...selection }).map(({ name }) => name);
}

describe('wanted names', () => {
  test('begin with those of the cursor line and end with what is imported', () => {
    const text = ['from a import used, unused', 'first(x)', 'thing = used(', ''].join('\n');
    expect(names(text, 2)).toEqual(['used', 'first', 'thing', 'unused']);
  });

  test('of a selection are its own, what is called first', () => {
    const text = ['from a import b_name', 'amount = other', 'result = called(amount)', 'after()'];
    expect(names(text.join('\n'), 1, 2)).toEqual(['called', 'amount', 'other', 'result']);
  });

  test('while typing are those that stand there with something to say', () => {
    const text = 'total = client.fetch(count, Order) + typed';
    const position = { line: 3, character: text.length };
    expect(telling(text, position).map(({ name }) => name)).toEqual(['fetch', 'Order']);
  });
});
