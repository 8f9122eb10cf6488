import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { LoadWasm } from '../../src/core/syntax/trees.js';

const FOLDER = dirname(createRequire(import.meta.url).resolve('@vscode/tree-sitter-wasm'));

/** Reads the grammars that the build copies. */
export const loadGrammar: LoadWasm = (name) => readFile(join(FOLDER, name));
