import * as vscode from 'vscode';

/** Every context key that a `when` clause of the manifest, or a walkthrough, may ask for. */
export interface ContextKeys {
  /** A completion is being asked for. */
  'aicockpit.completion.asking': boolean;
  /** An inline edit waits in the active editor. */
  'aicockpit.edit.active': boolean;
  /** The server answered in this window. */
  'aicockpit.connected': boolean;
}

/** Sets a context key in this window. */
export async function setContextKey<K extends keyof ContextKeys>(
  key: K,
  value: ContextKeys[K],
): Promise<void> {
  await vscode.commands.executeCommand('setContext', key, value);
}
