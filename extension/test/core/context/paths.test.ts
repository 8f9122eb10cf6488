import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankPaths, resolvePath } from '../../../src/core/context/paths.js';

const PATHS = [
  'src/server/client.ts',
  'src/server/connection.ts',
  'src/core/clock.ts',
  'test/server/client.test.ts',
  'src/features/edit/promptHistory.ts',
  'README.md',
  'docs/client-guide.md',
];

function best(query: string, recent: readonly string[] = []): string | undefined {
  return rankPaths(query, PATHS, 10, recent)[0]?.path;
}

describe('ranked paths', () => {
  test.each([
    ['client.ts', 'src/server/client.ts'],
    ['server/client', 'src/server/client.ts'],
    ['clo', 'src/core/clock.ts'],
    ['readme', 'README.md'],
    ['ph', 'src/features/edit/promptHistory.ts'],
    ['prhi', 'src/features/edit/promptHistory.ts'],
    ['guide', 'docs/client-guide.md'],
    ['srvconn', 'src/server/connection.ts'],
    ['./src\\core\\clock.ts', 'src/core/clock.ts'],
  ])('%s finds %s', (query, path) => {
    expect(best(query)).toBe(path);
  });

  test('hold every character of the query in order', () => {
    expect(rankPaths('xyz', PATHS, 10)).toEqual([]);
    fc.assert(
      fc.property(fc.constantFrom(...PATHS), fc.infiniteStream(fc.boolean()), (path, keep) => {
        const query = Array.from(path)
          .filter(() => keep.next().value)
          .join('');
        const found = rankPaths(query, [path], 1);
        expect(found.map((one) => one.path)).toEqual([path]);
        expect(found[0]?.score).toBeGreaterThan(0);
        expect(found[0]?.score).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('used lately come first among equals, and for an empty query', () => {
    expect(best('', ['docs/client-guide.md'])).toBe('docs/client-guide.md');
    expect(best('cli', ['src/server/client.ts'])).toBe('src/server/client.ts');
  });

  test('are no more than asked for', () => {
    expect(rankPaths('', PATHS, 3)).toHaveLength(3);
  });
});

describe('a mention', () => {
  test('is a path, or the end of exactly one', () => {
    expect(resolvePath('README.md', PATHS)).toBe('README.md');
    expect(resolvePath('core/clock.ts', PATHS)).toBe('src/core/clock.ts');
    expect(resolvePath('CLOCK.TS', PATHS)).toBe('src/core/clock.ts');
    expect(resolvePath('lock.ts', PATHS)).toBeUndefined();
    expect(resolvePath('index.ts', ['a/index.ts', 'b/index.ts'])).toBeUndefined();
    expect(resolvePath('  ', PATHS)).toBeUndefined();
  });
});
