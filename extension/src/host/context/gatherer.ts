import type * as vscode from 'vscode';
import type { ContextPurpose, GatheredContext } from '../../core/context/types.js';
import type { WorkspaceFiles } from './workspace-files.js';

/** What an edit knows beyond the position of the cursor. */
export interface GatherExtras {
  /** What is selected; the region that an edit is about. */
  readonly selection?: vscode.Range;
  /** The files that the instruction names with `@`, as it wrote them. */
  readonly mentions?: readonly string[];
}

/** Gathers what goes beside a prompt. */
export interface ContextGatherer {
  /** The files that an instruction may mention. */
  readonly files: Pick<WorkspaceFiles, 'suggest' | 'resolve'>;
  /**
   * Returns the context for a position. While someone types, that is what was gathered before,
   * byte for byte; otherwise it takes up to the user's time limit. Of an excluded document, and in
   * a workspace that is not trusted, no other file is read.
   *
   * @throws the signal's reason when that aborts, and nothing else.
   */
  gather(
    document: vscode.TextDocument,
    position: vscode.Position,
    purpose: ContextPurpose,
    signal: AbortSignal,
    extras?: GatherExtras,
  ): Promise<GatheredContext>;
}
