import { describe, expect, it } from 'vitest';

import { billionsIn, chooseFormat, isSmallModel } from '../../../src/core/edit/format.js';
import { readHistory, remember } from '../../../src/core/edit/history.js';
import { mentionAtEnd, parseMentions, withoutSigns } from '../../../src/core/edit/mentions.js';
import { explainCode, writeTests } from '../../../src/core/edit/quick-answers.js';
import type { EditRequest } from '../../../src/core/edit/request.js';
import { similarity, weightOf } from '../../../src/core/edit/similarity.js';
import type { ChatDelta, ChatRequest, ModelInfo } from '../../../src/core/server/types.js';

describe('models and formats', () => {
  it.each<[string, number | undefined]>([
    ['qwen2.5-coder-0.5b-instruct', 0.5],
    ['Qwen/Qwen3-Coder-30B-A3B-Instruct', 30],
    ['mixtral-8x7b', 56],
    ['smollm-360M', 0.36],
    ['gpt-5', undefined],
    ['deepseek-v3.2', undefined],
  ])('knows the size of %s', (id, billions) => {
    expect(billionsIn(id)).toBe(billions);
  });

  it.each<[string, boolean]>([
    ['starcoder2-3b', true],
    ['qwen2.5-coder-7b-instruct', true],
    ['qwen2.5-coder-14b-instruct', false],
    ['claude-sonnet-4-5', false],
    ['gpt-4.1', false],
    ['my-model', true],
  ])('knows whether %s is small', (id, small) => {
    expect(isSmallModel(id)).toBe(small);
  });

  it('asks for blocks only of a large model, for many lines that have no markers', () => {
    const text = Array.from({ length: 81 }, (_, at) => `x${at}`);
    const asked = (id: string, partial: Partial<EditRequest> = {}): string => {
      const request = { action: 'edit', format: 'auto', model: { id }, ...partial } as EditRequest;
      return chooseFormat(request, text);
    };
    expect(asked('gpt-5')).toBe('blocks');
    expect(asked('starcoder2-3b')).toBe('region');
    expect(asked('starcoder2-3b', { format: 'blocks' })).toBe('blocks');
    expect(asked('gpt-5', { format: 'region' })).toBe('region');
    expect(asked('gpt-5', { action: 'generate' })).toBe('region');
    text[3] = '=======';
    expect(asked('gpt-5', { format: 'blocks' })).toBe('region');
  });
});

describe('history', () => {
  it('keeps the newest first, each once, fifty at most', () => {
    expect(remember(['a', 'b'], ' b ')).toEqual(['b', 'a']);
    expect(remember(['a'], ' ')).toEqual(['a']);
    const many = Array.from({ length: 60 }, (_, at) => `${at}`);
    expect(remember(many, 'new')).toHaveLength(50);
    expect(remember(many, 'new')[0]).toBe('new');
  });

  it('reads what any version stored', () => {
    expect(readHistory(['a', '', 3, 'a ', 'b'])).toEqual(['a', 'b']);
    expect(readHistory(undefined)).toEqual([]);
    expect(readHistory({ a: 1 })).toEqual([]);
  });
});

describe('mentions', () => {
  const paths = (text: string): string[] => parseMentions(text).map(({ path }) => path);

  it.each<[string, string[]]>([
    ['use @src/app.ts and @lib/b.py.', ['src/app.ts', 'lib/b.py']],
    ['as in @"my file.md"', ['my file.md']],
    ["(see @'a b/c.ts')", ['a b/c.ts']],
    ['like @src\\win\\a.cs, please', ['src/win/a.cs']],
    ['@./a.ts', ['a.ts']],
    ['@größe/日本.ts', ['größe/日本.ts']],
    ['@app/[id]/page.tsx', ['app/[id]/page.tsx']],
    ['make it a @dataclass', []],
    ['add @Override', []],
    ['mail me@example.com', []],
    ['@', []],
    ['ends with @package.json!', ['package.json']],
  ])('finds those of %j', (text, expected) => {
    expect(paths(text)).toEqual(expected);
  });

  it('reads lines', () => {
    expect(parseMentions('@a.ts:10-20 and @b.ts:3')).toMatchObject([
      { path: 'a.ts', lines: { start: 9, end: 20 } },
      { path: 'b.ts', lines: { start: 2, end: 3 } },
    ]);
  });

  it('leaves the names in the instruction without signs', () => {
    const text = 'as in @"my file.md" and @a.ts:3-4.';
    expect(withoutSigns(text, parseMentions(text))).toBe('as in my file.md and a.ts (lines 3-4).');
  });

  it('knows the one that is being typed', () => {
    expect(mentionAtEnd('as in @src/ap')).toBe('src/ap');
    expect(mentionAtEnd('@')).toBe('');
    expect(mentionAtEnd('me@exam')).toBeUndefined();
    expect(mentionAtEnd('@a.ts ')).toBeUndefined();
  });
});

describe('similarity', () => {
  it('is 1 for equal lines and 0 for unlike ones', () => {
    expect(similarity('  return a', 'return a  ')).toBe(1);
    expect(similarity('abc', 'xyz')).toBe(0);
    expect(similarity('', 'x')).toBe(0);
    expect(similarity('const total = 1;', 'const total = 2;')).toBeGreaterThan(0.8);
  });

  it.each<[string, string]>([
    ['', 'blank'],
    ['  });', 'weak'],
    ['} else {', 'weak'],
    ['pass', 'weak'],
    ['"""', 'weak'],
    ['return x', 'strong'],
    ['日本語', 'strong'],
  ])('knows how much %j tells', (line, weight) => {
    expect(weightOf(line)).toBe(weight);
  });
});

describe('explanations and tests', () => {
  const model: ModelInfo = {
    id: 'm',
    aliases: [],
    roles: ['edit'],
    state: 'ready',
    default: true,
    contextLength: 2_048,
  };
  const question = {
    path: 'src/a.py',
    language: 'python',
    code: Array.from({ length: 800 }, (_, at) => `value_${at} = ${at}`),
    before: ['import os'],
    after: [],
    problems: [{ line: 0, severity: 'error', message: 'wrong' }],
    model,
    maxTokens: 4_096,
  } as const;

  function client(pieces: readonly string[]) {
    const requests: ChatRequest[] = [];
    return {
      requests,
      async *chat(request: ChatRequest): AsyncIterable<ChatDelta> {
        requests.push(request);
        for (const text of pieces) {
          await Promise.resolve();
          yield { text };
        }
      },
    };
  }

  it('explains as the words come, within what the model can take', async () => {
    const server = client(['It ', '', 'counts.']);
    const pieces: string[] = [];
    for await (const piece of explainCode(server, question, new AbortController().signal)) {
      pieces.push(piece);
    }
    expect(pieces).toEqual(['It ', 'counts.']);
    const [asked] = server.requests;
    expect(asked).toMatchObject({ task: 'chat', maxTokens: 1_024 });
    expect(asked!.messages[1]!.content).toContain('- wrong');
    expect(asked!.messages[1]!.content.length / 3).toBeLessThan(1_024);
  });

  it('gives the lines of tests without what the model says', async () => {
    const server = client([
      'Here are tests:\n```py',
      'thon\nfrom a import f\n\ndef test_f',
      '():\n    assert f\n```\nRun',
      ' it.',
    ]);
    const lines: string[] = [];
    const asked = {
      ...question,
      testPath: 'tests/test_a.py',
      indentation: { insertSpaces: true, size: 4 },
    };
    for await (const more of writeTests(server, asked, new AbortController().signal)) {
      lines.push(...more);
    }
    expect(lines).toEqual(['from a import f', '', 'def test_f():', '    assert f']);
    expect(server.requests[0]!.messages[1]!.content).toContain('pytest');
  });
});
