import { percentile, type Figures } from './statistics.js';

/** Writes the figures as a Markdown document. */
export function renderStatistics(figures: Figures): string {
  const { shown, accepted } = figures;
  const times = accepted.all + accepted.line + accepted.word;
  return [
    '# Completions in figures',
    '',
    'Counted on this machine since the extension was installed. Nothing of it is sent anywhere.',
    '',
    '| What | How much |',
    '| --- | ---: |',
    row('Completions shown', shown),
    row('Accepted as a whole', `${accepted.all}${share(accepted.all, shown)}`),
    row('Lines accepted', accepted.line),
    row('Words accepted', accepted.word),
    row('Characters shown', figures.shownCharacters),
    row('Characters accepted', figures.acceptedCharacters),
    row(
      'Of them still there after 30 seconds',
      `${figures.retainedCharacters} of ${figures.watchedCharacters}` +
        share(figures.retainedCharacters, figures.watchedCharacters),
    ),
    row('Characters per acceptance', times ? (figures.acceptedCharacters / times).toFixed(1) : '–'),
    '',
    '| Requests | How many |',
    '| --- | ---: |',
    row('Sent while typing', figures.requests),
    row('Sent ahead of time', figures.prefetches),
    row('Ended early because nobody wanted them', figures.aborted),
    row('Answers from the cache', figures.fromCache),
    row('Answers from a request that was running already', figures.joined),
    row('Answers from a request of their own', figures.asked),
    '',
    '| Milliseconds | Median | 75 % | 95 % | Measured |',
    '| --- | ---: | ---: | ---: | ---: |',
    latency('From the request to its first text', figures.firstTextMs),
    latency('From the question to the answer, with the server', figures.answerMs),
    latency('From the question to the answer, from the cache', figures.cacheMs),
    '',
  ].join('\n');
}

function row(name: string, value: string | number): string {
  return `| ${name} | ${value} |`;
}

function share(part: number, whole: number): string {
  return whole > 0 ? ` (${((100 * part) / whole).toFixed(0)} %)` : '';
}

function latency(name: string, series: readonly number[]): string {
  const values = [0.5, 0.75, 0.95].map((at) => percentile(series, at)?.toFixed(1) ?? '–');
  return `| ${name} | ${values.join(' | ')} | ${series.length} |`;
}
