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

/** Windows that share one store, as the editor's do. */
function windows(count: number): { open: readonly Statistics[]; stored: () => Statistics } {
  let held: unknown;
  const store = {
    load: () => held,
    save: (figures: Figures) => (held = JSON.parse(JSON.stringify(figures)) as unknown),
  };
  return {
    open: Array.from({ length: count }, () => new Statistics(store)),
    stored: () => new Statistics(store),
  };
}

describe('windows that share a store', () => {
  it('add their counts to what is there', () => {
    const { open, stored } = windows(2);
    const [one, other] = open;
    one?.count('shown', 10);
    one?.accepted('word', 5);
    other?.count('shown', 3);
    other?.accepted('word', 4);
    other?.accepted('all', 1);
    one?.save();
    other?.save();
    expect(stored().figures).toMatchObject({
      shown: 13,
      accepted: { all: 1, line: 0, word: 2 },
      acceptedCharacters: 10,
    });
    expect(other?.figures.shown).toBe(13);
  });

  it('add nothing twice', () => {
    const { open, stored } = windows(2);
    for (let round = 0; round < 3; round++) {
      for (const window of open) {
        window.count('asked');
        window.measured('cacheMs', round);
        window.save();
        window.save();
      }
    }
    expect(stored().figures.asked).toBe(6);
    expect(stored().figures.cacheMs).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('keep the last measurements of all', () => {
    const { open, stored } = windows(2);
    const [one, other] = open;
    for (let ms = 0; ms < 400; ms++) {
      one?.measured('answerMs', 1);
      other?.measured('answerMs', 2);
    }
    one?.save();
    other?.save();
    const { answerMs } = stored().figures;
    expect(answerMs).toHaveLength(500);
    expect(answerMs.filter((ms) => ms === 2)).toHaveLength(400);
  });

  it('begin anew together, with what is not saved yet elsewhere', () => {
    const { open, stored } = windows(2);
    const [one, other] = open;
    other?.count('shown', 10);
    other?.save();
    one?.count('shown', 5);
    other?.count('shown', 2);
    one?.clear();
    expect(one?.figures.shown).toBe(0);
    expect(stored().figures.shown).toBe(0);
    other?.save();
    expect(stored().figures.shown).toBe(2);
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
