import * as vscode from 'vscode';
import type { GatheredContext } from '../../core/context/types.js';
import { parseMentions } from '../../core/edit/mentions.js';
import type { EditAction, EditRequest, IndentationStyle } from '../../core/edit/request.js';
import type { LineSpan } from '../../core/edit/target.js';
import type { ModelInfo } from '../../core/server/types.js';
import { splitLines } from '../../core/text.js';
import type { Host } from '../../host/host.js';

/** What is to be done to which lines. */
export interface EditWish {
  readonly editor: vscode.TextEditor;
  /** The document's version that the lines are counted in. */
  readonly version: number;
  readonly lines: LineSpan;
  readonly action: EditAction;
  readonly instruction: string;
}

/** Puts together what the model has to know. @throws the signal's reason when it aborts. */
export async function requestFor(
  host: Host,
  wish: EditWish,
  model: ModelInfo,
  signal: AbortSignal,
): Promise<EditRequest> {
  const { editor, lines, action, instruction } = wish;
  const { document } = editor;
  const context = await gatherFor(host, wish, signal);
  tellUnknownMentions(context);
  const all = splitLines(document.getText());
  return {
    action,
    instruction,
    path: host.documents.path(document.uri),
    language: document.languageId,
    before: all.slice(0, lines.start),
    region: all.slice(lines.start, lines.end),
    after: all.slice(lines.end),
    problems: context.problems.map(({ range, ...problem }) => ({
      ...problem,
      line: range.start.line - lines.start,
    })),
    mentions: context.mentions,
    context: context.files,
    indentation: indentationOf(editor),
    model,
    format: host.settings.get('edit.format', document),
    surroundingLines: host.settings.get('edit.surroundingLines', document),
    maxTokens: host.settings.get('edit.maxTokens', document),
  };
}

async function gatherFor(
  host: Host,
  { editor, lines, instruction }: EditWish,
  signal: AbortSignal,
): Promise<GatheredContext> {
  const { document, selection } = editor;
  const last = Math.min(lines.end, document.lineCount) - 1;
  return host.gatherer.gather(document, selection.active, 'edit', signal, {
    selection: new vscode.Range(lines.start, 0, last, document.lineAt(last).text.length),
    mentions: parseMentions(instruction).map(({ path }) => path),
  });
}

/** What the instruction names and the model does not see would make its answer hard to explain. */
function tellUnknownMentions({ skipped }: GatheredContext): void {
  const paths = skipped.flatMap(({ source, path }) => (source === 'mentions' ? (path ?? []) : []));
  if (paths.length > 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'AiCockpit: the model does not see {0}: there is no such file here, or it is excluded.',
        paths.join(', '),
      ),
    );
  }
}

/** How an editor indents. */
export function indentationOf({ options }: vscode.TextEditor): IndentationStyle {
  const size = typeof options.tabSize === 'number' ? options.tabSize : 4;
  return { insertSpaces: options.insertSpaces !== false, size };
}
