import * as vscode from 'vscode';
import { assemble, type Shown } from '../../core/context/assemble.js';
import { widened } from '../../core/context/lines.js';
import { snippetOf } from '../../core/context/snippets.js';
import type { SkippedSource, Snippet } from '../../core/context/types.js';
import type { Settings } from '../settings.js';
import type { ContextFiles } from './files.js';
import type { GatherExtras } from './gatherer.js';
import type { ContextLimits } from './limits.js';
import { createQuestion } from './question.js';
import { sizeOf, type ChosenContext } from './result.js';
import type { Sources } from './sources.js';
import type { WorkspaceFiles } from './workspace-files.js';

/** An edit is worth a longer wait than a completion, and has room for more. */
const TIME = 5;
const CHARACTERS = 4;
/** Most characters of the files that an instruction mentions. */
const MENTIONED = 32_000;

export interface EditContextParts {
  readonly settings: Settings;
  readonly files: ContextFiles;
  readonly workspaceFiles: WorkspaceFiles;
  readonly sources: Sources;
  readonly limits: () => ContextLimits;
}

export interface EditContext extends ChosenContext {
  /** In the order of mention. */
  readonly mentions: readonly Snippet[];
}

/** The context of edits: what the instruction mentions, and what the edited code uses. */
export class EditContexts {
  readonly #parts: EditContextParts;
  #count = 0;

  constructor(parts: EditContextParts) {
    this.#parts = parts;
  }

  async gather(
    document: vscode.TextDocument,
    position: vscode.Position,
    extras: GatherExtras,
  ): Promise<EditContext> {
    const { files, settings, sources } = this.#parts;
    const { isOn, time, characters, off } = this.#parts.limits();
    const selection = editedRange(document, position, extras.selection);
    const edited = { start: selection.start.line, end: selection.end.line + 1 };
    const around = settings.get('edit.surroundingLines', document);
    const lines = widened(edited, around, document.lineCount);
    const place = { document, position, purpose: 'edit' as const, shown: lines };
    const question = createQuestion(files, place, { ...extras, selection });
    const uri = document.uri.toString();
    const offers = await sources.ask(
      `${uri} ${++this.#count}`,
      question,
      time * TIME,
      (provider) => isOn(provider.source) && provider.source !== 'mentions',
    );
    const mentions = await this.#mentioned(extras.mentions ?? [], { uri, lines });
    const snippets = assemble({
      offers: offers.snippets,
      purpose: 'edit',
      shown: { uri, lines },
      kept: mentions.found,
      budget: characters * CHARACTERS + sizeOf(mentions.found),
    });
    return {
      snippets: snippets.slice(mentions.found.length),
      mentions: mentions.found,
      took: offers.took,
      skipped: [
        ...off.map((source) => ({ source, reason: 'off' as const })),
        ...offers.skipped,
        ...mentions.skipped,
      ],
      held: false,
    };
  }
  /** Each mentioned file from its beginning, as far as they fit. */
  async #mentioned(
    mentions: readonly string[],
    shown: Shown,
  ): Promise<{ found: readonly Snippet[]; skipped: readonly SkippedSource[] }> {
    const { files, workspaceFiles } = this.#parts;
    let found: readonly Snippet[] = [];
    const skipped: SkippedSource[] = [];
    for (const mention of mentions) {
      const uri = await workspaceFiles.resolve(mention);
      const file = uri && (await files.read(uri));
      if (file) {
        const whole = snippetOf(file, { start: 0, end: file.lines.length }, 'mentions', 1);
        const offers = whole ? [whole] : [];
        found = assemble({ offers, purpose: 'edit', kept: found, budget: MENTIONED, shown });
      } else {
        skipped.push({ source: 'mentions', reason: 'unknown', path: mention });
      }
    }
    return { found, skipped };
  }
}

/** Returns the whole lines that an edit is about: those of the selection, or the cursor's. */
export function editedRange(
  document: vscode.TextDocument,
  position: vscode.Position,
  selection: vscode.Range | undefined,
): vscode.Range {
  const start = selection?.start.line ?? position.line;
  const end = selection?.end.line ?? position.line;
  return new vscode.Range(new vscode.Position(start, 0), document.lineAt(end).range.end);
}
