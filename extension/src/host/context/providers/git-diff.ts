import type * as vscode from 'vscode';
import { parseHunks, trimmedDiff } from '../../../core/context/diff.js';
import { joined, widened } from '../../../core/context/lines.js';
import { similarity, wordsAround } from '../../../core/context/similarity.js';
import { snippetOf } from '../../../core/context/snippets.js';
import type { Snippet } from '../../../core/context/types.js';
import type { ContextFiles, ReadFile } from '../files.js';
import type { Git, GitRepository } from '../git.js';
import { createPauses } from '../pauses.js';
import type { ContextProvider, ContextQuestion } from '../provider.js';

const MOST_FILES = 8;
/** Lines around a change that tell what it is about. */
const AROUND = 6;
const LONGEST_DIFF = 4_000;
/** Files that tools write; their changes say nothing about the task. */
const WRITTEN_BY_TOOLS =
  /(?:^|\/)(?:package-lock\.json|[^/]*\.lock|[^/]*\.(?:min|generated)\.\w+)$/;

/**
 * What is changed and not yet committed, in other files: it belongs to the same task. Completions
 * get the lines as they are now, which is what code looks like; edits get the difference.
 */
export function createGitDiff(files: ContextFiles, git: Git): ContextProvider {
  const diffs = new Map<string, string>();
  git.onDidChange(() => diffs.clear());
  return {
    source: 'gitDiff',
    async gather(question, signal) {
      const repository = git.repository(question.document.uri);
      const pause = createPauses(signal);
      const snippets: Snippet[] = [];
      for (const uri of repository ? changedFiles(repository, question.document.uri) : []) {
        const file = await files.read(uri);
        const diff = file && repository ? await diffOf(diffs, repository, uri) : '';
        snippets.push(...(file ? snippetsOf(file, diff, question) : []));
        await pause();
      }
      return snippets;
    },
  };
}

function changedFiles(repository: GitRepository, own: vscode.Uri): vscode.Uri[] {
  const { workingTreeChanges, indexChanges } = repository.state;
  const changed = new Map(
    [...workingTreeChanges, ...indexChanges].map(({ uri }) => [uri.toString(), uri]),
  );
  changed.delete(own.toString());
  return [...changed.values()]
    .filter(({ path }) => !WRITTEN_BY_TOOLS.test(path))
    .slice(0, MOST_FILES);
}

/** A file's difference from the last commit; kept until git says that something changed. */
async function diffOf(
  known: Map<string, string>,
  repository: GitRepository,
  uri: vscode.Uri,
): Promise<string> {
  const key = uri.toString();
  let diff = known.get(key);
  if (diff === undefined) {
    diff = await repository.diffWithHEAD(uri.fsPath).catch(() => ''); // Deleted, or not comparable.
    known.set(key, diff);
  }
  return diff;
}

function snippetsOf(file: ReadFile, diff: string, question: ContextQuestion): Snippet[] {
  const hunks = parseHunks(diff);
  if (question.purpose === 'edit') {
    const text = trimmedDiff(hunks, LONGEST_DIFF);
    const { uri, path } = file;
    const lines = { start: 0, end: 0 };
    return text === ''
      ? []
      : [{ source: 'gitDiff', kind: 'diff', uri, path, lines, text, score: 0.5 }];
  }
  const changed = hunks.flatMap((hunk) => hunk.changed);
  return joined(
    changed.map((lines) => widened(lines, AROUND, file.lines.length)),
    AROUND,
  )
    .map((lines) => {
      const words = wordsAround(file.lines.slice(lines.start, lines.end));
      const alike = Math.min(1, similarity(question.words, words) * 4);
      return snippetOf(file, lines, 'gitDiff', alike);
    })
    .filter((snippet) => snippet !== undefined);
}
