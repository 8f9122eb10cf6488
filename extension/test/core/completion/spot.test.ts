import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spotOf, typedSince } from '../../../src/core/completion/spot.js';

function place(marked: string, uri = 'file:///a') {
  const [prefix = '', suffix = ''] = marked.split('█');
  return { uri, prefix, suffix };
}

const since = (before: string, now: string) => typedSince(spotOf(place(before)), place(now));

describe('what was typed since', () => {
  it.each([
    ['a█\nb', 'a█\nb', { typed: '', closersChanged: false }],
    ['a█\nb', 'a = 1█\nb', { typed: ' = 1', closersChanged: false }],
    ['a█\nb', 'a\n  c█\nb', { typed: '\n  c', closersChanged: false }],
    // The editor has closed what was opened.
    ['a█\nb', 'a(█)\nb', { typed: '(', closersChanged: true }],
    ['a█\nb', 'a(["█"])\nb', { typed: '(["', closersChanged: true }],
    ['a█\nb', 'a {\n  █\n}\nb', { typed: ' {\n  ', closersChanged: true }],
    // What the editor had closed was typed over.
    ['a(█)\nb', 'a(c)█\nb', { typed: 'c)', closersChanged: true }],
  ])('%j to %j', (before, now, expected) => {
    expect(since(before, now)).toEqual(expected);
  });

  it.each([
    ['the text before has changed', 'a█\nb', 'x█\nb'],
    ['something was deleted', 'ab█\nb', 'a█\nb'],
    ['the rest of the line has changed', 'a█\nb', 'a█ + 1\nb'],
    ['a bracket came from nowhere', 'a█\nb', 'a█)\nb'],
    ['a bracket went without being typed', 'a(█)\nb', 'a(c█\nb'],
    ['more was closed than opened', 'a█\nb', 'a(█))\nb'],
    ['the next line has changed', 'a█\nb', 'a(█)\nc'],
  ])('is unknown when %s', (_, before, now) => {
    expect(since(before, now)).toBeUndefined();
  });

  it('is unknown in another document', () => {
    expect(typedSince(spotOf(place('a█')), place('a█', 'file:///b'))).toBeUndefined();
  });

  it('looks only at what is near', () => {
    const far = 'x\n'.repeat(2000);
    expect(since(`${far}a█\n${far}b`, `${far}ac█\n${far}c`)?.typed).toBe('c');
    expect(since(`${far}a█\n${far}`, `${far}a(█)\n${far}`)?.closersChanged).toBe(true);
  });

  it('is what was typed, whatever was typed', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', '\n', ' ', '('), maxLength: 20 });
    fc.assert(
      fc.property(texts, texts, texts, (prefix, typed, suffix) => {
        expect(since(`${prefix}█${suffix}`, `${prefix}${typed}█${suffix}`)).toEqual({
          typed,
          closersChanged: false,
        });
      }),
    );
  });
});
