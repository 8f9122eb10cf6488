import * as vscode from 'vscode';

const SCHEME = 'aicockpit-completion';

/** A document that is written when it is looked at, and cannot be edited. */
export interface VirtualDocument {
  /** The last part of its path, which is also what its tab says. */
  readonly name: string;
  readonly write: () => string;
}

/** Shows documents that only the extension writes. */
export class VirtualDocuments implements vscode.TextDocumentContentProvider {
  readonly #documents: ReadonlyMap<string, VirtualDocument>;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #registration: vscode.Disposable;
  readonly onDidChange = this.#changed.event;

  constructor(documents: readonly VirtualDocument[]) {
    this.#documents = new Map(documents.map((document) => [document.name, document]));
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#documents.get(uri.path)?.write() ?? '';
  }

  /** Opens a document, written anew. */
  async show(name: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: name });
    this.#changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}
