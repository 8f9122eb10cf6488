import { describe, expect, it } from 'vitest';
import type { GatheredContext } from '../../../src/core/context/types.js';
import { ServerProblem } from '../../../src/core/server/problem.js';
import { stream } from '../../support/recorded-client.js';
import { CONTEXT, MODEL_WITHOUT_FIM, TestEditor } from '../../support/test-editor.js';

describe('a completion', () => {
  it('is asked for with what is around the cursor', async () => {
    const editor = new TestEditor('import os\n\ndef █\n\nprint(fib(3))\n', 'fib(n):');
    await editor.type('f');
    await editor.wait(500);
    const { request } = editor.client.last;
    expect(request).toMatchObject({
      model: 'coder',
      prefix: 'import os\n\ndef f',
      suffix: '\n\nprint(fib(3))\n',
      path: 'src/example.py',
      temperature: 0,
    });
  });

  it('is shown when it has come', async () => {
    const editor = new TestEditor('def █\n', 'ib(n):');
    await editor.type('f');
    await editor.wait(20);
    expect(editor.shown).toBe('def f█\n');
    await editor.wait(500);
    expect(editor.shown).toBe('def f█├ib(n):┤\n');
  });

  it('ends upstream at the end of the line', async () => {
    const editor = new TestEditor('x = █\n', () =>
      stream(['1', ' +', ' 2', '\n', 'y', ' =', ' 3'], { first: 50, each: 10 }),
    );
    await editor.ask();
    await editor.wait(85);
    expect(editor.ghost).toBe('1 + 2');
    expect(editor.client.last).toMatchObject({ state: 'aborted', endedAt: 80 });
    expect(editor.engine.counts).toEqual({ launched: 1, aborted: 0, ended: 1 });
  });

  it('is not asked for in the middle of a word', async () => {
    const editor = new TestEditor('pri█nt(1)\n', 'x');
    await editor.ask();
    await editor.wait(500);
    expect(editor.client.requests).toEqual([]);
    expect(editor.answers.at(-1)?.story.outcome).toEqual({
      kind: 'nothing',
      reason: 'a word goes on right after the cursor',
    });
  });

  it('replaces the closing bracket that it says again', async () => {
    const editor = new TestEditor('print(█)\n', 'a, b).close()');
    await editor.ask();
    await editor.wait(500);
    expect(editor.ghosts).toMatchObject([{ text: 'a, b).close()', replaceTo: 1 }]);
    await editor.accept();
    expect(editor.marked).toBe('print(a, b).close()█\n');
  });

  it('knows no carriage returns', async () => {
    const editor = new TestEditor('a = 1\nif a:\n    █\nb = 2\n', 'print(a)\n    print(b)', {
      eol: '\r\n',
    });
    await editor.ask();
    await editor.wait(500);
    expect(editor.client.last.request.prefix).toBe('a = 1\nif a:\n    ');
    expect(editor.client.last.request.suffix).toBe('\nb = 2\n');
    await editor.accept();
    expect(editor.marked).toBe('a = 1\r\nif a:\r\n    print(a)\r\n    print(b)█\r\nb = 2\r\n');
  });

  it('sends the context that was gathered', async () => {
    const context: GatheredContext = {
      ...CONTEXT,
      repo: 'fibonacci',
      files: [{ path: 'a.py', text: 'A = 1\n' }],
      sources: [{ source: 'openTabs', path: 'a.py', characters: 6, ms: 1 }],
    };
    const editor = new TestEditor('x = █\n', 'A', { context });
    await editor.ask();
    await editor.wait(500);
    expect(editor.client.last.request).toMatchObject({ context: context.files, repo: 'fibonacci' });
    expect(editor.answers[0]?.story.context?.files).toEqual([
      { path: 'a.py', characters: 6, sources: ['openTabs'] },
    ]);
  });

  it('goes on from the text alone where a model cannot fill in', async () => {
    const editor = new TestEditor('x = █ + y\n', '1');
    await editor.ask({ model: MODEL_WITHOUT_FIM });
    await editor.wait(500);
    expect(editor.client.last.request).toEqual(
      expect.objectContaining({ prefix: 'x = ', suffix: '' }),
    );
    expect(editor.client.last.request).not.toHaveProperty('path');
  });
});

describe('while typing', () => {
  it('waits for a pause, and not at the start of a line', async () => {
    const editor = new TestEditor('█\n', 'x = 1', { options: { maxDelay: 300 } });
    await editor.type('a');
    expect(editor.client.requests).toEqual([]);
    await editor.wait(500);
    expect(editor.client.requests).toHaveLength(1);
    await editor.type('\n');
    expect(editor.client.requests).toHaveLength(2);
  });

  it('joins the request that is running when what comes is typed', async () => {
    const editor = new TestEditor('█\n', () => stream(['def', ' fib', '(n):'], { first: 100 }));
    await editor.ask();
    await editor.type('def f', 22);
    await editor.wait(500);
    expect(editor.client.requests).toHaveLength(1);
    expect(editor.shown).toBe('def f█├ib(n):┤\n');
    expect(editor.answers.at(-1)?.story.source).toEqual({ kind: 'joined', prefetch: false });
    expect(editor.engine.counts.aborted).toBe(0);
  });

  it('aborts at the keystroke that does not fit', async () => {
    const editor = new TestEditor('█\n', () =>
      stream(['def', ' fib', '(n):'], { first: 30, each: 40 }),
    );
    await editor.ask();
    await editor.wait(40);
    await editor.type('x');
    expect(editor.client.requests[0]).toMatchObject({ state: 'aborted', endedAt: 40 });
    expect(editor.engine.counts.aborted).toBe(1);
  });

  it('aborts when what comes is not what was typed ahead of it', async () => {
    const answers = ['def fib', ' y'];
    const editor = new TestEditor('█\n', () => stream(answers.shift() ?? '', { first: 100 }));
    await editor.ask();
    await editor.type('x');
    expect(editor.client.last.state).toBe('running');
    await editor.wait(120);
    expect(editor.client.requests.map(({ state }) => state)).toEqual(['aborted', 'running']);
    await editor.wait(500);
    expect(editor.client.last.request.prefix).toBe('x');
    expect(editor.shown).toBe('x█├ y┤\n');
  });

  it('aborts at once when something is deleted', async () => {
    const editor = new TestEditor('x█\n', () => stream('abc', { first: 100 }));
    await editor.ask();
    await editor.wait(50);
    await editor.deleteBack();
    expect(editor.client.requests[0]?.state).toBe('aborted');
  });

  it('aborts when nobody asks again', async () => {
    const editor = new TestEditor('█\n', () => stream('abc', { first: 1000 }));
    await editor.ask();
    editor.go(0);
    await editor.wait(150);
    expect(editor.client.last.state).toBe('running');
    await editor.wait(100);
    expect(editor.client.last.state).toBe('aborted');
  });

  it('aborts for a question from elsewhere before that has waited for its pause', async () => {
    const editor = new TestEditor('█\nx = \n', () => stream('abc', { first: 500 }), {
      options: { maxDelay: 300 },
    });
    await editor.ask();
    editor.go(5);
    editor.version++;
    await editor.ask();
    expect(editor.client.requests.map(({ state }) => state)).toEqual(['aborted']);
  });

  it('keeps the request for the question that comes some time after the keystroke', async () => {
    const editor = new TestEditor('█\n', () => stream(['def', ' fib'], { first: 100, each: 100 }), {
      lag: 60,
    });
    await editor.ask();
    await editor.wait(170);
    await editor.type('d');
    await editor.wait(300);
    expect(editor.shown).toBe('d█├ef fib┤\n');
    expect(editor.client.requests).toHaveLength(1);
  });

  it('takes the closing bracket of the editor for what it is', async () => {
    const editor = new TestEditor('x█\n', () =>
      stream(['(a', ', b', ') +', ' 1'], { first: 30, each: 40 }),
    );
    await editor.ask();
    await editor.wait(40);
    await editor.insert('(', ')');
    await editor.wait(500);
    expect(editor.client.requests).toHaveLength(1);
    expect(editor.shown).toBe('x(█├a, b) + 1┤)\n');
    expect(editor.ghosts[0]).toMatchObject({ replaceTo: 1 });
  });

  it('ends everything on demand', async () => {
    const editor = new TestEditor('█\n', () => stream('abc', { first: 100 }));
    await editor.ask();
    editor.engine.dismiss();
    await editor.wait(0);
    expect(editor.client.last.state).toBe('aborted');
    expect(editor.answers.at(-1)?.story.outcome).toEqual({ kind: 'superseded' });
  });

  it('tells when it asks', async () => {
    const editor = new TestEditor('█\n', 'abc');
    await editor.ask();
    expect(editor.asking).toEqual([true]);
    await editor.wait(500);
    expect(editor.asking).toEqual([true, false]);
  });
});

describe('the cache', () => {
  async function shown(marked: string, answer: string): Promise<TestEditor> {
    const editor = new TestEditor(marked, answer);
    await editor.ask();
    await editor.wait(500);
    return editor;
  }

  it('serves what is typed through', async () => {
    const editor = await shown('def █\n', 'fib(n):');
    await editor.type('fib');
    expect(editor.shown).toBe('def fib█├(n):┤\n');
    expect(editor.client.requests).toHaveLength(1);
    expect(editor.answers.at(-1)?.story).toMatchObject({
      source: { kind: 'cache', hit: 'typed-through' },
      totalMs: 0,
    });
  });

  it('serves what is deleted back', async () => {
    const editor = await shown('def █\n', 'fib(n):');
    await editor.type('fi');
    await editor.deleteBack();
    expect(editor.shown).toBe('def f█├ib(n):┤\n');
    expect(editor.answers.at(-1)?.story.source).toEqual({ kind: 'cache', hit: 'deleted-back' });
  });

  it('serves after a wrong letter was taken back', async () => {
    const editor = await shown('def █\n', 'fib(n):');
    await editor.type('x');
    await editor.deleteBack();
    expect(editor.shown).toBe('def █├fib(n):┤\n');
    expect(editor.client.requests.map(({ state }) => state)).toEqual(['answered', 'aborted']);
  });

  it('serves the same place again', async () => {
    const editor = await shown('def █\n\n', 'fib(n):');
    editor.go(6);
    await editor.ask();
    editor.go(4);
    await editor.ask();
    expect(editor.shown).toBe('def █├fib(n):┤\n\n');
  });

  it('serves brackets that the editor closes', async () => {
    const editor = await shown('def █\n', 'fib(n):');
    await editor.type('fib');
    await editor.insert('(', ')');
    expect(editor.shown).toBe('def fib(█├n):┤)\n');
    expect(editor.ghosts[0]).toMatchObject({ replaceTo: 1 });
    await editor.type('n');
    await editor.replace(editor.cursor, 1, ')', editor.cursor + 1);
    expect(editor.shown).toBe('def fib(n)█├:┤\n');
    expect(editor.client.requests).toHaveLength(1);
  });

  it('does not serve when the lines below have changed', async () => {
    const editor = await shown('def █\n', 'fib(n):');
    editor.edit(editor.text.length, 0, '    return n\n', editor.cursor);
    await editor.ask();
    expect(editor.ghosts).toEqual([]);
    expect(editor.client.requests).toHaveLength(2);
  });

  it('serves when something far below has changed', async () => {
    const editor = await shown(`def █\n${'# a line of text\n'.repeat(60)}`, 'fib(n):');
    editor.edit(editor.text.length, 0, 'x = 1\n', editor.cursor);
    await editor.ask();
    expect(editor.shown).toContain('def █├fib(n):┤\n');
    expect(editor.client.requests).toHaveLength(1);
  });

  it('remembers that there was nothing', async () => {
    const editor = await shown('def █\n', ' ');
    await editor.ask();
    await editor.wait(500);
    expect(editor.client.requests).toHaveLength(1);
    expect(editor.answers.at(-1)?.story.outcome).toMatchObject({ kind: 'nothing' });
  });

  it('asks at once when all of it was typed', async () => {
    const editor = await shown('def █\n', 'f(n)');
    await editor.type('f(n)');
    expect(editor.client.requests).toHaveLength(2);
    await editor.wait(500);
    expect(editor.answers.at(-1)?.story.delay).toEqual({ ms: 0, reason: 'more was expected' });
  });
});

describe('the suggest widget', () => {
  const selected = {
    range: { start: { line: 0, character: 5 }, end: { line: 0, character: 7 } },
    text: 'forEach',
  };

  it('decides how a completion begins', async () => {
    const editor = new TestEditor('list.fo█\n', '((item) => item)', { language: 'javascript' });
    await editor.askWithSuggestion(selected);
    await editor.wait(500);
    expect(editor.client.last.request.prefix).toBe('list.forEach');
    expect(editor.ghosts).toMatchObject([
      { text: 'forEach((item) => item)', replaceFrom: 2, replaceTo: 0 },
    ]);
    await editor.accept();
    expect(editor.marked).toBe('list.forEach((item) => item)█\n');
  });

  it('is not extended by what it cannot replace', async () => {
    const editor = new TestEditor('f(list.fo█)\n', '(g)).then', { language: 'javascript' });
    const range = { start: { line: 0, character: 7 }, end: { line: 0, character: 9 } };
    await editor.askWithSuggestion({ ...selected, range });
    await editor.wait(500);
    expect(editor.ghosts).toMatchObject([{ text: 'forEach(g)', replaceTo: 0 }]);
  });

  it('shares the cache with the text when the suggestion was accepted', async () => {
    const editor = new TestEditor('list.fo█\n', '(print)');
    await editor.askWithSuggestion(selected);
    await editor.wait(500);
    await editor.replace(5, 2, 'forEach', 12);
    expect(editor.shown).toBe('list.forEach█├(print)┤\n');
    expect(editor.client.requests).toHaveLength(1);
  });
});

describe('alternatives', () => {
  const texts = ['a + b', 'a + b', 'a - b', 'a * b'];

  it('are asked for by hand, in a second request', async () => {
    const editor = new TestEditor('x = █\n', (request) =>
      request.choices
        ? {
            deltas: [
              ...texts.slice(1).map((text, index) => ({ at: 60, index, text })),
              ...[0, 1, 2].map((index) => ({ at: 70, index, finish: 'stop' as const })),
            ],
          }
        : stream(texts[0] ?? ''),
    );
    await editor.ask({ trigger: 'manual' });
    await editor.wait(1000);
    expect(editor.ghosts.map(({ text }) => text)).toEqual(['a + b', 'a - b', 'a * b']);
    expect(
      editor.client.requests.map(({ request }) => [request.choices, request.temperature]),
    ).toEqual([
      [undefined, 0],
      [3, 0.4],
    ]);
    expect(editor.client.mostAtOnce).toBe(1);
    await editor.ask({ trigger: 'manual' });
    expect(editor.ghosts).toHaveLength(3);
    expect(editor.client.requests).toHaveLength(2);
  });
});

describe('the next completion', () => {
  const answers: Record<string, string> = { 'a = ': '1', 'a = 1': '\nb = 2', 'a = 2': ' + 3' };
  const open = (): TestEditor =>
    new TestEditor('a = █\n', ({ prefix }) => stream(answers[prefix] ?? '', { first: 50 }), {
      options: { prefetch: true },
    });

  it('is asked for when one is shown, and there when it is accepted', async () => {
    const editor = open();
    await editor.ask();
    await editor.wait(90);
    expect(editor.shown).toBe('a = █├1┤\n');
    await editor.wait(500);
    expect(editor.client.requests).toHaveLength(2);
    await editor.accept();
    expect(editor.shown).toBe('a = 1█├\nb = 2┤\n');
    expect(editor.answers.at(-1)?.story.source).toEqual({ kind: 'cache', hit: 'prefetched' });
  });

  it('is joined when it is still on its way', async () => {
    const editor = open();
    await editor.ask();
    await editor.wait(80);
    await editor.accept();
    await editor.wait(120);
    expect(editor.client.requests.slice(0, 2).map(({ state }) => state)).not.toContain('running');
    expect(editor.shown).toBe('a = 1█├\nb = 2┤\n');
    expect(editor.engine.counts.aborted).toBe(0);
  });

  it('gives way to a question', async () => {
    const editor = open();
    await editor.ask();
    await editor.wait(80);
    expect(editor.client.last.state).toBe('running');
    await editor.type('2');
    expect(editor.client.requests[1]?.state).toBe('aborted');
    await editor.wait(500);
    expect(editor.shown).toBe('a = 2█├ + 3┤\n');
    expect(editor.client.mostAtOnce).toBe(1);
  });

  it('is not asked for when the setting says so', async () => {
    const editor = new TestEditor('a = █\n', '1');
    await editor.ask();
    await editor.wait(1000);
    expect(editor.client.requests).toHaveLength(1);
  });
});

describe('a failure', () => {
  it('is told, and keeps quiet for as long as the server wants', async () => {
    const problem = new ServerProblem('busy', 'The server is full.', {
      code: 'overloaded',
      retryAfterMs: 1000,
    });
    const editor = new TestEditor('x = █\n', () => ({ deltas: [], problem }));
    await editor.ask();
    await editor.wait(10);
    expect(editor.problems).toEqual([problem]);
    expect(editor.answers.at(-1)?.story.outcome).toEqual({
      kind: 'failed',
      message: 'The server is full.',
    });
    await editor.ask();
    expect(editor.client.requests).toHaveLength(1);
    await editor.wait(1000);
    await editor.ask();
    expect(editor.client.requests).toHaveLength(2);
  });
});

describe('counting', () => {
  it('follows words, lines and the whole', async () => {
    const editor = new TestEditor('█\n', 'def fib(n): return n');
    await editor.ask();
    await editor.wait(500);
    await editor.acceptPart(3);
    await editor.acceptPart(4);
    await editor.accept();
    expect(editor.statistics.figures).toMatchObject({
      shown: 1,
      shownCharacters: 20,
      accepted: { all: 1, line: 0, word: 2 },
      acceptedCharacters: 20,
      fromCache: 2,
    });
    expect(editor.engine.stories.latest.some(({ fate }) => fate === 'accepted all')).toBe(true);
  });

  it('tells what is still there half a minute later', async () => {
    const editor = new TestEditor('█\n', 'total = 12');
    await editor.ask();
    await editor.wait(500);
    await editor.accept();
    await editor.deleteBack(2);
    await editor.insert('7');
    editor.edit(0, 0, '# sum\n', editor.cursor + 6);
    await editor.wait(31_000);
    expect(editor.statistics.figures).toMatchObject({
      watchedCharacters: 10,
      retainedCharacters: 8,
    });
  });
});
