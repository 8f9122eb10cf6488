import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Golden cases: each is a title, settings, a document with `█` where the cursor is and the
 * completion between `├` and `┤` behind it, and what has to become of it.
 *
 *     === does this
 *     language: typescript
 *     --- given
 *     foo(█├a)┤)
 *     --- then: took something off
 *     foo(█├a┤)
 *
 * `UPDATE_GOLDEN=1` writes what is there now; look at the difference before you keep it.
 */
export interface GoldenCase {
  readonly title: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly prefix: string;
  readonly completion: string;
  readonly suffix: string;
  /** What stands after `--- then`. */
  readonly expected: string;
}

export interface GoldenFile {
  readonly cases: readonly GoldenCase[];
  /** Takes what a case came to; writes the file when all have and it is asked for. */
  record(title: string, actual: string): void;
}

export const updatingGolden = process.env['UPDATE_GOLDEN'] === '1';

export function goldenFile(path: string): GoldenFile {
  const file = fileURLToPath(new URL(`../golden/${path}`, import.meta.url));
  const sections = readFileSync(file, 'utf8').split(/^=== /m).slice(1);
  const actuals = new Map<string, string>();
  const cases = sections.map(parseCase);
  return {
    cases,
    record(title, actual) {
      actuals.set(title, actual);
      if (updatingGolden && actuals.size === cases.length) {
        writeFileSync(file, sections.map((section) => written(section, actuals)).join('\n'));
      }
    },
  };
}

const PARTS =
  /^(?<title>.*)\n(?<settings>(?:\w+: .*\n)*)--- given\n(?<given>[\s\S]*?)\n--- then(?<then>[\s\S]*)$/;

function parseCase(section: string): GoldenCase {
  const { title, settings, given, then } = PARTS.exec(section)?.groups ?? {};
  const parts = /^([\s\S]*)█├([\s\S]*)┤([\s\S]*)$/.exec(given ?? '');
  if (title === undefined || settings === undefined || !parts) {
    throw new Error(`not a golden case:\n${section}`);
  }
  return {
    title,
    settings: Object.fromEntries(
      settings
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(': ', 2) as [string, string]),
    ),
    prefix: parts[1] ?? '',
    completion: parts[2] ?? '',
    suffix: parts[3] ?? '',
    expected: (then ?? '').trimEnd(),
  };
}

function written(section: string, actuals: ReadonlyMap<string, string>): string {
  const head = section.slice(0, section.indexOf('\n--- then'));
  const title = section.slice(0, section.indexOf('\n'));
  return `=== ${head}\n--- then${(actuals.get(title) ?? '').trimEnd()}\n`;
}
