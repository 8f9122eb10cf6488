// @ts-check
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What a layer must not import: the editor in core, and anything above it. */
function banned(...groups) {
  return { 'no-restricted-imports': ['error', { patterns: groups }] };
}

const EDITOR = {
  regex: '^vscode$',
  message: 'core knows no editor, not even by type; take an interface and implement it in host.',
};
const NODE = {
  regex: '^(node:|(fs|path|os|http|https|net|child_process|crypto|process)$)',
  message: 'core runs anywhere; take what is needed from Node through an interface.',
};
const ABOVE_CORE = {
  regex: '/(host|features)/|extension\\.js$',
  message: 'core is below host and features.',
};
const ABOVE_HOST = { regex: '/features/|extension\\.js$', message: 'host is below features.' };
const COMPOSITION = {
  regex: 'extension\\.js$',
  message: 'only the editor imports the composition root.',
};

export default defineConfig(
  { ignores: ['dist/', 'build/', 'node_modules/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './test/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      complexity: ['error', 14],
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 600 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 6],
      'no-console': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  { files: ['src/core/**/*.ts'], rules: banned(EDITOR, NODE, ABOVE_CORE) },
  { files: ['src/host/**/*.ts'], rules: banned(ABOVE_HOST) },
  { files: ['src/features/**/*.ts'], rules: banned(COMPOSITION) },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-console': 'off',
    },
  },
);
