import { describe, expect, it } from 'vitest';
import { renderStories } from '../../../src/core/completion/story-report.js';
import { Stories, type Story } from '../../../src/core/completion/story.js';
import { stream } from '../../support/recorded-client.js';
import { CONTEXT, TestEditor } from '../../support/test-editor.js';

async function told(editor: TestEditor): Promise<string> {
  await editor.ask();
  await editor.wait(1000);
  return renderStories(editor.engine.stories.latest, editor.clock.now() + 5000);
}

describe('the story of a completion', () => {
  it('tells all of it', async () => {
    const context = {
      ...CONTEXT,
      files: [{ path: 'other.py', text: 'x'.repeat(120) }],
      skipped: [{ source: 'gitDiff' as const, reason: 'late' as const }],
    };
    const usage = { promptTokens: 300, cachedTokens: 256, completionTokens: 4 };
    const editor = new TestEditor(
      'x = █\n',
      () => ({
        deltas: [...stream('1 + "```"  ', { first: 80 }).deltas, { at: 200, usage }],
      }),
      { context },
    );
    const report = await told(editor);
    expect(report).toContain('## Completed at `src/example.py:1:5`, 6 s ago');
    for (const line of [
      '- **Trigger**: typing',
      '- **Outcome**: one completion',
      '- **Then**: shown',
      '- **Model**: coder',
      '- **Answered from**: a request',
      '- **Context**: `other.py` (120 characters), chosen anew in 0.0 ms',
      '- **Left out**: gitDiff (late)',
      '- **Sent of this file**: 4 characters before the cursor, 1 after it',
      "- **Tokens**: 300 in the prompt, 256 of them from the engine's cache, 4 written",
      '- **Time to first text**: 80 ms',
      '- **Time in all**: 200 ms',
    ]) {
      expect(report).toContain(`${line}\n`);
    }
    expect(report).toContain('````text\n1 + "```"  \n````\n');
    expect(report).toContain('- trailing-space: took white space off the end\n');
    expect(report).toContain('What was left:\n\n````text\n1 + "```"\n````\n');
  });

  it('says why there was nothing', async () => {
    const report = await told(new TestEditor('x = █\n', ' '));
    expect(report).toContain('- **Outcome**: nothing: ');
    expect(await told(new TestEditor('a█b\n', 'x'))).toContain(
      '- **Outcome**: nothing: a word goes on right after the cursor',
    );
  });

  it('says so when there is none', () => {
    expect(renderStories([], 0)).toContain('Nothing has been completed yet');
  });

  it('tells what was given up only when the server was asked', async () => {
    const editor = new TestEditor('x = █\n', 'y', { options: { maxDelay: 300 } });
    await editor.ask();
    await editor.type('1');
    expect(editor.engine.stories.latest).toEqual([]);
    await editor.wait(170);
    await editor.type('2');
    expect(editor.engine.stories.latest.map(({ outcome }) => outcome.kind)).toEqual(['superseded']);
  });
});

describe('the stories', () => {
  it('are the last ones, newest first, with what became of them', () => {
    const stories = new Stories(2);
    for (const id of [1, 2, 3]) {
      stories.add({ id } as Story);
    }
    stories.mark(2, 'accepted all');
    stories.mark(1, 'shown');
    expect(stories.latest).toEqual([{ id: 3 }, { id: 2, fate: 'accepted all' }]);
  });
});
