import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { instructionOf } from '../../../src/core/edit/instructions.js';
import { editPrompt, type EditPrompt, type PromptOptions } from '../../../src/core/edit/prompt.js';
import type { EditRequest } from '../../../src/core/edit/request.js';
import { estimateTokens } from '../../../src/core/edit/tokens.js';
import type { ModelInfo } from '../../../src/core/server/types.js';
import { LARGE_MODEL, requestOf, SMALL_MODEL } from './requests.js';

const SMALL: ModelInfo = { ...SMALL_MODEL, contextLength: 4_096 };
const LARGE: ModelInfo = { ...LARGE_MODEL, contextLength: 32_768 };

function request(partial: Partial<EditRequest> = {}): EditRequest {
  return requestOf({
    before: ['import os', '', 'LIMIT = 3'],
    region: ['def f(a):', '    return a'],
    after: ['', 'f(1)'],
    model: SMALL,
    ...partial,
  });
}

function options(
  partial: Partial<EditRequest> = {},
  more: Partial<PromptOptions> = {},
): PromptOptions {
  const asked = request(partial);
  return {
    request: asked,
    instruction: asked.instruction,
    format: 'region',
    original: asked.region,
    turns: [],
    ...more,
  };
}

function prompt(partial: Partial<EditRequest> = {}, more: Partial<PromptOptions> = {}): EditPrompt {
  const result = editPrompt(options(partial, more));
  if (result.kind !== 'prompt') {
    throw new Error('too long');
  }
  return result.prompt;
}

const said = (asked: EditPrompt): string =>
  asked.messages.map(({ content }) => content).join('\n\n');
const last = (asked: EditPrompt): string => asked.messages.at(-1)!.content;

describe('editPrompt', () => {
  it('shows the region, what is around it, and the instruction', () => {
    const text = last(prompt());
    expect(text).toContain('```python\ndef f(a):\n    return a\n```');
    expect(text).toContain('LIMIT = 3');
    expect(text).toContain('f(1)');
    expect(text).toContain('Add one.');
  });

  it('shows files that the user mentions, and gathered ones to large models alone', () => {
    const files = {
      mentions: [{ path: 'src/b.py', text: 'B = 1' }],
      context: [{ path: 'src/c.py', text: 'C = 1' }],
    };
    expect(said(prompt(files))).toContain('B = 1');
    expect(said(prompt(files))).not.toContain('C = 1');
    const large = said(prompt({ ...files, model: LARGE }));
    expect(large.indexOf('C = 1')).toBeGreaterThan(0);
    expect(large.indexOf('C = 1')).toBeLessThan(large.indexOf('B = 1'));
  });

  it('uses a fence that the region cannot close', () => {
    const text = last(prompt({ language: 'markdown', region: ['# A', '```js', 'f()', '```'] }));
    expect(text).toContain('````markdown\n# A\n```js\nf()\n```\n````');
  });

  it('marks the place of new lines', () => {
    const text = said(prompt({ action: 'generate', region: [''] }, { original: [''] }));
    expect(text).toContain('LIMIT = 3\n<cursor>\n\nf(1)');
    const below = said(prompt({ action: 'generate', region: ['def f():'] }, { original: [] }));
    expect(below).toContain('LIMIT = 3\ndef f():\n<cursor>');
    const empty = { action: 'generate', region: [''], before: [], after: [] } as const;
    expect(last(prompt(empty, { original: [''] }))).toContain('src/a.py (python)');
  });

  it('asks for blocks with their form', () => {
    expect(prompt({}, { format: 'blocks' }).messages[0]!.content).toContain('>>>>>>> REPLACE');
  });

  it('carries on a conversation', () => {
    const turns = [{ instruction: 'Add one.', text: ['def f(a):', '    return a + 1'] }];
    const asked = prompt({}, { instruction: 'Add two.', turns });
    const roles = asked.messages.slice(-3).map(({ role }) => role);
    expect(roles).toEqual(['user', 'assistant', 'user']);
    expect(asked.messages.at(-3)!.content).toContain('Add one.');
    expect(asked.messages.at(-2)!.content).toBe('```python\ndef f(a):\n    return a + 1\n```');
    expect(last(asked)).toContain('Add two.');
  });

  it('asks about the text as it is when the conversation does not fit', () => {
    const text = Array.from({ length: 320 }, (_, at) => `value_${at} = ${at}`);
    const turns = [{ instruction: 'Add one.', text }];
    const asked = prompt({ region: text }, { instruction: 'Add two.', turns });
    expect(asked.messages.some(({ content }) => content.includes('Add one.'))).toBe(false);
    expect(last(asked)).toContain('value_319');
  });

  it('says when the region alone is too long', () => {
    const region = Array.from({ length: 900 }, (_, at) => `value_${at} = ${at}`);
    expect(editPrompt(options({ region }))).toMatchObject({ kind: 'too-long', room: 4_096 });
  });

  it('never asks for more than the model can take, and always shows the whole region', () => {
    const text = fc.array(
      fc.constantFrom(
        'x = 1',
        '    return compute(a, b, c)',
        '',
        'größe = "🎈" * 20',
        '    # 日本語のコメント',
      ),
      {
        maxLength: 400,
      },
    );
    const file = fc.record({
      path: fc.constantFrom('a.py', 'lib/b.py'),
      text: text.map((some) => some.join('\n')),
    });
    const files = fc.array(file, { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.record({ before: text, region: text, after: text, mentions: files, context: files }),
        fc.constantFrom(SMALL, LARGE),
        fc.constantFrom(1_024, 4_096, 32_768),
        fc.constantFrom<'region' | 'blocks'>('region', 'blocks'),
        (parts, model, maxTokens, format) => {
          const asked = options({ ...parts, model, maxTokens }, { format });
          const result = editPrompt(asked);
          if (result.kind === 'too-long') {
            expect(estimateTokens(parts.region.join('\n')) * 2).toBeGreaterThan(
              model.contextLength! / 2,
            );
            return;
          }
          const { messages, maxTokens: room } = result.prompt;
          const all = messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
          expect(all + room).toBeLessThanOrEqual(model.contextLength!);
          expect(room).toBeGreaterThan(0);
          // Blank lines are a place to write at, not something to show.
          expect(last(result.prompt)).toContain(parts.region.join('\n').trim());
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('instructionOf', () => {
  const problems = [
    { line: 1, severity: 'error', message: 'a is not defined', origin: 'pyflakes', code: 'F821' },
    { line: 0, severity: 'warning', message: 'too short' },
  ] as const;

  it('names problems by the text of their lines', () => {
    expect(instructionOf(request({ action: 'fix', instruction: '', problems }))).toBe(
      'Fix these problems:\n- in `def f(a):`: too short\n- in `return a`: a is not defined (pyflakes F821)',
    );
    expect(instructionOf(request({ action: 'fix', instruction: 'Keep it short.' }))).toBe(
      'Fix the mistakes in this code.\nKeep it short.',
    );
  });

  it('adds the problems to an instruction that speaks of them', () => {
    expect(instructionOf(request({ instruction: 'fix this error', problems }))).toContain('F821');
    expect(instructionOf(request({ instruction: 'rename a', problems }))).toBe('rename a');
  });

  it('asks for documentation as the language writes it', () => {
    expect(instructionOf(request({ action: 'document', instruction: '' }))).toContain('docstring');
    expect(instructionOf(request({ action: 'document', language: 'go' }))).toContain(
      '// with the name',
    );
    expect(instructionOf(request({ action: 'document', language: 'cobol' }))).toContain(
      'a documentation comment',
    );
  });
});
