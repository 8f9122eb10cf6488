/** A bug report as Markdown, with everything personal taken out. Pure. */

import { redact, type PersonalPlaces } from './redaction.js';

export interface ReportParts {
  /** Versions and the like, by name. */
  readonly facts: Readonly<Record<string, string>>;
  /** The settings that differ from their defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What features add: a title and lines of figures, never code. */
  readonly sections: readonly ReportSection[];
  /** The latest lines of the log, oldest first. */
  readonly log: readonly string[];
}

export interface ReportSection {
  readonly title: string;
  readonly lines: readonly string[];
}

/** Returns the report. It asks for the description first, because that is what matters most. */
export function reportText(parts: ReportParts, places: PersonalPlaces): string {
  const { facts, settings, sections, log } = parts;
  const text = [
    '# AiCockpit: bug report',
    '',
    'What did you do, what did you expect, and what happened instead?',
    '',
    '…',
    '',
    'Keys, passwords and your home folder have been taken out of the rest. Please read it before',
    'you send it: nothing has been sent yet.',
    '',
    '## Versions',
    '',
    ...Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`),
    '',
    '## Settings that differ from their defaults',
    '',
    ...fenced('json', [JSON.stringify(settings, undefined, 2)]),
    ...sections.flatMap(({ title, lines }) => [`## ${title}`, '', ...fenced('text', lines)]),
    '## Log',
    '',
    ...fenced('text', log),
  ];
  return redact(text.join('\n'), places);
}

/** A fence longer than any within. */
function fenced(language: string, lines: readonly string[]): string[] {
  const runs = lines.flatMap((line) => line.match(/`{3,}/g) ?? []).map((run) => run.length);
  const fence = '`'.repeat(Math.max(3, ...runs.map((length) => length + 1)));
  return [fence + language, ...(lines.length > 0 ? lines : ['(nothing)']), fence, ''];
}
