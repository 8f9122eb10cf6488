import { expect, test } from 'vitest';
import type { Story } from '../../src/core/completion/story.js';
import { storyFigures } from '../../src/core/story-figures.js';

const STORY: Story = {
  id: 7,
  at: 100,
  path: 'src/private_plans.py',
  language: 'python',
  line: 3,
  character: 4,
  trigger: 'automatic',
  model: 'coder',
  source: { kind: 'request' },
  outcome: { kind: 'nothing', reason: 'SECRET reason' },
  totalMs: 123.4,
  context: {
    files: [{ path: 'src/b.py', characters: 40, sources: ['openTabs'] }],
    held: false,
    skipped: [],
    ms: 5.2,
  },
  sent: { prefix: 100, suffix: 20 },
  ttftMs: 41.6,
  usage: { promptTokens: 60, cachedTokens: 48, completionTokens: 9 },
  choices: [
    {
      raw: 'password = "SECRET"',
      ended: 'stop',
      filters: [{ filter: 'repetition', dropped: 'SECRET line' }],
      text: undefined,
      replaces: 0,
    },
  ],
};

test('one line of figures', () => {
  expect(storyFigures(STORY)).toBe(
    'language=python trigger=automatic source=request outcome=nothing prefix=100 suffix=20 ' +
      'contextFiles=1 contextCharacters=40 contextMs=5 promptTokens=60 cachedTokens=48 ' +
      'newTokens=9 ttftMs=42 totalMs=123 dropped=repetition',
  );
});

test('no code, no path, no words of a model or a server', () => {
  const failed = { kind: 'failed', message: 'SECRET' } as const;
  for (const outcome of [STORY.outcome, failed]) {
    const line = storyFigures({ ...STORY, outcome });
    expect(line).not.toMatch(/SECRET|password|private|\.py/);
  }
});

test('a hit of the cache, taken', () => {
  const { context, sent, ttftMs, usage, choices, ...short } = STORY;
  expect([context, sent, ttftMs, usage, choices]).toBeDefined();
  expect(
    storyFigures({
      ...short,
      source: { kind: 'cache', hit: 'typed-through' },
      outcome: { kind: 'answered', candidates: 1 },
      fate: 'accepted word',
    }),
  ).toBe(
    'language=python trigger=automatic source=typed-through outcome=answered-1 totalMs=123 fate=accepted-word',
  );
});
