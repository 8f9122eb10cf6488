import type { Story, StoryOutcome, StorySource } from './completion/story.js';

/**
 * A completion's story in one line for a bug report: figures and names of our own only. No code, no
 * path, nothing that the user or a model wrote.
 */
export function storyFigures(story: Story): string {
  const { usage } = story;
  const context = story.context;
  const figures: Readonly<Record<string, string | number | undefined>> = {
    language: story.language,
    trigger: story.trigger,
    source: sourceWord(story.source),
    outcome: outcomeWord(story.outcome),
    lines: story.lines?.lines,
    prefix: story.sent?.prefix,
    suffix: story.sent?.suffix,
    contextFiles: context?.files.length,
    contextCharacters: context?.files.reduce((sum, { characters }) => sum + characters, 0),
    contextMs: context && Math.round(context.ms),
    promptTokens: usage?.promptTokens,
    cachedTokens: usage?.cachedTokens,
    newTokens: usage?.completionTokens,
    ttftMs: story.ttftMs === undefined ? undefined : Math.round(story.ttftMs),
    totalMs: Math.round(story.totalMs),
    dropped: droppedBy(story),
    fate: story.fate?.replaceAll(' ', '-'),
  };
  return Object.entries(figures)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value ?? ''}`)
    .join(' ');
}

function sourceWord(source: StorySource): string {
  switch (source.kind) {
    case 'cache':
      return source.hit;
    case 'joined':
      return source.prefetch ? 'joined-prefetch' : 'joined';
    default:
      return source.kind;
  }
}

function outcomeWord(outcome: StoryOutcome): string {
  return outcome.kind === 'answered' ? `answered-${outcome.candidates}` : outcome.kind;
}

/** The filters that left nothing of a choice. */
function droppedBy(story: Story): string | undefined {
  const names = (story.choices ?? []).flatMap(({ filters }) =>
    filters.filter(({ dropped }) => dropped !== undefined).map(({ filter }) => filter),
  );
  return names.length > 0 ? names.join('+') : undefined;
}
