import * as vscode from 'vscode';
import { normalAddress, originOf } from '../core/server/address.js';

/**
 * API keys, one for each server. A key goes only to the place that it was given for: whoever
 * changes the address in a workspace's settings does not get the key of another server.
 */
export interface Secrets {
  /** The key for the server at an address. Never rejects; a broken store holds no key. */
  key(address: string): Promise<string | undefined>;
  setKey(address: string, key: string): Promise<void>;
  clearKey(address: string): Promise<void>;
  /** The keys read so far, so that they can be kept out of the log. */
  readonly known: readonly string[];
  readonly onDidChange: vscode.Event<void>;
}

const PREFIX = 'aicockpit.apiKey@';

/** The keys in the editor's secret storage; each is read when it is first needed. */
export function createSecrets(
  storage: vscode.SecretStorage,
  onFailure: (error: unknown) => void,
): Secrets & { dispose(): void } {
  return new StoredSecrets(storage, onFailure);
}

class StoredSecrets implements Secrets {
  readonly #storage: vscode.SecretStorage;
  readonly #onFailure: (error: unknown) => void;
  readonly #read = new Map<string, Promise<string | undefined>>();
  readonly #known = new Set<string>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  readonly onDidChange = this.#changed.event;

  constructor(storage: vscode.SecretStorage, onFailure: (error: unknown) => void) {
    this.#storage = storage;
    this.#onFailure = onFailure;
    // Also another window's change arrives here.
    this.#subscription = storage.onDidChange(({ key }) => {
      if (key.startsWith(PREFIX)) {
        this.#read.delete(key);
        this.#changed.fire();
      }
    });
  }

  get known(): readonly string[] {
    return [...this.#known];
  }

  key(address: string): Promise<string | undefined> {
    const name = nameOf(address);
    if (name === undefined) {
      return Promise.resolve(undefined);
    }
    const reading = this.#read.get(name) ?? this.#readFrom(name);
    this.#read.set(name, reading);
    return reading;
  }

  async setKey(address: string, key: string): Promise<void> {
    const name = nameOf(address);
    if (name !== undefined) {
      this.#known.add(key);
      await this.#storage.store(name, key);
    }
  }

  async clearKey(address: string): Promise<void> {
    const name = nameOf(address);
    if (name !== undefined) {
      await this.#storage.delete(name);
    }
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  async #readFrom(name: string): Promise<string | undefined> {
    try {
      const key = await this.#storage.get(name);
      if (key) {
        this.#known.add(key);
      }
      return key;
    } catch (error) {
      this.#onFailure(error);
      return undefined;
    }
  }
}

function nameOf(address: string): string | undefined {
  const normal = normalAddress(address);
  return normal === undefined ? undefined : PREFIX + originOf(normal);
}
