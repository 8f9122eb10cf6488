import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { applyFilters, type Filter } from '../../src/core/completion/filters/index.js';
import { TreeStore } from '../../src/core/syntax/trees.js';
import { type GoldenCase, goldenFile, updatingGolden } from './golden.js';
import { loadGrammar } from './grammars.js';

const silent = { debug: noop, info: noop, warn: noop, error: noop };

function noop(): void {
  // Nobody reads it.
}

/** Runs the golden cases of `test/golden/filters/<name>.txt` through these filters. */
export function testFilterCases(name: string, filters: readonly Filter[]): void {
  const file = goldenFile(`filters/${name}.txt`);
  const trees = new TreeStore({ loadWasm: loadGrammar, clock: systemClock, log: silent });
  afterAll(() => trees.dispose());

  describe(`${name}: golden cases`, () => {
    it.each(file.cases.map((one) => [one.title, one] as const))('%s', async (title, one) => {
      const actual = await outcome(one, filters, trees);
      file.record(title, actual);
      if (!updatingGolden) {
        expect(actual).toBe(one.expected);
      }
    });
  });
}

async function outcome(
  { settings, prefix, completion, suffix }: GoldenCase,
  filters: readonly Filter[],
  trees: TreeStore,
): Promise<string> {
  const language = settings['language'] ?? 'plaintext';
  const syntax =
    settings['syntax'] === 'yes'
      ? await trees.parse(
          { uri: 'golden', language, text: prefix + suffix },
          new AbortController().signal,
        )
      : undefined;
  const { text, replaces, verdicts } = applyFilters(
    {
      text: completion,
      prefix,
      suffix,
      language,
      multiline: settings['lines'] !== 'single',
      ended: (settings['ended'] ?? 'stop') as 'stop' | 'length' | 'cut',
      ...(syntax ? { syntax } : {}),
    },
    filters,
  );
  const said = verdicts.map(({ note, dropped }) => note ?? dropped).join('; ');
  if (text === undefined) {
    return `: dropped, ${said}`;
  }
  const note = said === '' ? ': as it was' : `: ${said}`;
  return text === completion && replaces === 0 ? note : `${note}\n${prefix}█├${text}┤${suffix}`;
}
