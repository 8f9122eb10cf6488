import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SETTING_TYPES } from '../../src/host/settings.js';

interface Property {
  readonly type: string;
  readonly default: unknown;
  readonly markdownDescription?: string;
  readonly enum?: readonly string[];
  readonly enumDescriptions?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Record<string, Property> }[];
    readonly keybindings: readonly {
      readonly command: string;
      readonly key: string;
      readonly when: string;
    }[];
    readonly commands: readonly { readonly command: string; readonly title: string }[];
  };
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));
const manifest = read('package.json') as Manifest;
const words = read('package.nls.json') as Record<string, string>;
const properties = Object.assign(
  {},
  ...manifest.contributes.configuration.map((group) => group.properties),
) as Record<string, Property>;

describe('the settings', () => {
  test('are the same in the code and in the manifest, with the same types', () => {
    const declared = Object.fromEntries(
      Object.entries(properties).map(([key, { type }]) => [key.replace(/^aicockpit\./, ''), type]),
    );
    expect(SETTING_TYPES).toEqual(declared);
  });

  test.each(Object.entries(properties))('%s is complete', (key, property) => {
    expect(key).toMatch(/^aicockpit\.[a-zA-Z.]+$/);
    expect(property).toHaveProperty('default');
    expect(property.markdownDescription).toMatch(/^%.+%$/);
    expect(property.enumDescriptions?.length).toBe(property.enum?.length);
    if (property.type === 'integer') {
      expect(property.minimum).toBeLessThanOrEqual(property.default as number);
      expect(property.maximum).toBeGreaterThanOrEqual(property.default as number);
    }
  });
});

test('every word of the manifest is there, and none for nothing', () => {
  const used = new Set(JSON.stringify(manifest).match(/(?<=")%[^%"]+%(?=")/g));
  expect([...used].map((name) => name.slice(1, -1)).sort()).toEqual(Object.keys(words).sort());
});

describe('Escape', () => {
  const bound = manifest.contributes.keybindings.filter(({ key }) => key === 'escape');

  test.each(bound)('$command leaves what lies over the text to the editor', ({ when }) => {
    for (const shown of ['suggestWidgetVisible', 'findWidgetVisible', 'inSnippetMode']) {
      expect(when).toContain(`!${shown}`);
    }
    expect(when).toMatch(/vim\.active/);
  });

  test('takes away ghost text before an edit under review', () => {
    const reject = bound.find(({ command }) => command === 'aicockpit.edit.rejectAll');
    expect(reject?.when).toContain('!inlineSuggestionVisible');
  });
});
