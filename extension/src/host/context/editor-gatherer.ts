import * as vscode from 'vscode';
import { abortable } from '../../core/context/abortable.js';
import type { ContextPurpose, GatheredContext, SkippedSource } from '../../core/context/types.js';
import type { Logger } from '../../core/log.js';
import type { Documents } from '../documents.js';
import type { CompletionContexts } from './completion-context.js';
import { editedRange, type EditContexts } from './edit-context.js';
import type { ContextGatherer, GatherExtras } from './gatherer.js';
import { problemsIn } from './providers/diagnostics.js';
import { fileOf, nameOf, noContext, resultOf, type ChosenContext } from './result.js';
import type { WorkspaceFiles } from './workspace-files.js';

export interface GathererParts {
  readonly documents: Documents;
  readonly workspaceFiles: WorkspaceFiles;
  readonly completions: CompletionContexts;
  readonly edits: EditContexts;
  readonly log: Logger;
  /** The name of the repository that holds a file. */
  readonly repo: (uri: vscode.Uri) => string | undefined;
}

/** Decides whether other files may be read at all, and who gathers them. */
export class EditorGatherer implements ContextGatherer {
  readonly #parts: GathererParts;

  constructor(parts: GathererParts) {
    this.#parts = parts;
  }

  get files(): Pick<WorkspaceFiles, 'suggest' | 'resolve'> {
    return this.#parts.workspaceFiles;
  }

  async gather(
    document: vscode.TextDocument,
    position: vscode.Position,
    purpose: ContextPurpose,
    signal: AbortSignal,
    extras: GatherExtras = {},
  ): Promise<GatheredContext> {
    signal.throwIfAborted();
    return purpose === 'completion'
      ? this.#forCompletion(document, position, signal)
      : this.#forEdit(document, position, signal, extras);
  }

  async #forCompletion(
    document: vscode.TextDocument,
    position: vscode.Position,
    signal: AbortSignal,
  ): Promise<GatheredContext> {
    const refused = this.#refusal(document);
    const chosen = refused
      ? noContext([refused])
      : await this.#orNothing(this.#parts.completions.gather(document, position, signal), signal);
    return resultOf(chosen, this.#about(document));
  }

  async #forEdit(
    document: vscode.TextDocument,
    position: vscode.Position,
    signal: AbortSignal,
    extras: GatherExtras,
  ): Promise<GatheredContext> {
    const problems = problemsIn(document, editedRange(document, position, extras.selection));
    const refused = this.#refusal(document);
    if (refused) {
      return resultOf(noContext([refused]), this.#about(document), { problems });
    }
    const gathering = abortable(this.#parts.edits.gather(document, position, extras), signal);
    const chosen = await this.#orNothing(gathering, signal);
    const mentions = 'mentions' in chosen ? chosen.mentions.map(fileOf) : [];
    return resultOf(chosen, this.#about(document), { problems, mentions });
  }

  /** Without context a prompt is worse; without a prompt there is nothing. */
  async #orNothing<T extends ChosenContext>(
    gathering: Promise<T>,
    signal: AbortSignal,
  ): Promise<T | ChosenContext> {
    try {
      return await gathering;
    } catch (error) {
      signal.throwIfAborted();
      this.#parts.log.error('context could not be gathered', { error: nameOf(error) });
      return noContext([{ source: 'workspace', reason: 'failed' }]);
    }
  }

  #refusal(document: vscode.TextDocument): SkippedSource | undefined {
    if (!vscode.workspace.isTrusted) {
      return { source: 'workspace', reason: 'untrusted' };
    }
    return this.#parts.documents.isExcluded(document.uri)
      ? { source: 'workspace', reason: 'excluded' }
      : undefined;
  }

  #about(document: vscode.TextDocument): Pick<GatheredContext, 'path' | 'repo'> {
    const repo = this.#parts.repo(document.uri);
    return {
      path: this.#parts.documents.path(document.uri),
      ...(repo === undefined ? {} : { repo }),
    };
  }
}
