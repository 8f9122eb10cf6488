import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompletionRequest } from '../../../src/core/server/types.js';
import type { RecordedDelta, Recording } from '../../support/recorded-client.js';
import { TestEditor } from '../../support/test-editor.js';

/** What the user does next. */
interface Step {
  readonly name: string;
  readonly run: (editor: TestEditor) => Promise<void>;
}

const CHARACTERS = ['a', 'b', ' ', '(', '\n', ')', '=', '"'];

function step<T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (editor: TestEditor, value: T) => Promise<void>,
): fc.Arbitrary<Step> {
  return values.map((value) => {
    const label = `${name} ${JSON.stringify(value)}`;
    return { name, run: (editor) => run(editor, value), [fc.toStringMethod]: () => label };
  });
}

const nothing = fc.constant(undefined);

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: step('type', fc.constantFrom(...CHARACTERS.slice(0, -1)), (editor, text) =>
      editor.type(text),
    ),
  },
  { weight: 4, arbitrary: step('type through', nothing, typeThrough) },
  {
    weight: 4,
    arbitrary: step('wait', fc.integer({ min: 0, max: 300 }), (editor, ms) => editor.wait(ms)),
  },
  {
    weight: 2,
    arbitrary: step('delete', fc.integer({ min: 1, max: 3 }), (editor, size) =>
      editor.deleteBack(size),
    ),
  },
  step('close', fc.constantFrom('()', '[]', '""'), (editor, pair) =>
    editor.insert(pair.slice(0, 1), pair.slice(1)),
  ),
  step('accept', nothing, async (editor) => {
    if (editor.ghosts.length > 0) {
      await editor.accept();
    }
  }),
  step('accept part', fc.integer({ min: 2, max: 5 }), async (editor, size) => {
    if ((editor.ghost?.length ?? 0) > size) {
      await editor.acceptPart(size);
    }
  }),
  step('ask by hand', nothing, (editor) => editor.ask({ trigger: 'manual' })),
  step('dismiss', nothing, (editor) => {
    editor.engine.dismiss();
    return Promise.resolve();
  }),
  step('go', fc.nat(40), (editor, at) => {
    editor.go(Math.min(at, editor.text.length));
    return editor.ask();
  }),
  step(
    'change elsewhere',
    fc.tuple(fc.nat(40), fc.constantFrom('', 'x', '\ny = 1\n', ')')),
    (editor, [place, text]) => {
      const at = Math.min(place, editor.text.length);
      const shift = at < editor.cursor ? text.length : 0;
      return editor.replace(at, 0, text, editor.cursor + shift);
    },
  ),
);

/** A model that always says the same to the same prompt, and otherwise anything. */
function modelSaying(
  texts: readonly string[],
  pace: number,
): (request: CompletionRequest) => Recording {
  return ({ prefix, suffix, choices = 1 }) => {
    const deltas: RecordedDelta[] = [];
    for (let index = 0; index < choices; index++) {
      const text = texts[(hash(prefix + suffix) + index) % texts.length] ?? '';
      const pieces = text.match(/[\s\S]{1,3}/g) ?? [];
      deltas.push(
        ...pieces.map((piece, number) => ({ at: pace + number * pace, index, text: piece })),
        { at: pace * (pieces.length + 2), index, finish: 'stop' as const },
      );
    }
    return { deltas: deltas.sort((a, b) => a.at - b.at) };
  };
}

function hash(text: string): number {
  let sum = 7;
  for (let at = 0; at < text.length; at++) {
    sum = (sum * 31 + text.charCodeAt(at)) % 9973;
  }
  return sum;
}

const texts = fc.array(
  fc.oneof(
    fc.constantFrom(
      '',
      'a',
      ' = b(a)',
      '(a, b)',
      'a)',
      '\n    return a',
      'ab\n  b\n  a\nb',
      '"a"',
      '= a  ',
    ),
    fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 12 }),
  ),
  { minLength: 1, maxLength: 6 },
);

/** Types the next character of what is shown. */
async function typeThrough(editor: TestEditor): Promise<void> {
  const text = editor.ghosts[0]?.text ?? '';
  // What comes later than the keystroke is not asked at once.
  if (text.length < 2 || editor.lag > 0) {
    return;
  }
  const before = editor.client.requests.length;
  await editor.insert(text.slice(0, 1));
  expect(editor.client.requests).toHaveLength(before);
  if (!editor.hasClosed && text.slice(1).trim() !== '') {
    expect(editor.ghost).toBe(text.slice(1));
  }
}

/** What is shown was said by the model, here, and the editor can render it. */
function checkShown(editor: TestEditor): void {
  const before = editor.text.slice(0, editor.cursor);
  const line = editor.text.slice(editor.cursor).split('\n')[0] ?? '';
  for (const { text, replaceFrom, replaceTo } of editor.ghosts) {
    const said = editor.client.requests.some(({ request }) =>
      saidBy(editor, request).some(
        (whole) =>
          solid(request.prefix + whole).startsWith(solid(before + text)) ||
          // A filter may take off what the model repeats of the text before the cursor.
          (before.startsWith(request.prefix) && solid(whole).endsWith(solid(text))),
      ),
    );
    expect(said, `nobody said ${JSON.stringify(before + text)}`).toBe(true);
    expect(replaceFrom).toBe(0);
    expect(replaceTo).toBeLessThanOrEqual(line.length);
    let at = 0;
    for (const character of line.slice(0, replaceTo)) {
      at = text.indexOf(character, at) + 1;
      expect(at).toBeGreaterThan(0);
    }
  }
}

function solid(text: string): string {
  // A filter may take off indentation that is there already.
  return text.replaceAll(/\s/g, '');
}

function saidBy(editor: TestEditor, request: CompletionRequest): string[] {
  const whole: string[] = Array.from({ length: request.choices ?? 1 }, () => '');
  for (const { index = 0, text = '' } of editor.say(request).deltas) {
    whole[index] = `${whole[index] ?? ''}${text}`;
  }
  return whole;
}

describe('whatever is typed, deleted and accepted', () => {
  it('keeps its promises', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { minLength: 1, maxLength: 40, size: 'max' }),
        texts,
        fc.record({
          pace: fc.integer({ min: 1, max: 120 }),
          prefetch: fc.boolean(),
          maxDelay: fc.constantFrom(0, 150),
          lag: fc.constantFrom(0, 50),
        }),
        async (script, said, { pace, prefetch, maxDelay, lag }) => {
          const editor = new TestEditor('a = █\nb\n', modelSaying(said, pace), {
            options: { prefetch, maxDelay },
            lag,
          });
          for (const { run } of script) {
            await run(editor);
            checkShown(editor);
            const { launched, aborted, ended } = editor.engine.counts;
            expect(launched).toBe(editor.client.requests.length);
            expect(launched - aborted - ended).toBe(editor.client.count('running'));
            expect(editor.client.mostAtOnce).toBeLessThanOrEqual(1);
          }
          editor.engine.dismiss();
          expect(editor.client.count('running')).toBe(0);
          expect(editor.statistics.figures.aborted).toBe(editor.engine.counts.aborted);
          expect(editor.problems).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
