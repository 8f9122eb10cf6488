import type { EditAction, EditRequest, RegionProblem } from './request.js';

/** Problems told to the model; more only confuse it. */
const MOST_PROBLEMS = 8;

/** What documentation is called, by language. */
const DOCUMENTATION: Readonly<Record<string, string>> = {
  python: 'a docstring (triple quotes, directly below the definition)',
  javascript: 'a JSDoc comment (/** … */, directly above the definition)',
  javascriptreact: 'a JSDoc comment (/** … */, directly above the definition)',
  typescript: 'a TSDoc comment (/** … */, directly above the definition)',
  typescriptreact: 'a TSDoc comment (/** … */, directly above the definition)',
  java: 'a Javadoc comment (/** … */, directly above the definition)',
  kotlin: 'a KDoc comment (/** … */, directly above the definition)',
  php: 'a PHPDoc comment (/** … */, directly above the definition)',
  csharp: 'an XML documentation comment (/// <summary>, directly above the definition)',
  rust: 'a documentation comment (///, directly above the definition)',
  go: 'a documentation comment (// with the name first, directly above the definition)',
  c: 'a Doxygen comment (/** … */, directly above the definition)',
  cpp: 'a Doxygen comment (/** … */, directly above the definition)',
  swift: 'a documentation comment (///, directly above the definition)',
  ruby: 'a YARD comment (#, directly above the definition)',
};

/** Returns the instruction that the model gets, in its words: the user's, or a quick action's. */
export function instructionOf(request: EditRequest): string {
  const words = request.instruction.trim();
  switch (request.action) {
    case 'edit':
    case 'generate':
      return withProblems(words, request);
    case 'document':
      return sentences(
        `Add ${DOCUMENTATION[request.language] ?? 'a documentation comment'} to what is defined here. ` +
          'Say what it does, its parameters and what it returns. Change nothing else.',
        words,
      );
    case 'fix':
      return sentences(`Fix ${problemsOf(request) || 'the mistakes in this code.'}`, words);
  }
}

/** An instruction such as "fix this" means the problems that the editor shows. */
function withProblems(words: string, request: EditRequest): string {
  const aboutProblems = /\b(?:fix|repair|problems?|errors?|warnings?|lint|diagnostics?)\b/i;
  return request.problems.length > 0 && aboutProblems.test(words)
    ? `${words}\n\nThe editor reports ${problemsOf(request)}`
    : words;
}

function problemsOf({ problems, region }: EditRequest): string {
  if (problems.length === 0) {
    return '';
  }
  const serious = [...problems]
    .sort((a, b) => RANKS.indexOf(a.severity) - RANKS.indexOf(b.severity))
    .slice(0, MOST_PROBLEMS)
    .sort((a, b) => a.line - b.line)
    .map((problem) => `- ${describe(problem, region)}`);
  const what = serious.length === 1 ? 'this problem' : 'these problems';
  return `${what}:\n${serious.join('\n')}`;
}

const RANKS: readonly RegionProblem['severity'][] = ['error', 'warning', 'information', 'hint'];

/** Names the line by its text: small models cannot count lines. */
function describe(
  { line, message, origin, code }: RegionProblem,
  region: readonly string[],
): string {
  const text = region[line]?.trim() ?? '';
  const from = [origin, code].filter(Boolean).join(' ');
  const where = text === '' ? '' : `in \`${text}\`: `;
  return `${where}${message.trim()}${from === '' ? '' : ` (${from})`}`;
}

function sentences(...parts: readonly string[]): string {
  return parts.filter(Boolean).join('\n');
}

/** Returns whether an action needs words from the user. */
export function needsInstruction(action: EditAction): boolean {
  return action === 'edit' || action === 'generate';
}
