import * as vscode from 'vscode';
import type { Settings } from '../../host/settings.js';

export type EditKey = 'accept' | 'escape' | 'refine' | 'acceptHunk' | 'rejectHunk';

/** The names of the keys that decide about an edit, as the manifest binds them. */
export class Keys {
  readonly #settings: Settings;
  readonly #mac: boolean;

  constructor(settings: Settings) {
    this.#settings = settings;
    // The machine of the keyboard; from a remote machine nobody can know it.
    const isHere = vscode.env.uiKind === vscode.UIKind.Desktop && !vscode.env.remoteName;
    this.#mac = isHere && process.platform === 'darwin';
  }

  /** Returns a button's text with its key behind it, if it has one. */
  label(text: string, key: EditKey): string {
    const name = this.#nameOf(key);
    return name ? `${text} (${name})` : text;
  }

  #nameOf(key: EditKey): string | undefined {
    const control = this.#mac ? '⌘' : 'Ctrl+';
    const alt = this.#mac ? '⌥' : 'Alt+';
    switch (key) {
      case 'accept':
        return this.#mac ? '⌘⏎' : 'Ctrl+Enter';
      case 'escape':
        return 'Esc';
      case 'acceptHunk':
        return `${alt}Y`;
      case 'rejectHunk':
        return `${alt}N`;
      case 'refine':
        return this.#settings.get('edit.ctrlK')
          ? `${control}K`
          : this.#settings.get('edit.ctrlI')
            ? `${control}I`
            : undefined;
    }
  }
}
