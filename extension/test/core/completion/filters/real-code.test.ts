/**
 * A perfect model says what people wrote. Stretches of this project's own sources are taken out
 * and given as completions: the limit on streams and the filters must leave them as they are.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { applyFilters } from '../../../../src/core/completion/filters/index.js';
import { indentWidth, isBlank } from '../../../../src/core/completion/lines.js';
import { opensBlock } from '../../../../src/core/completion/openers.js';
import { streamLimit } from '../../../../src/core/completion/stop.js';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const LANGUAGES: Readonly<Record<string, string>> = {
  '.css': 'css',
  '.json': 'json',
  '.mjs': 'javascript',
  '.py': 'python',
  '.ts': 'typescript',
};
/** Of a hundred completions this many may be touched: a lonely comma is not worth showing. */
const BEARABLE_PERCENT = 1;

interface Place {
  readonly file: string;
  readonly language: string;
  readonly prefix: string;
  readonly middle: string;
  readonly suffix: string;
  readonly multiline: boolean;
}

function sources(): string[] {
  const folders = ['src', 'scripts', 'tests/unit', 'extension/src', 'extension/scripts'];
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => extname(name) in LANGUAGES)
      .sort()
      .map((name) => join(folder, name)),
  );
}

/** Every so many lines: the line, its rest from somewhere on, and the block that it opens. */
function placesIn(file: string, every: number): Place[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const lines = text.split('\n');
  let length = 0;
  const starts = lines.map((line) => (length += line.length + 1) - line.length - 1);
  const language = LANGUAGES[extname(file)] ?? '';
  const place = (start: number, end: number, multiline = false): Place => ({
    file,
    language,
    prefix: text.slice(0, start),
    middle: text.slice(start, end),
    suffix: text.slice(end),
    multiline,
  });
  return lines.flatMap((line, index) => {
    const start = starts[index] ?? 0;
    const end = start + line.length;
    const code = start + line.length - line.trimStart().length;
    if (index % every !== 0 || isBlank(line)) {
      return [];
    }
    const inside = code + ((index * 7) % (end - code));
    const body = opensBlock(line, language) ? bodyEnd(lines, index) : index;
    const last = lines[body] ?? '';
    return [
      place(code, end),
      place(inside, end),
      ...(body > index && body < index + 30
        ? [place(end, (starts[body] ?? 0) + last.length, true)]
        : []),
    ];
  });
}

/** Returns the last line of the block that a line opens. */
function bodyEnd(lines: readonly string[], opener: number): number {
  const depth = indentWidth(lines[opener] ?? '');
  let last = opener;
  for (let index = opener + 1; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (!isBlank(line)) {
      if (indentWidth(line) <= depth) {
        break;
      }
      last = index;
    }
  }
  return last;
}

/** Returns what is made of a perfect completion that arrives in small pieces. */
function shown({ prefix, middle, suffix, language, multiline }: Place): string | undefined {
  const limit = streamLimit({ prefix, suffix, language, multiline });
  let text = middle;
  for (let came = 1; came < middle.length && text === middle; came += 3) {
    const verdict = limit(middle.slice(0, came));
    text = verdict === 'more' ? text : middle.slice(0, verdict.cut);
  }
  return applyFilters({ text, prefix, suffix, language, multiline, ended: 'stop' }).text;
}

describe('what people wrote', () => {
  it('is left as it is', { timeout: 60_000 }, () => {
    const places = sources().flatMap((file) => placesIn(file, 11));
    const touched = places.filter((place) => shown(place) !== place.middle.trimEnd());
    const examples = touched.map(({ file, middle }) => `${file}: ${JSON.stringify(middle)}`);
    console.log(`${touched.length} of ${places.length} perfect completions are touched`);
    expect(places.length).toBeGreaterThan(2_000);
    expect(touched.length / places.length, examples.join('\n')).toBeLessThan(
      BEARABLE_PERCENT / 100,
    );
  });
});
