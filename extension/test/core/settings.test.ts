import { expect, test } from 'vitest';
import { soundValue, type SettingSchema } from '../../src/core/settings.js';

const NUMBER: SettingSchema = { type: 'integer', default: 128, minimum: 8, maximum: 256 };
const CHOICE: SettingSchema = { type: 'string', default: 'auto', enum: ['auto', 'never'] };
const SWITCH: SettingSchema = { type: 'boolean', default: true };
const SWITCHES: SettingSchema = { type: 'object', default: { '*': true } };

test.each<[SettingSchema, unknown, unknown]>([
  [NUMBER, 64, 64],
  [NUMBER, 1, 8],
  [NUMBER, 1e9, 256],
  [NUMBER, 12.6, 13],
  [NUMBER, Number.NaN, 128],
  [NUMBER, '64', 128],
  [NUMBER, undefined, 128],
  [CHOICE, 'never', 'never'],
  [CHOICE, 'sometimes', 'auto'],
  [CHOICE, 3, 'auto'],
  [SWITCH, false, false],
  [SWITCH, 'false', true],
  [SWITCH, null, true],
  [SWITCHES, { python: false }, { python: false }],
  [SWITCHES, { python: 'no', rust: true }, { rust: true }],
  [SWITCHES, [true], { '*': true }],
  [SWITCHES, null, { '*': true }],
])('%j of %j is %j', (schema, value, expected) => {
  expect(soundValue(schema, value)).toEqual(expected);
});
