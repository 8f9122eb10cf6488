import { describe, expect, test } from 'vitest';
import { identifiersNear, wordsOf } from '../../../src/core/context/identifiers.js';

/** Identifiers near the `█` in a text, in order. */
function near(text: string, limit = 8): string[] {
  const lines = text.split('\n');
  const line = lines.findIndex((candidate) => candidate.includes('█'));
  const character = lines[line]?.indexOf('█') ?? 0;
  lines[line] = lines[line]?.replace('█', '') ?? '';
  return identifiersNear(lines, { line, character }, limit).map(({ name }) => name);
}

describe('words of a line', () => {
  test('are identifiers and what they are made of', () => {
    expect(wordsOf('const wait = parseDuration(http_timeout, XMLReader);')).toEqual([
      'wait',
      'parseduration',
      'parse',
      'duration',
      'http_timeout',
      'http',
      'timeout',
      'xmlreader',
      'xml',
      'reader',
    ]);
  });

  test('leave out keywords and short names', () => {
    expect(wordsOf('for (let i = 0; i < n; i++) return x')).toEqual([]);
  });
});

describe('identifiers near the cursor', () => {
  test('begin with what is called on its line', () => {
    expect(near('total = price * count\nresult = format_price(█)')[0]).toBe('format_price');
  });

  test('leave out the one that is being typed', () => {
    expect(near('user = load_us█')).toEqual(['user']);
    expect(near('user = load_user█(name_of)')).toEqual(['user', 'name_of']);
  });

  test('come once each, and no more than asked for', () => {
    expect(near('alpha(); alpha(); beta(); gamma();█', 2)).toEqual(['alpha', 'beta']);
  });

  test('are not looked for in strings and comments', () => {
    expect(near('call("inner(word)") // about(other)\n█')).toEqual(['call']);
    expect(near('call("inner") # about(other)\n█')).toEqual(['call']);
    expect(near(' * described in a comment\n█')).toEqual([]);
  });

  test('rank what is defined here last', () => {
    expect(near('def fetch(self):\n    return Client()\n█').at(0)).toBe('Client');
  });
});
