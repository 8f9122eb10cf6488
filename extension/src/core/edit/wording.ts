/** The words that models are asked in. Chosen by measurement: see docs/benchmarks.md. */

import type { ChatMessage, ContextFile } from '../server/types.js';
import type { AnswerFormat } from './request.js';

/** Stands where the region was cut out of the text around it. */
export const PLACE = '<the code to edit>';
/** Stands where new lines are to go. */
export const CURSOR = '<cursor>';

/** What a question shows. */
export interface Shown {
  readonly path: string;
  readonly language: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly files: readonly ContextFile[];
}

/** Returns text as a code block whose fence the text cannot close. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([mark]) => mark.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

export const SYSTEM: Readonly<Record<AnswerFormat | 'generate', string>> = {
  region:
    'You are an expert programmer. Change the code as the instruction says. ' +
    'Reply with the complete changed code in one code block and nothing else.',
  generate:
    'You are an expert programmer. Write the code that the instruction asks for. ' +
    'Reply with the new lines in one code block and nothing else.',
  blocks: [
    'You are an expert programmer. Change the code as the instruction says.',
    'Reply only with blocks of this form, one for every place that changes:',
    '',
    '<<<<<<< SEARCH',
    'the lines to replace, copied exactly from the code, with their indentation',
    '=======',
    'the new lines',
    '>>>>>>> REPLACE',
    '',
    'Copy enough lines that they occur only once in the code, and no more than needed. ' +
      'To insert lines, search for a line next to the place and repeat it in the replacement.',
  ].join('\n'),
};

/** A change made as it is asked for; shown to small models, which otherwise give the code back. */
export function example(question: (code: string, instruction: string) => string): ChatMessage[] {
  const before = 'def greet(name):\n    print("Hello " + name)';
  const after = 'def greet(name):\n    return f"Hello {name}"';
  return [
    { role: 'user', content: question(before, 'Return the greeting instead of printing it.') },
    { role: 'assistant', content: fenced(after, 'python') },
  ];
}

/** The question for a changed region. */
export function editQuestion(code: string, language: string, instruction: string): string {
  return `Code:\n${fenced(code, language)}\n\nInstruction: ${instruction}`;
}

/** The question for what comes after an answer. */
export function refineQuestion(instruction: string, format: AnswerFormat): string {
  const how =
    format === 'blocks' ? 'Reply with blocks for this code.' : 'Reply with the complete code.';
  return `Change this code further: ${instruction}\n\n${how}`;
}

/** The instruction for a model that has given the code back as it was. */
export function insistence(instruction: string): string {
  return `This is still the old code. Apply the instruction: ${instruction}`;
}

/** What stands around the region, and other files; empty when there is nothing. */
export function surroundings(shown: Shown, middle: string): string {
  const parts = shown.files.map(({ path, text }) => `File ${path}:\n${fenced(text, '')}`);
  if (shown.before.length + shown.after.length > 0) {
    const text = [...shown.before, middle, ...shown.after].join('\n');
    parts.push(`The code is part of ${shown.path}:\n${fenced(text, shown.language)}`);
  }
  return parts.length === 0 ? '' : `${parts.join('\n\n')}\n\n`;
}
