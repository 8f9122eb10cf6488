import { expect, test } from 'vitest';
import {
  completionSwitch,
  switchedLanguage,
  type SwitchPositions,
} from '../../../src/core/status/switch.js';

const ON: SwitchPositions = {
  enabled: true,
  completions: true,
  languages: { '*': true },
  language: 'python',
  snoozed: false,
};

test.each<[string, Partial<SwitchPositions>, string]>([
  ['all on', {}, 'on'],
  ['the one switch', { enabled: false, completions: false, snoozed: true }, 'off'],
  ['completions', { completions: false, snoozed: true }, 'completions-off'],
  ['this language', { languages: { '*': true, python: false } }, 'language-off'],
  ['another language', { languages: { '*': true, rust: false } }, 'on'],
  ['all but this language', { languages: { '*': false, python: true } }, 'on'],
  ['all languages', { languages: { '*': false } }, 'language-off'],
  ['nothing said about languages', { languages: {} }, 'on'],
  ['a snooze', { snoozed: true }, 'snoozed'],
])('%s', (_, positions, expected) => {
  expect(completionSwitch({ ...ON, ...positions })).toBe(expected);
});

test('without a document no language is off', () => {
  const { language, ...rest } = ON;
  expect(language).toBe('python');
  expect(completionSwitch({ ...rest, languages: { '*': false } })).toBe('on');
});

test.each([
  [{ '*': true }, { '*': true, python: false }],
  [{ '*': true, python: false }, { '*': true }],
  [{ '*': false }, { '*': false, python: true }],
  [
    { '*': false, python: true, rust: true },
    { '*': false, rust: true },
  ],
  [{}, { python: false }],
])('%j, with python switched, is %j', (languages, expected) => {
  expect(switchedLanguage(languages, 'python')).toEqual(expected);
});
