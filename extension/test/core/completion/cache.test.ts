import { describe, expect, it } from 'vitest';
import { CompletionCache, type CacheEntry } from '../../../src/core/completion/cache.js';
import type { CursorView } from '../../../src/core/completion/cursor.js';
import { spotOf } from '../../../src/core/completion/spot.js';
import { CONTEXT } from '../../support/test-editor.js';

function viewOf(marked: string): CursorView {
  const [prefix = '', suffix = ''] = marked.split('█');
  return { uri: 'file:///a', version: 1, language: 'python', prefix, suffix, line: 0, offset: 0 };
}

function entry(marked: string, texts: string[], parts: Partial<CacheEntry> = {}): CacheEntry {
  return {
    spot: spotOf(viewOf(marked)),
    choices: texts.map((text, index) => ({ id: `${marked}${index}`, text, replaces: 0 })),
    multiline: false,
    ended: 'stop',
    alternatives: false,
    prefetched: false,
    context: CONTEXT,
    ...parts,
  };
}

function found(cache: CompletionCache, marked: string): unknown {
  const lookup = cache.find(viewOf(marked));
  return typeof lookup === 'object'
    ? { kind: lookup.kind, rest: lookup.rest.map(({ text }) => text) }
    : lookup;
}

describe('the cache', () => {
  it('knows in which way the user came', () => {
    const cache = new CompletionCache();
    cache.add(entry('def █', ['fib(n):']));
    expect(found(cache, 'def █')).toEqual({ kind: 're-entered', rest: ['fib(n):'] });
    expect(found(cache, 'def fi█')).toEqual({ kind: 'typed-through', rest: ['b(n):'] });
    expect(found(cache, 'def f█')).toEqual({ kind: 'deleted-back', rest: ['ib(n):'] });
    expect(found(cache, 'def f█')).toEqual({ kind: 're-entered', rest: ['ib(n):'] });
    expect(found(cache, 'def █')).toEqual({ kind: 'deleted-back', rest: ['fib(n):'] });
  });

  it('keeps the choices that fit', () => {
    const cache = new CompletionCache();
    cache.add(entry('x = █', ['a + b', 'a - b', 'b']));
    expect(found(cache, 'x = a █')).toMatchObject({ rest: ['+ b', '- b'] });
    expect(found(cache, 'x = b█')).toBe('used-up');
    expect(found(cache, 'x = c█')).toBeUndefined();
  });

  it('prefers what came last', () => {
    const cache = new CompletionCache();
    cache.add(entry('█', ['x = 1']));
    cache.add(entry('x █', ['= 2']));
    expect(found(cache, 'x =█')).toMatchObject({ rest: [' 2'] });
    expect(found(cache, 'x = 1█')).toBe('used-up');
  });

  it('replaces what is at the same place', () => {
    const cache = new CompletionCache();
    cache.add(entry('█', ['a']));
    cache.add(entry('█', ['b']));
    expect(found(cache, '█')).toMatchObject({ rest: ['b'] });
  });

  it('remembers that there was nothing, here only', () => {
    const cache = new CompletionCache();
    cache.add(entry('x█', [], { nothing: 'the model said nothing' }));
    expect(found(cache, 'x█')).toEqual({ kind: 're-entered', rest: [] });
    expect(found(cache, 'xy█')).toBeUndefined();
  });

  it('tells what was asked for ahead', () => {
    const cache = new CompletionCache();
    cache.find(viewOf('█'));
    cache.add(entry('x█', [' = 1'], { prefetched: true }));
    expect(found(cache, 'x█')).toMatchObject({ kind: 'prefetched' });
  });

  it('forgets what was not used for long, and closed documents', () => {
    const cache = new CompletionCache(2);
    cache.add(entry('a█', ['1']));
    cache.add(entry('b█', ['2']));
    cache.find(viewOf('a█'));
    cache.add(entry('c█', ['3']));
    expect(cache.peek(viewOf('b█'))).toBeUndefined();
    expect(cache.peek(viewOf('a█'))).toBeDefined();
    cache.forget('file:///a');
    expect(cache.peek(viewOf('a█'))).toBeUndefined();
  });
});
