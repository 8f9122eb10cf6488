import type { ChatMessage, ContextFile } from '../server/types.js';
import { isSmallModel } from './format.js';
import type { AnswerFormat, EditRequest } from './request.js';
import { estimateTokens, nearest } from './tokens.js';
import * as wording from './wording.js';

/** What the model is asked. */
export interface EditPrompt {
  readonly messages: readonly ChatMessage[];
  /** Most new tokens, so that prompt and answer fit the model. */
  readonly maxTokens: number;
  /** Estimated. */
  readonly promptTokens: number;
  /** Lines that the answer may repeat although they are no code. */
  readonly markers: readonly string[];
}

export type PromptResult =
  | { readonly kind: 'prompt'; readonly prompt: EditPrompt }
  /** The region alone is too long for the model; both in estimated tokens. */
  | { readonly kind: 'too-long'; readonly regionTokens: number; readonly room: number };

/** An earlier question of the same edit, and the text that came of it. */
export interface Turn {
  readonly instruction: string;
  readonly text: readonly string[];
}

export interface PromptOptions {
  readonly request: EditRequest;
  /** What the model is to do now. */
  readonly instruction: string;
  readonly format: AnswerFormat;
  /** The lines to change as they were when the first question was asked. */
  readonly original: readonly string[];
  /** Earlier questions, oldest first; none in the first round. */
  readonly turns: readonly Turn[];
}

/** Context of a model whose server does not tell it. */
const UNKNOWN_CONTEXT = 8_192;
/** Tokens that a chat template adds to a message, and what all estimates may be short of. */
const MESSAGE_TOKENS = 8;
const MARGIN = 64;
/** An answer gets room for this many times the region, and at least for this many tokens. */
const GROWTH = 1.25;
const LEAST_ANSWER = 256;
/** Of the room that is left, how much goes to files that the user mentions, then to the text around. */
const MENTIONS_SHARE = 0.6;
const AROUND_SHARE = 0.7;

/**
 * Writes the question about an edit. Prompt and answer fit the model by a careful estimate: first
 * gathered files give way, then mentioned ones and the text around the region, never the region.
 */
export function editPrompt(options: PromptOptions): PromptResult {
  const { request, format } = options;
  const whole = request.model.contextLength ?? UNKNOWN_CONTEXT;
  const bare = messagesFor(options, { before: [], after: [], files: [] });
  const fixed = tokensOf(bare) + MARGIN;
  const regionTokens = estimateTokens(currentText(options).join('\n'));
  const answer = Math.min(request.maxTokens, answerRoom(format, regionTokens));
  const room = whole - fixed - answer;
  if (room < 0) {
    return options.turns.length > 0
      ? editPrompt(asOneQuestion(options))
      : { kind: 'too-long', regionTokens, room: whole };
  }
  const messages = messagesFor(options, shownWithin(request, room));
  const promptTokens = tokensOf(messages);
  return {
    kind: 'prompt',
    prompt: {
      messages,
      maxTokens: Math.min(request.maxTokens, whole - promptTokens - MARGIN),
      promptTokens,
      markers: [wording.PLACE, wording.CURSOR],
    },
  };
}

function answerRoom(format: AnswerFormat, regionTokens: number): number {
  return Math.max(format === 'region' ? Math.ceil(regionTokens * GROWTH) : 0, LEAST_ANSWER);
}

/** The lines as the model would see them now. */
function currentText({ original, turns }: PromptOptions): readonly string[] {
  return turns.at(-1)?.text ?? original;
}

/** A follow-up whose conversation is too long: the text as it is now, and what was asked so far. */
function asOneQuestion(options: PromptOptions): PromptOptions {
  return { ...options, original: currentText(options), turns: [] };
}

type Around = Pick<wording.Shown, 'before' | 'after' | 'files'>;

/** Chooses what fits besides the region; nearer lines and earlier mentions are worth more. */
function shownWithin(request: EditRequest, room: number): Around {
  const mentions = filesWithin(request.mentions, room * MENTIONS_SHARE);
  const left = room - tokensOfFiles(mentions);
  const each = (left * AROUND_SHARE) / 2;
  const lines = request.surroundingLines;
  const before = nearest(request.before, 'before', lines, each);
  const after = nearest(request.after, 'after', lines, each);
  const used = estimateTokens([...before, ...after].join('\n'));
  // Small models lose the instruction among files that nobody asked them to read.
  const gathered = isSmallModel(request.model.id)
    ? []
    : filesWithin([...request.context].reverse(), left - used).reverse();
  return { before, after, files: [...gathered, ...mentions] };
}

/** Tokens that a file's heading and fence cost besides its text. */
const FILE_TOKENS = 24;
/** Fewest tokens of a file that are worth showing. */
const LEAST_FILE = 64;

/** Takes files in order; the first that does not fit is cut at the end of a line. */
function filesWithin(files: readonly ContextFile[], room: number): ContextFile[] {
  const taken: ContextFile[] = [];
  let left = room;
  for (const file of files) {
    left -= FILE_TOKENS;
    if (left < LEAST_FILE) {
      break;
    }
    const lines = file.text.split('\n');
    const fitting = nearest(lines, 'after', lines.length, left);
    const text = fitting.join('\n');
    left -= estimateTokens(text);
    taken.push({ path: file.path, text: fitting.length < lines.length ? `${text}\n…` : text });
  }
  return taken;
}

function tokensOfFiles(files: readonly ContextFile[]): number {
  return files.reduce((sum, { path, text }) => sum + FILE_TOKENS + estimateTokens(path + text), 0);
}

function tokensOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + MESSAGE_TOKENS + estimateTokens(content), 0);
}

function messagesFor(options: PromptOptions, around: Around): ChatMessage[] {
  const { request, instruction, format, original, turns } = options;
  const shown: wording.Shown = { path: request.path, language: request.language, ...around };
  const asked = [...turns.map((turn) => turn.instruction), instruction];
  const first = { ...options, instruction: asked[0] ?? '' };
  const generate = original.join('').trim() === '';
  return [
    { role: 'system', content: wording.SYSTEM[generate ? 'generate' : format] },
    ...(generate || format === 'blocks' || !isSmallModel(request.model.id)
      ? []
      : wording.example((code, words) => wording.editQuestion(code, 'python', words))),
    { role: 'user', content: generate ? newLines(first, shown) : changed(first, shown) },
    ...turns.flatMap((turn, index): ChatMessage[] => [
      { role: 'assistant', content: wording.fenced(turn.text.join('\n'), request.language) },
      { role: 'user', content: wording.refineQuestion(asked[index + 1] ?? '', format) },
    ]),
  ];
}

function changed({ request, original, instruction }: PromptOptions, shown: wording.Shown): string {
  return (
    wording.surroundings(shown, wording.PLACE) +
    wording.editQuestion(original.join('\n'), request.language, instruction)
  );
}

function newLines({ request, instruction }: PromptOptions, shown: wording.Shown): string {
  const line = request.region[0] ?? '';
  const before = line.trim() === '' ? shown.before : [...shown.before, line];
  const text = wording.surroundings({ ...shown, before }, wording.CURSOR);
  const where = text === '' ? `${shown.path} (${shown.language})` : wording.CURSOR;
  return `${text}Write the lines that go ${text === '' ? 'into' : 'at'} ${where}: ${instruction}`;
}
