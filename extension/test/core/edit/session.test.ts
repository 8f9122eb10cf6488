import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { LogFields, Logger } from '../../../src/core/log.js';
import { ServerProblem } from '../../../src/core/server/problem.js';
import type { ChatDelta, ChatRequest } from '../../../src/core/server/types.js';
import { acceptAll, originalOf, splicesBetween, type Row } from '../../../src/core/edit/rows.js';
import {
  EditSession,
  type EditRequest,
  type RenderPhase,
  type Surface,
} from '../../../src/core/edit/session.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';
import { chunksOf, edit } from './arbitraries.js';
import { LARGE_MODEL, requestOf, SMALL_MODEL } from './requests.js';

/** A piece of a recorded answer: after `ms` comes text, or the end. */
type Piece =
  | string
  | { readonly delta: ChatDelta }
  | { readonly problem: ServerProblem }
  | { readonly wait: number };

/** A client that plays recorded answers, one for every question. */
class RecordedClient {
  readonly requests: ChatRequest[] = [];
  aborted = 0;
  readonly #answers: (readonly Piece[])[];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock, answers: (readonly Piece[])[]) {
    this.#clock = clock;
    this.#answers = answers;
  }

  async *chat(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatDelta> {
    this.requests.push(request);
    let complete = false;
    try {
      for (const piece of this.#answers.shift() ?? []) {
        if (typeof piece === 'string') {
          yield { text: piece };
        } else if ('delta' in piece) {
          yield piece.delta;
        } else if ('wait' in piece) {
          await this.#clock.sleep(piece.wait, signal);
        } else {
          throw piece.problem;
        }
        signal.throwIfAborted();
      }
      complete = true;
    } finally {
      this.aborted += complete ? 0 : 1;
    }
  }
}

/** A document that holds nothing but the region, edited by splices as an editor is. */
class PaperSurface implements Surface {
  lines: string[];
  shown: readonly Row[];
  readonly phases: RenderPhase[] = [];
  failing = false;

  constructor(lines: readonly string[]) {
    this.lines = [...lines];
    this.shown = lines.map((text) => ({ kind: 'kept', text }));
  }

  async render(rows: readonly Row[], phase: RenderPhase): Promise<void> {
    await Promise.resolve();
    if (this.failing) {
      throw new Error('The document is closed.');
    }
    const current: Row[] = this.lines.map((text) => ({ kind: 'kept', text }));
    for (const { start, remove, insert } of splicesBetween(current, rows)) {
      this.lines.splice(start, remove, ...insert);
    }
    this.shown = rows;
    this.phases.push(phase);
  }
}

class MemoryLog implements Logger {
  readonly entries: string[] = [];
  readonly #add = (event: string, fields?: LogFields): void => {
    this.entries.push(`${event} ${JSON.stringify(fields ?? {})}`);
  };
  readonly debug = this.#add;
  readonly info = this.#add;
  readonly warn = this.#add;
  readonly error = this.#add;
}

const REGION = requestOf().region;
const AROUND = { before: ['import os', ''], after: ['', 'f(1)'] };

function start(answers: (readonly Piece[])[], partial: Partial<EditRequest> = {}) {
  const clock = new VirtualClock();
  const client = new RecordedClient(clock, answers);
  const asked = requestOf({ ...AROUND, ...partial });
  const surface = new PaperSurface(asked.region);
  const log = new MemoryLog();
  const session = new EditSession({ client, clock, surface, log }, asked);
  return { clock, client, surface, log, session };
}

const fence = (...lines: string[]): string => '```python\n' + lines.join('\n') + '\n```\n';
const ANSWER = fence('def f(a):', '    x = a + 1', '    return x');

/** Lets a session run to its end, turning the clock. */
async function finish(clock: VirtualClock, done: Promise<void>): Promise<void> {
  const over = { yet: false };
  void done.then(() => (over.yet = true));
  for (let turn = 0; turn < 400 && !over.yet; turn++) {
    await clock.advance(50);
  }
  expect(over.yet).toBe(true);
}

describe('EditSession', () => {
  it('asks, streams, and shows the diff for review', async () => {
    const { clock, client, session, surface } = start([Array.from(ANSWER)]);
    const states: string[] = [];
    session.onDidChange(() => states.push(session.state.kind));
    await finish(clock, session.start());
    expect([...new Set(states)]).toEqual(['asking', 'streaming', 'review']);
    expect(session.state).toMatchObject({ kind: 'review', round: 1, hunks: 1, notes: [] });
    expect(surface.lines).toEqual(['def f(a):', '    x = a', '    x = a + 1', '    return x']);
    expect(surface.phases.at(-1)).toBe('review');
    expect(client.requests[0]).toMatchObject({
      task: 'edit',
      model: SMALL_MODEL.id,
      temperature: 0,
    });
  });

  it('accepts all, or rejects all, and is done', async () => {
    const first = start([[ANSWER]]);
    await finish(first.clock, first.session.start());
    await finish(first.clock, first.session.acceptAll());
    expect(first.surface.lines).toEqual(['def f(a):', '    x = a + 1', '    return x']);
    expect(first.session.state).toEqual({ kind: 'done', outcome: 'accepted' });
    expect(first.surface.phases.at(-1)).toBe('done');
    const second = start([[ANSWER]]);
    await finish(second.clock, second.session.start());
    await finish(second.clock, second.session.rejectAll());
    expect(second.surface.lines).toEqual(REGION);
    expect(second.session.state).toEqual({ kind: 'done', outcome: 'rejected' });
  });

  it('decides hunk by hunk', async () => {
    const { clock, session, surface } = start([
      [fence('def g(a):', '    x = a', '    return x + 1')],
    ]);
    await finish(clock, session.start());
    expect(session.hunks).toEqual([
      { start: 0, end: 2 },
      { start: 3, end: 5 },
    ]);
    await finish(clock, session.acceptHunk(1));
    expect(session.state).toMatchObject({ kind: 'review', hunks: 1 });
    await finish(clock, session.acceptHunk(0));
    expect(session.state).toMatchObject({ hunks: 1 });
    await finish(clock, session.rejectHunk(session.hunks[0]!.start));
    expect(surface.lines).toEqual(['def g(a):', '    x = a', '    return x']);
    expect(session.state).toEqual({ kind: 'done', outcome: 'mixed' });
  });

  it('ends the generation as soon as the code is complete', async () => {
    const { clock, client, session } = start([[ANSWER, 'This ', 'adds one.', { wait: 60_000 }]]);
    await finish(clock, session.start());
    expect(session.state.kind).toBe('review');
    expect(client.aborted).toBe(1);
  });

  it('says how fast the answer comes', async () => {
    const chunks = Array.from({ length: 50 }, (_, at): Piece[] => [
      { wait: 20 },
      `    y${at} = 1\n`,
    ]).flat();
    const { clock, session } = start([
      [
        '```\n',
        ...chunks,
        {
          delta: {
            text: '',
            finish: 'stop',
            usage: { promptTokens: 9, cachedTokens: 0, completionTokens: 101 },
          },
        },
      ],
    ]);
    const done = session.start();
    await clock.advance(600);
    const state = session.state;
    expect(state).toMatchObject({ kind: 'streaming', speed: { counted: false } });
    await finish(clock, done);
    expect(session.state).toMatchObject({
      kind: 'review',
      speed: { counted: true, tokensPerSecond: 100 },
    });
  });

  it('stops at once and keeps what came', async () => {
    const { clock, client, session, surface } = start([
      ['```\ndef f(a):\n    x = a + 1\n    y', { wait: 60_000 }],
    ]);
    const done = session.start();
    await clock.advance(100);
    expect(surface.lines).toContain('    x = a + 1');
    await finish(clock, session.stop());
    await done;
    expect(client.aborted).toBe(1);
    expect(session.state).toMatchObject({ kind: 'review', hunks: 1, notes: [{ kind: 'stopped' }] });
    await finish(clock, session.acceptAll());
    expect(surface.lines).toEqual(['def f(a):', '    x = a + 1', '    return x']);
  });

  it('restores everything when it is cancelled while it streams', async () => {
    const { clock, client, session, surface } = start([
      ['```\ndef f(b):\n    x = 2\n', { wait: 60_000 }],
    ]);
    const done = session.start();
    await clock.advance(100);
    expect(surface.lines.length).toBeGreaterThan(REGION.length);
    await finish(clock, session.cancel());
    await done;
    expect(surface.lines).toEqual(REGION);
    expect(session.state).toEqual({ kind: 'cancelled' });
    expect(client.aborted).toBe(1);
  });

  it('cancels a question that has no answer yet', async () => {
    const { clock, client, session, surface } = start([[{ wait: 60_000 }]]);
    const done = session.start();
    await settle();
    expect(session.state.kind).toBe('asking');
    await finish(clock, session.cancel());
    await done;
    expect(surface.lines).toEqual(REGION);
    expect(client.aborted).toBe(1);
  });

  it('touches nothing any more once it is abandoned', async () => {
    const { clock, session, surface } = start([['```\ndef f(b):\n', { wait: 60_000 }]]);
    const done = session.start();
    await clock.advance(100);
    const frames = surface.phases.length;
    session.abandon();
    await done;
    await session.cancel();
    await session.acceptAll();
    expect(surface.phases).toHaveLength(frames);
    expect(session.state).toEqual({ kind: 'cancelled' });
  });

  describe('refining', () => {
    it('asks again with the answer in the conversation, and shows one diff', async () => {
      const second = fence('def f(a):', '    x = a + 2', '    return x');
      const { clock, client, session, surface } = start([[ANSWER], Array.from(second)]);
      await finish(clock, session.start());
      await finish(clock, session.refine('Add two.'));
      expect(surface.lines).toEqual(['def f(a):', '    x = a', '    x = a + 2', '    return x']);
      expect(session.state).toMatchObject({ kind: 'review', round: 2, hunks: 1 });
      const messages = client.requests[1]!.messages;
      expect(messages.at(-2)).toMatchObject({
        role: 'assistant',
        content: expect.stringContaining('a + 1') as string,
      });
      expect(messages.at(-1)!.content).toContain('Add two.');
      await finish(clock, session.rejectAll());
      expect(surface.lines).toEqual(REGION);
    });

    it('goes back to the answer before when it fails', async () => {
      const problem = new ServerProblem('busy', 'No room.', { code: 'busy' });
      const { clock, client, session, surface } = start([[ANSWER], [{ problem }], [ANSWER]]);
      await finish(clock, session.start());
      await finish(clock, session.refine('Add two.'));
      expect(session.state).toMatchObject({
        kind: 'review',
        hunks: 1,
        problem: { kind: 'server', problem },
      });
      expect(surface.lines).toContain('    x = a + 1');
      await finish(clock, session.refine('Add three.'));
      expect(client.requests[2]!.messages.map((message) => message.content).join()).not.toContain(
        'two',
      );
    });

    it('stops a running answer first', async () => {
      const { clock, client, session } = start([['```\ndef f(b):\n', { wait: 60_000 }], [ANSWER]]);
      const done = session.start();
      await clock.advance(100);
      await finish(clock, session.refine('Better.'));
      await done;
      expect(client.aborted).toBe(2);
      expect(session.state).toMatchObject({ kind: 'review', round: 2 });
    });
  });

  describe('what goes wrong', () => {
    it('says that nothing changed', async () => {
      const { clock, session } = start([[fence(...REGION)]]);
      await finish(clock, session.start());
      expect(session.state).toMatchObject({
        kind: 'review',
        hunks: 0,
        notes: [{ kind: 'unchanged' }],
      });
      await finish(clock, session.rejectAll());
      expect(session.state).toEqual({ kind: 'done', outcome: 'unchanged' });
    });

    it('asks a small model once more when nothing changed', async () => {
      const { clock, client, session, surface } = start([[fence(...REGION)], [ANSWER]]);
      await finish(clock, session.start());
      expect(client.requests).toHaveLength(2);
      expect(client.requests[1]!.messages.at(-1)!.content).toContain('Add one.');
      expect(session.state).toMatchObject({ kind: 'review', round: 1, hunks: 1, notes: [] });
      expect(surface.lines).toContain('    x = a + 1');
      const large = start([[fence(...REGION)], [ANSWER]], { model: LARGE_MODEL });
      await finish(large.clock, large.session.start());
      expect(large.client.requests).toHaveLength(1);
      expect(large.session.state).toMatchObject({ notes: [{ kind: 'unchanged' }] });
    });

    it('keeps what came before the token limit', async () => {
      const { clock, session, surface } = start([
        ['```\ndef f(a):\n    x = a + 1\n    retu', { delta: { text: '', finish: 'length' } }],
      ]);
      await finish(clock, session.start());
      expect(session.state).toMatchObject({ kind: 'review', notes: [{ kind: 'cut' }] });
      await finish(clock, session.acceptAll());
      expect(surface.lines).toEqual(['def f(a):', '    x = a + 1', '    return x']);
    });

    it('keeps what came before the connection broke', async () => {
      const problem = new ServerProblem('interrupted', 'Broke off.', { code: 'broken' });
      const { clock, session } = start([['```\ndef f(b):\n', { problem }]]);
      await finish(clock, session.start());
      expect(session.state).toMatchObject({
        kind: 'review',
        hunks: 1,
        notes: [{ kind: 'interrupted', problem }],
      });
    });

    it('fails when the server does', async () => {
      const problem = new ServerProblem('unauthorized', 'Wrong key.', { code: 'unauthorized' });
      const { clock, session, surface } = start([[{ problem }]]);
      await finish(clock, session.start());
      expect(session.state).toEqual({ kind: 'failed', problem: { kind: 'server', problem } });
      expect(surface.lines).toEqual(REGION);
    });

    it.each<[string, string, boolean]>([
      ['', '', false],
      ["I'm sorry, I can't do that.", "I'm sorry, I can't do that.", false],
      ['<think>hmm, well', '', true],
    ])('fails when the answer is %j', async (text, said, cut) => {
      const pieces: Piece[] = [text, { delta: { text: '', finish: cut ? 'length' : 'stop' } }];
      const { clock, session, surface } = start([pieces]);
      await finish(clock, session.start());
      expect(session.state).toEqual({
        kind: 'failed',
        problem: { kind: 'no-answer', text: said, cut },
      });
      expect(surface.lines).toEqual(REGION);
    });

    it('does not ask when the region is longer than the model can take', async () => {
      const region = Array.from({ length: 4_000 }, (_, at) => `value_${at} = ${at}`);
      const { clock, client, session } = start([[ANSWER]], { region });
      await finish(clock, session.start());
      expect(session.state).toMatchObject({
        kind: 'failed',
        problem: { kind: 'too-long', room: 8_192 },
      });
      expect(client.requests).toEqual([]);
    });

    it('fails when the document cannot be changed', async () => {
      const { clock, client, session, surface } = start([['```\ndef f(b):\n', { wait: 60_000 }]]);
      surface.failing = true;
      const done = session.start();
      await clock.advance(100);
      await done;
      expect(session.state).toEqual({
        kind: 'failed',
        problem: { kind: 'surface', message: 'The document is closed.' },
      });
      expect(client.aborted).toBe(1);
    });

    it('logs no code', async () => {
      const { clock, session, log } = start([[ANSWER]]);
      await finish(clock, session.start());
      expect(log.entries).toHaveLength(1);
      expect(log.entries[0]).toMatch(
        /^edit\.answer \{"format":"region","tokens":\d+,"ms":\d+,"perSecond":\d+\}$/,
      );
    });
  });

  describe('blocks', () => {
    const region = Array.from({ length: 90 }, (_, at) => `value_${at} = ${at}`);
    const block = '<<<<<<< SEARCH\nvalue_5 = 5\n=======\nvalue_5 = 50\n>>>>>>> REPLACE\n';
    const lost = '<<<<<<< SEARCH\nnowhere = 5\n=======\nx\n>>>>>>> REPLACE\n';
    const changed = region.map((line) => line.replace('= 5', '= 50'));

    it('are asked of a large model for a long region', async () => {
      const { clock, client, session, surface } = start([Array.from(block)], {
        region,
        model: LARGE_MODEL,
      });
      await finish(clock, session.start());
      expect(client.requests[0]!.messages[0]!.content).toContain('<<<<<<< SEARCH');
      expect(session.hunks).toHaveLength(1);
      expect(surface.lines).toHaveLength(91);
    });

    it('give way to the whole region when one does not fit', async () => {
      const { clock, client, session, surface } = start([[block + lost], [fence(...changed)]], {
        region,
        model: LARGE_MODEL,
      });
      await finish(clock, session.start());
      expect(client.requests).toHaveLength(2);
      expect(client.requests[1]!.messages[0]!.content).not.toContain('<<<<<<< SEARCH');
      expect(session.state).toMatchObject({ kind: 'review', notes: [] });
      await finish(clock, session.acceptAll());
      expect(surface.lines).toEqual(changed);
    });

    it('stay as they are when the region cannot be rewritten either', async () => {
      const problem = new ServerProblem('busy', 'No room.', { code: 'busy' });
      const { clock, session } = start([[block + lost], [{ problem }]], {
        region,
        model: LARGE_MODEL,
      });
      await finish(clock, session.start());
      expect(session.state).toMatchObject({
        kind: 'review',
        hunks: 1,
        notes: [{ kind: 'blocks-missed', blocks: 2, missed: 1, ambiguous: 0 }],
      });
    });

    it('fail with the reason when none fits and the region cannot be rewritten', async () => {
      const problem = new ServerProblem('busy', 'No room.', { code: 'busy' });
      const { clock, session } = start([[lost], [{ problem }]], { region, model: LARGE_MODEL });
      await finish(clock, session.start());
      expect(session.state).toEqual({ kind: 'failed', problem: { kind: 'server', problem } });
    });
  });

  describe('new lines', () => {
    it('take the place of an empty line', async () => {
      const { clock, session, surface } = start([[fence('x = 1', 'print(x)')]], {
        action: 'generate',
        before: ['def f():'],
        region: ['    '],
      });
      await finish(clock, session.start());
      await finish(clock, session.acceptAll());
      expect(surface.lines).toEqual(['    x = 1', '    print(x)']);
    });

    it('go below a line that is not empty', async () => {
      const { clock, session, surface } = start(
        [[fence('def f():', '    return 1')], [fence('    return 2')]],
        {
          action: 'generate',
          before: [],
          region: ['def f():'],
          after: [],
        },
      );
      await finish(clock, session.start());
      expect(surface.lines).toEqual(['def f():', '    return 1']);
      await finish(clock, session.refine('Two.'));
      expect(surface.lines).toEqual(['def f():', '    return 2']);
      await finish(clock, session.rejectAll());
      expect(surface.lines).toEqual(['def f():']);
    });
  });

  describe('changes of the user', () => {
    it('in one line are taken over while lines stream', async () => {
      const { clock, session, surface } = start([
        ['```\ndef f(a):\n    x = a + 1\n', { wait: 500 }, '    return x\n```\n'],
      ]);
      const done = session.start();
      await clock.advance(100);
      const at = surface.lines.indexOf('    x = a + 1');
      surface.lines[at] = '    x = a + 7';
      session.userChanged({ start: at, remove: 1, insert: ['    x = a + 7'] });
      await finish(clock, done);
      await finish(clock, session.acceptAll());
      expect(surface.lines).toEqual(['def f(a):', '    x = a + 7', '    return x']);
    });

    it('of another kind stop the answer and stay', async () => {
      const { clock, client, session, surface } = start([
        ['```\ndef f(a):\n    x = a + 1\n', { wait: 60_000 }],
      ]);
      const done = session.start();
      await clock.advance(100);
      surface.lines.splice(0, 1, 'def g(a):', '    pass');
      session.userChanged({ start: 0, remove: 1, insert: ['def g(a):', '    pass'] });
      await done;
      expect(client.aborted).toBe(1);
      expect(session.state).toMatchObject({ kind: 'review', notes: [{ kind: 'stopped' }] });
      await finish(clock, session.rejectAll());
      expect(surface.lines).toEqual(['def g(a):', '    pass', '    x = a', '    return x']);
    });

    it('under review change the rows', async () => {
      const { clock, session, surface } = start([[ANSWER]]);
      await finish(clock, session.start());
      surface.lines[2] = '    x = a + 3';
      session.userChanged({ start: 2, remove: 1, insert: ['    x = a + 3'] });
      await finish(clock, session.acceptAll());
      expect(surface.lines).toEqual(['def f(a):', '    x = a + 3', '    return x']);
    });
  });

  it('gives the text of the model when accepted, and the original when rejected, for any answer', async () => {
    const texts = edit.filter(
      ({ original, result }) =>
        [original, result].every(
          (some) => some.length > 0 && some[0]!.trim() !== '' && some.at(-1)!.trim() !== '',
        ) && ![...original, ...result].some((line) => /[`~\r]/.test(line)),
    );
    await fc.assert(
      fc.asyncProperty(
        texts.chain(({ original, result }) =>
          fc.record({
            original: fc.constant(original),
            result: fc.constant(result),
            chunks: chunksOf('```\n' + result.join('\n') + '\n```'),
            accept: fc.boolean(),
          }),
        ),
        async ({ original, result, chunks, accept }) => {
          const { clock, session, surface } = start([chunks], {
            region: original,
            before: [],
            after: [],
            instruction: 'Only indent it.',
          });
          await finish(clock, session.start());
          expect(originalOf(session.rows)).toEqual(original);
          expect(acceptAll(session.rows).map((row) => row.text)).toEqual(result);
          await finish(clock, accept ? session.acceptAll() : session.cancel());
          expect(surface.lines).toEqual(accept ? result : original);
        },
      ),
      { numRuns: 60 },
    );
  });
});
