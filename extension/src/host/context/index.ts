import * as vscode from 'vscode';
import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/log.js';
import type { Documents } from '../documents.js';
import type { Settings } from '../settings.js';
import { CompletionContexts } from './completion-context.js';
import { EditContexts } from './edit-context.js';
import { EditorGatherer } from './editor-gatherer.js';
import type { Exclusion } from './exclusion.js';
import { ContextFiles } from './files.js';
import type { ContextGatherer } from './gatherer.js';
import { createGit, type Git } from './git.js';
import { readLimits, type ContextLimits } from './limits.js';
import { createPreparation } from './preparation.js';
import type { ContextProvider } from './provider.js';
import { Definitions } from './providers/definitions.js';
import { createDiagnostics } from './providers/diagnostics.js';
import { createGitDiff } from './providers/git-diff.js';
import { createNotebookCells } from './providers/notebook-cells.js';
import { createOpenTabs } from './providers/open-tabs.js';
import { createRecentEdits, createRecentViews } from './providers/recent.js';
import { createVisibleRanges } from './providers/visible-ranges.js';
import { Sources } from './sources.js';
import { Trail } from './trail.js';
import { createWorkspaceFiles } from './workspace-files.js';

export interface ContextParts {
  readonly documents: Documents;
  readonly exclusion: Exclusion;
  readonly settings: Settings;
  readonly log: Logger;
  readonly clock: Clock;
}

/** A gatherer that follows the editor until it is disposed of. */
export interface RunningGatherer extends ContextGatherer {
  dispose(): void;
}

/** Puts the sources of context together. */
export function createGatherer(parts: ContextParts): RunningGatherer {
  const { documents, exclusion, settings, log, clock } = parts;
  const files = new ContextFiles(documents, exclusion);
  const workspaceFiles = createWorkspaceFiles(files, clock);
  const trail = new Trail(clock);
  const git = createGit(clock);
  const definitions = new Definitions(files, clock);
  const providers = createProviders({ files, documents, trail, git, definitions });
  const forCompletions = new Sources(providers, clock, log);
  const forEdits = new Sources(providers, clock, log);
  const limits = keptLimits(settings);
  const completions = new CompletionContexts({
    documents,
    files,
    sources: forCompletions,
    clock,
    limits: limits.get,
  });
  const edits = new EditContexts({
    settings,
    files,
    workspaceFiles,
    sources: forEdits,
    limits: limits.get,
  });
  const gatherer = new EditorGatherer({
    documents,
    workspaceFiles,
    completions,
    edits,
    log,
    repo: (uri) => git.name(uri) ?? documents.repo(uri),
  });
  const following = follow({ completions, definitions, trail, git, settings, exclusion, limits });
  const preparation = createPreparation(completions, documents, clock, log);
  const all = [following, preparation, trail, git, workspaceFiles, forCompletions, forEdits];
  return Object.assign(gatherer, { dispose: () => all.forEach((part) => void part.dispose()) });
}

interface FollowParts {
  readonly completions: CompletionContexts;
  readonly definitions: Definitions;
  readonly trail: Trail;
  readonly git: Git;
  readonly settings: Settings;
  readonly exclusion: Exclusion;
  readonly limits: { forget(): void };
}

/** Tells those who remember something of what makes it untrue. */
function follow(parts: FollowParts): vscode.Disposable {
  const { completions, definitions, trail, git, settings, exclusion, limits } = parts;
  return vscode.Disposable.from(
    trail.onDidChange((change) => {
      definitions.changed(change);
      completions.changed(change);
    }),
    git.onDidMoveHead(() => trail.checkedOut()),
    exclusion.onDidChange(() => completions.clear()),
    settings.onDidChange(() => {
      limits.forget();
      completions.clear();
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      completions.closed(uri.toString());
      if (!vscode.workspace.getWorkspaceFolder(uri)) {
        completions.forget(uri.toString()); // It was there because the user had it open.
      }
    }),
    vscode.workspace.onDidDeleteFiles(({ files }) => {
      files.forEach((uri) => completions.forget(uri.toString()));
    }),
  );
}

interface ProviderParts {
  readonly files: ContextFiles;
  readonly documents: Documents;
  readonly trail: Trail;
  readonly git: Git;
  readonly definitions: Definitions;
}

function createProviders(parts: ProviderParts): readonly ContextProvider[] {
  const { files, documents, trail, git, definitions } = parts;
  return [
    createNotebookCells(files, documents),
    definitions,
    createDiagnostics(files),
    createRecentEdits(files, trail),
    createVisibleRanges(files),
    createOpenTabs(files),
    createRecentViews(files, trail),
    createGitDiff(files, git),
  ];
}

/** The limits, read again only after a setting has changed. */
function keptLimits(settings: Settings): { get: () => ContextLimits; forget: () => void } {
  let limits: ContextLimits | undefined;
  return {
    get: () => (limits ??= readLimits(settings)),
    forget: () => {
      limits = undefined;
    },
  };
}
