import * as vscode from 'vscode';
import { editsFor } from '../../core/edit/document-edits.js';
import { recoveryOf, type RecoveryRecord } from '../../core/edit/recovery.js';
import { splitLines } from '../../core/text.js';
import type { Host } from '../../host/host.js';
import type { Edits } from './edits.js';
import type { LiveEdit } from './live-edit.js';
import { linesIn, toRange } from './text.js';

const KEY = 'aicockpit.edit.unfinished';
/** Rows change with every picture; the place of an edit much less often. */
const WRITE_MS = 300;

type Records = Readonly<Record<string, RecoveryRecord>>;

/**
 * Remembers edits that are not decided, and takes them out of documents that the editor brings back
 * with unsaved text after it ended in the middle of one.
 */
export function recoverEdits(host: Host, edits: Edits): vscode.Disposable {
  const store = new RecoveryStore(host.context.workspaceState);
  const pending = new Map<LiveEdit, AbortController>();
  const write = (edit: LiveEdit): void => {
    pending.delete(edit);
    void store.set(edit.recovery);
  };
  const onChange = (edit: LiveEdit): void => {
    if (edit.isOver) {
      pending.get(edit)?.abort();
      pending.delete(edit);
      void store.delete(edit.document.uri);
    } else if (!pending.has(edit)) {
      const controller = new AbortController();
      pending.set(edit, controller);
      host.clock.sleep(WRITE_MS, controller.signal).then(
        () => write(edit),
        () => undefined,
      );
    }
  };
  const recover = (document: vscode.TextDocument): void => {
    const record = store.get(document.uri);
    if (record && !edits.in(document)) {
      void takeOut(host, document, record).then(() => store.delete(document.uri));
    }
  };
  vscode.workspace.textDocuments.forEach(recover);
  return vscode.Disposable.from(
    edits.onDidChange(onChange),
    vscode.workspace.onDidOpenTextDocument(recover),
  );
}

async function takeOut(
  host: Host,
  document: vscode.TextDocument,
  record: RecoveryRecord,
): Promise<void> {
  const recovery = recoveryOf(record, splitLines(document.getText()));
  if (!recovery) {
    return;
  }
  const changes = editsFor(recovery.splices, recovery.region, linesIn(document));
  await applyTakeOut(
    host,
    document,
    changes.map(({ range, text }) => new vscode.TextEdit(toRange(range), text)),
  );
}

/** Does what takes an edit out of a document, and says so; resolves with whether it was done. */
export async function applyTakeOut(
  host: Pick<Host, 'documents' | 'log'>,
  document: vscode.TextDocument,
  changes: vscode.TextEdit[],
): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit();
  edit.set(document.uri, changes);
  const taken = await vscode.workspace.applyEdit(edit);
  host.log.info('an unfinished edit was taken out', { taken });
  if (taken) {
    tellTakenOut(host, document);
  }
  return taken;
}

/** Says that an edit is not in a document any more. */
export function tellTakenOut(host: Pick<Host, 'documents'>, document: vscode.TextDocument): void {
  void vscode.window.showInformationMessage(
    vscode.l10n.t(
      'AiCockpit: an edit of {0} that you had not accepted was taken out again.',
      host.documents.path(document.uri),
    ),
  );
}

class RecoveryStore {
  readonly #memento: vscode.Memento;

  constructor(memento: vscode.Memento) {
    this.#memento = memento;
  }

  get(uri: vscode.Uri): RecoveryRecord | undefined {
    return this.#records[uri.toString()];
  }

  async set(record: RecoveryRecord): Promise<void> {
    await this.#memento.update(KEY, { ...this.#records, [record.uri]: record });
  }

  async delete(uri: vscode.Uri): Promise<void> {
    const { [uri.toString()]: gone, ...others } = this.#records;
    if (gone) {
      await this.#memento.update(KEY, others);
    }
  }

  get #records(): Records {
    return this.#memento.get<Records>(KEY, {});
  }
}
