import type * as vscode from 'vscode';
import { rarity, similarWindows, type WordWeight } from '../../../core/context/similarity.js';
import { snippetOf } from '../../../core/context/snippets.js';
import type { Snippet } from '../../../core/context/types.js';
import { openFiles, type ContextFiles, type ReadFile } from '../files.js';
import { createPauses } from '../pauses.js';
import type { ContextProvider, ContextQuestion } from '../provider.js';

const WINDOWS = { size: 40, step: 8, count: 2 };
const MOST_FILES = 20;
/** Windows less like the cursor's surroundings than this have nothing to say. */
const LEAST_ALIKE = 0.04;
/** From here on code is so alike that more makes no difference. */
const VERY_ALIKE = 0.3;
/** Files in another language help less. */
const OTHER_LANGUAGE = 0.5;

/** The parts of the files in other tabs that speak of the same things as the code at the cursor. */
export function createOpenTabs(files: ContextFiles): ContextProvider {
  return {
    source: 'openTabs',
    async gather(question, signal) {
      const pause = createPauses(signal);
      const found: ReadFile[] = [];
      for (const uri of otherTabs(question.document.uri)) {
        const file = await files.read(uri);
        file?.words();
        found.push(...(file ? [file] : []));
        await pause();
      }
      const weight = rarity(found.map((file) => file.words()));
      const snippets: Snippet[] = [];
      for (const file of found) {
        snippets.push(...alike(file, question, weight));
        await pause();
      }
      return snippets;
    },
  };
}

function otherTabs(own: vscode.Uri): vscode.Uri[] {
  const others = new Map(openFiles().map((uri) => [uri.toString(), uri]));
  others.delete(own.toString());
  return [...others.values()].slice(0, MOST_FILES);
}

function alike(file: ReadFile, question: ContextQuestion, weight: WordWeight): Snippet[] {
  const share = sameKind(file.path, question.document.uri.path) ? 1 : OTHER_LANGUAGE;
  return similarWindows(question.words, file.words(), WINDOWS, weight)
    .filter(({ score }) => score * share >= LEAST_ALIKE)
    .map(({ lines, score }) =>
      snippetOf(file, lines, 'openTabs', Math.min(1, (score * share) / VERY_ALIKE)),
    )
    .filter((snippet) => snippet !== undefined);
}

/** Whether two files are of the same language, as far as their names tell. */
function sameKind(a: string, b: string): boolean {
  const kind = (path: string): string =>
    (/\.(\w+)$/.exec(path)?.[1] ?? '').toLowerCase().replace(/^([cm]?[jt]sx?)$/, 'script');
  return kind(a) === kind(b);
}
