import { describe, expect, it } from 'vitest';
import { renderStatistics } from '../../../src/core/completion/statistics-report.js';
import { percentile, Statistics, type Figures } from '../../../src/core/completion/statistics.js';

function kept(stored?: unknown): { statistics: Statistics; saved: Figures[] } {
  const saved: Figures[] = [];
  const store = { load: () => stored, save: (figures: Figures) => void saved.push(figures) };
  return { statistics: new Statistics(store), saved };
}

describe('the statistics', () => {
  it('are saved when there is something new', () => {
    const { statistics, saved } = kept();
    statistics.save();
    expect(saved).toEqual([]);
    statistics.count('shown');
    statistics.accepted('word', 5);
    statistics.save();
    statistics.save();
    expect(saved).toHaveLength(1);
    expect(kept(JSON.parse(JSON.stringify(saved[0]))).statistics.figures).toEqual(saved[0]);
  });

  it.each([[null], ['x'], [{ shown: -1, accepted: { all: 'x' }, answerMs: [1, 'x', null] }]])(
    'begin with what is sound of %j',
    (stored) => {
      const { figures } = kept(stored).statistics;
      expect(figures).toMatchObject({ shown: 0, accepted: { all: 0, line: 0, word: 0 } });
      expect(figures.answerMs.every((ms) => ms === 1)).toBe(true);
    },
  );

  it('keep the last measurements', () => {
    const { statistics } = kept();
    for (let ms = 0; ms < 600; ms++) {
      statistics.measured('answerMs', ms);
    }
    expect(statistics.figures.answerMs).toHaveLength(500);
    expect(statistics.figures.answerMs.at(-1)).toBe(599);
  });

  it('can begin anew', () => {
    const { statistics, saved } = kept({ shown: 7 });
    statistics.clear();
    expect(statistics.figures.shown).toBe(0);
    expect(saved).toHaveLength(1);
  });
});

describe('percentiles', () => {
  it.each([
    [[], 0.5, undefined],
    [[3], 0.95, 3],
    [[4, 1, 3, 2], 0.5, 3],
    [Array.from({ length: 100 }, (_, index) => index), 0.95, 95],
  ])('%#', (series, share, expected) => {
    expect(percentile(series, share)).toBe(expected);
  });
});

describe('the report', () => {
  it('tells everything in tables', () => {
    const { statistics } = kept();
    statistics.count('shown', 10);
    statistics.accepted('all', 40);
    statistics.accepted('line', 10);
    statistics.count('watchedCharacters', 50);
    statistics.count('retainedCharacters', 40);
    statistics.measured('answerMs', 120);
    const report = renderStatistics(statistics.figures);
    expect(report).toContain('| Completions shown | 10 |');
    expect(report).toContain('| Accepted as a whole | 1 (10 %) |');
    expect(report).toContain('| Of them still there after 30 seconds | 40 of 50 (80 %) |');
    expect(report).toContain('| Characters per acceptance | 25.0 |');
    expect(report).toContain('with the server | 120.0 | 120.0 | 120.0 | 1 |');
    expect(report).toContain('from the cache | – | – | – | 0 |');
  });
});
