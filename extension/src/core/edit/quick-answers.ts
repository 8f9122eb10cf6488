/** Quick actions that change no code: an explanation to read, and tests for a file of their own. */

import type { ChatMessage, CockpitClient, ModelInfo } from '../server/types.js';
import { AnswerParser } from './answer.js';
import { isSmallModel } from './format.js';
import type { IndentationStyle, RegionProblem } from './request.js';
import { estimateTokens, nearest } from './tokens.js';
import { fenced } from './wording.js';

/** Code that is asked about. */
export interface CodeQuestion {
  /** As it is shown and sent: relative to the workspace folder, with forward slashes. */
  readonly path: string;
  readonly language: string;
  readonly code: readonly string[];
  /** The document's lines before and after the code. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly problems: readonly RegionProblem[];
  readonly model: ModelInfo;
  /** Most new tokens. */
  readonly maxTokens: number;
}

/** Where tests go. */
export interface TestsQuestion extends CodeQuestion {
  /** The path that the tests get. */
  readonly testPath: string;
  readonly indentation: IndentationStyle;
}

/** Context of a model whose server does not tell it, and what estimates may be short of. */
const UNKNOWN_CONTEXT = 8_192;
const MARGIN = 128;
/** Most of the model's context for an answer, and most lines shown around the code, each side. */
const ANSWER_SHARE = 0.5;
const AROUND = 40;

const EXPLAIN =
  'You are an expert programmer. Explain code to a colleague in Markdown: first in one sentence what ' +
  'it is for, then how it works, step by step, then what to watch out for. Be short and exact.';

/** What tests are usually written with, by language. */
const TEST_TOOLS: Readonly<Record<string, string>> = {
  python: 'pytest',
  javascript: 'the test framework that the project uses, else vitest',
  javascriptreact: 'the test framework that the project uses, else vitest',
  typescript: 'the test framework that the project uses, else vitest',
  typescriptreact: 'the test framework that the project uses, else vitest',
  java: 'JUnit 5',
  kotlin: 'JUnit 5',
  go: 'the standard testing package',
  rust: "Rust's own #[test] functions",
  csharp: 'xUnit',
  ruby: 'RSpec',
  php: 'PHPUnit',
  c: 'plain assert and a main function',
  cpp: 'plain assert and a main function',
  swift: 'XCTest',
};

/**
 * Explains code, in pieces of Markdown.
 *
 * @throws ServerProblem, or the signal's reason when it aborts.
 */
export async function* explainCode(
  client: Pick<CockpitClient, 'chat'>,
  question: CodeQuestion,
  signal: AbortSignal,
): AsyncIterable<string> {
  const problems = question.problems.map(({ message }) => `- ${message}`).join('\n');
  const ask =
    problems === '' ? 'Explain this code.' : `Explain this code and its problems:\n${problems}`;
  const request = requestFor(question, EXPLAIN, ask);
  for await (const delta of client.chat({ ...request, task: 'chat' }, signal)) {
    if (delta.text !== '') {
      yield delta.text;
    }
  }
}

/**
 * Writes tests for code, in complete lines of the file `testPath`; nothing when the model gives no
 * code.
 *
 * @throws ServerProblem, or the signal's reason when it aborts.
 */
export async function* writeTests(
  client: Pick<CockpitClient, 'chat'>,
  question: TestsQuestion,
  signal: AbortSignal,
): AsyncIterable<readonly string[]> {
  const { language, testPath, indentation } = question;
  const tool = TEST_TOOLS[language] ?? 'the usual test framework of the language';
  const system =
    'You are an expert programmer. Write tests that would find mistakes: usual cases and limits. ' +
    'Reply with the complete test file in one code block and nothing else.';
  const ask = `Write tests for this code with ${tool}. They go into ${testPath} and import from ${question.path}.`;
  const parser = new AnswerParser({
    language,
    before: [],
    region: [''],
    after: [],
    indentation,
    fresh: true,
  });
  let cut = false;
  for await (const delta of client.chat(
    { ...requestFor(question, system, ask), task: 'edit' },
    signal,
  )) {
    cut ||= delta.finish === 'length';
    const { lines } = parser.push(delta.text);
    if (lines.length > 0) {
      yield lines;
    }
    if (parser.over) {
      break;
    }
  }
  const { lines } = parser.finish(cut ? 'cut' : 'complete');
  if (lines.length > 0) {
    yield lines;
  }
}

function requestFor(
  question: CodeQuestion,
  system: string,
  ask: string,
): { model: string; messages: ChatMessage[]; maxTokens: number; temperature: number } {
  const { model, path, language } = question;
  const whole = model.contextLength ?? UNKNOWN_CONTEXT;
  const maxTokens = Math.min(question.maxTokens, Math.floor(whole * ANSWER_SHARE));
  const room = whole - maxTokens - MARGIN - estimateTokens(system + ask);
  // The beginning of code that is too long is better than no answer about it.
  const code = nearest(question.code, 'after', question.code.length, room);
  const left = room - estimateTokens(code.join('\n'));
  const lines = isSmallModel(model.id) ? AROUND / 2 : AROUND;
  const before = nearest(question.before, 'before', lines, left / 3);
  const after = nearest(question.after, 'after', lines, left / 3);
  const around =
    before.length + after.length === 0
      ? ''
      : `${path}:\n${fenced([...before, '…', ...after].join('\n'), language)}\n\nThe code at … is:\n`;
  return {
    model: model.id,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: `${around}${fenced(code.join('\n'), language)}\n\n${ask}` },
    ],
    maxTokens,
    temperature: 0,
  };
}
