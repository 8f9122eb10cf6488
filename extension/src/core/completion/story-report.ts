import type { Story, StoryChoice, StoryOutcome, StorySource } from './story.js';

const CACHE_HITS = {
  'typed-through': 'the cache: what was shown is being typed',
  'deleted-back': 'the cache: it was shown here before the text was deleted',
  're-entered': 'the cache: it was shown here before',
  prefetched: 'the cache: it was asked for ahead of time',
} as const;

/** Tells stories, the first of them the newest, as a Markdown document. `now` is the clock's. */
export function renderStories(stories: readonly Story[], now: number): string {
  if (stories.length === 0) {
    return '# Completions\n\nNothing has been completed yet. Type something, then look here again.\n';
  }
  const told = stories.map((story) => renderStory(story, now));
  return `# The last completions, newest first\n\n${told.join('\n')}`;
}

function renderStory(story: Story, now: number): string {
  const place = `${story.path}:${story.line + 1}:${story.character + 1}`;
  return [
    `## ${outcomeTitle(story.outcome)} at \`${place}\`, ${age(now - story.at)} ago`,
    '',
    ...facts(story).map(([name, value]) => `- **${name}**: ${value}`),
    '',
    ...(story.choices ?? []).flatMap((choice, index, all) =>
      renderChoice(choice, all.length > 1 ? ` ${index + 1}` : ''),
    ),
  ].join('\n');
}

function facts(story: Story): (readonly [string, string])[] {
  const rows: (readonly [string, string | undefined])[] = [
    ['Trigger', story.trigger === 'manual' ? 'asked for by hand' : 'typing'],
    ['Outcome', outcomeText(story.outcome)],
    ['Then', story.fate],
    ['Language', story.language],
    ['Model', story.model],
    ['Answered from', sourceText(story.source)],
    ['Waited for a pause', story.delay && `${ms(story.delay.ms)} (${story.delay.reason})`],
    ['Lines', story.lines && `${story.lines.lines} (${story.lines.reason})`],
    ['Context', contextText(story)],
    ['Left out', skippedText(story)],
    [
      'Sent of this file',
      story.sent &&
        `${story.sent.prefix} characters before the cursor, ${story.sent.suffix} after it`,
    ],
    ['Tokens', tokensText(story)],
    ['Time to first text', story.ttftMs === undefined ? undefined : ms(story.ttftMs)],
    ['Time in all', ms(story.totalMs)],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function outcomeTitle(outcome: StoryOutcome): string {
  switch (outcome.kind) {
    case 'answered':
      return 'Completed';
    case 'nothing':
      return 'Nothing shown';
    case 'superseded':
      return 'Given up';
    case 'failed':
      return 'Failed';
  }
}

function outcomeText(outcome: StoryOutcome): string {
  switch (outcome.kind) {
    case 'answered':
      return outcome.candidates === 1 ? 'one completion' : `${outcome.candidates} to choose from`;
    case 'nothing':
      return `nothing: ${outcome.reason}`;
    case 'superseded':
      return 'given up because the text changed or the cursor moved';
    case 'failed':
      return `failed: ${outcome.message}`;
  }
}

function sourceText(source: StorySource): string {
  switch (source.kind) {
    case 'none':
      return 'nowhere, the server was not asked';
    case 'cache':
      return CACHE_HITS[source.hit];
    case 'request':
      return 'a request';
    case 'joined':
      return source.prefetch
        ? 'a request made ahead of time that was still running'
        : 'a request that was running already';
  }
}

function contextText({ context }: Story): string | undefined {
  if (!context) {
    return undefined;
  }
  const files = context.files.map(
    ({ path, characters, sources }) =>
      `\`${path}\` (${characters} characters${sources.length > 0 ? `; ${sources.join(', ')}` : ''})`,
  );
  const list = files.length > 0 ? files.join(', ') : 'none';
  return `${list}, ${context.held ? 'kept from before' : 'chosen anew'} in ${ms(context.ms)}`;
}

function skippedText({ context }: Story): string | undefined {
  const skipped = (context?.skipped ?? [])
    .filter(({ reason }) => reason !== 'off')
    .map(({ source, reason }) => `${source} (${reason})`);
  return skipped.length > 0 ? skipped.join(', ') : undefined;
}

function tokensText({ usage }: Story): string | undefined {
  if (!usage) {
    return undefined;
  }
  const { promptTokens, cachedTokens, completionTokens } = usage;
  const cached =
    cachedTokens === undefined ? '' : `, ${cachedTokens} of them from the engine's cache`;
  return `${promptTokens} in the prompt${cached}, ${completionTokens} written`;
}

function renderChoice(choice: StoryChoice, number: string): string[] {
  const filters = choice.filters.map(({ filter, note, dropped }) =>
    dropped === undefined ? `- ${filter}: ${note ?? ''}` : `- ${filter} dropped it: ${dropped}`,
  );
  return [
    `The model wrote${number} (ended by: ${choice.ended}):`,
    '',
    ...block(choice.raw),
    '',
    ...(filters.length > 0 ? ['The filters:', '', ...filters, ''] : []),
    ...(choice.text !== undefined && choice.text !== choice.raw
      ? ['What was left:', '', ...block(choice.text), '']
      : []),
  ];
}

/** A code block whose fence is longer than any in the text. */
function block(text: string): string[] {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}text`, text, fence];
}

function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${value.toFixed(0)} ms`;
}

function age(value: number): string {
  const seconds = Math.round(value / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
