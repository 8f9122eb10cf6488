import { describe, expect, it } from 'vitest';
import { stream } from '../../support/recorded-client.js';
import { TestEditor } from '../../support/test-editor.js';

describe('a request', () => {
  it('is not waited for endlessly: whole lines are enough after some time', async () => {
    const lines = Array.from({ length: 20 }, (_, index) => `    line_${index}()\n`);
    const editor = new TestEditor('def f():\n█', () => stream(lines, { first: 100, each: 300 }));
    await editor.ask();
    await editor.wait(2600);
    expect(editor.ghost?.split('\n')).toHaveLength(8);
    expect(editor.client.last.state).toBe('aborted');
    expect(editor.answers.at(-1)?.story.choices?.[0]?.ended).toBe('enough time');
  });

  it('goes on as long as questions keep joining it', async () => {
    const editor = new TestEditor('█\n', () => stream(['abcdefgh = 1'], { first: 1500 }));
    await editor.ask();
    await editor.type('abcdefgh', 180);
    await editor.wait(500);
    expect(editor.client.requests).toHaveLength(1);
    expect(editor.shown).toBe('abcdefgh█├ = 1┤\n');
  });

  it('takes pieces of carriage returns for what they are', async () => {
    const editor = new TestEditor('def f():\n█', () => stream(['    a()\r', '\n    b()', '\r\n']));
    await editor.ask();
    await editor.wait(500);
    expect(editor.ghost).toBe('    a()\n    b()');
  });

  it('fails for all who wait', async () => {
    const problem = new Error('the line is cut');
    const editor = new TestEditor('█\n', () => ({ ...stream('abc', { first: 100 }), problem }));
    await editor.ask();
    await editor.type('a');
    await editor.wait(500);
    expect(editor.problems).toEqual([problem]);
    expect(editor.engine.counts).toEqual({ launched: 1, aborted: 0, ended: 1 });
  });
});
