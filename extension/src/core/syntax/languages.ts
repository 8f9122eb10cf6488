import type { SyntaxKind } from './view.js';

/** The grammar of each language that has one, by the editor's identifier. */
const GRAMMARS: Readonly<Record<string, string>> = {
  bash: 'bash',
  c: 'cpp',
  cpp: 'cpp',
  csharp: 'c-sharp',
  'cuda-cpp': 'cpp',
  css: 'css',
  go: 'go',
  java: 'java',
  javascript: 'javascript',
  javascriptreact: 'javascript',
  php: 'php',
  powershell: 'powershell',
  python: 'python',
  ruby: 'ruby',
  rust: 'rust',
  shellscript: 'bash',
  typescript: 'typescript',
  typescriptreact: 'tsx',
};

/** Returns the grammar's file name; undefined for languages that have none here. */
export function grammarFile(language: string): string | undefined {
  const grammar = Object.hasOwn(GRAMMARS, language) ? GRAMMARS[language] : undefined;
  return grammar === undefined ? undefined : `tree-sitter-${grammar}.wasm`;
}

/** Returns what a node means, from the name that its grammar gives it. */
export function kindOf(type: string): SyntaxKind {
  if (type.includes('comment')) {
    return 'comment';
  }
  if (
    /^(?:interpolation|template_substitution|string_interpolation|command_substitution|expansion)$/.test(
      type,
    )
  ) {
    return 'interpolation';
  }
  if (
    /string|heredoc|char(?:acter)?_literal|rune_literal|regex/.test(type) &&
    type !== 'string_array'
  ) {
    return 'string';
  }
  return 'other';
}
