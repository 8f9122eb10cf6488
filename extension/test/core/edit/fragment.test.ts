import { describe, expect, it } from 'vitest';

import { placeOfFragment } from '../../../src/core/edit/fragment.js';

const CLASS = [
  'class Cart:',
  '    def __init__(self, items):',
  '        self.items = items',
  '',
  '    def total(self):',
  '        result = 0',
  '        for item in self.items:',
  '            result += item.price',
  '        return result',
  '',
  '    def count(self):',
  '        return len(self.items)',
];

const place = (answer: string[], instruction = 'skip free items', region = CLASS) =>
  placeOfFragment(answer, region, instruction);

describe('placeOfFragment', () => {
  const method = [
    '    def total(self):',
    '        result = 0',
    '        for item in self.items:',
    '            if item.price > 0:',
    '                result += item.price',
    '        return result',
  ];

  it('finds the place of a method in its class', () => {
    expect(place(method)).toEqual({ start: 4, end: 9, lines: method });
  });

  it('indents it as its place is', () => {
    expect(place(method.map((line) => line.slice(4)))).toEqual({ start: 4, end: 9, lines: method });
  });

  it('finds the place of the last method', () => {
    expect(place(['    def count(self):', '        return len(self.items) + 1'])).toMatchObject({
      start: 10,
      end: 12,
    });
  });

  it('finds the place of a block in Markdown', () => {
    const region = [
      '## Install',
      '',
      '```sh',
      'npm install',
      'npm run start',
      '```',
      '',
      'Then open it.',
    ];
    expect(place(['npm install --ci', 'npm run start'], 'use ci', region)).toMatchObject({
      start: 3,
      end: 5,
    });
  });

  it.each<[string, string[], string]>([
    ['that begins as the region does', ['class Cart:', '    pass'], 'make it short'],
    ['of another kind', ['def other():', '    return 1'], 'write another'],
    ['when less was asked for', method, 'remove the constructor'],
    ['with most of the lines', CLASS.slice(1), 'skip free items'],
    ['that is empty', [], 'skip free items'],
  ])('leaves an answer alone %s', (_, answer, instruction) => {
    expect(place(answer, instruction)).toBeUndefined();
  });

  it('leaves the answer to a short region alone', () => {
    expect(place(['return 1'], 'change', ['def f():', '    return 1'])).toBeUndefined();
  });
});
