import { describe, expect, test } from 'vitest';
import { createSecrets } from '../../src/host/secrets.js';
import { EventEmitter } from '../support/vscode.js';

/** The editor's secret storage as it behaves, in memory. */
class Storage {
  readonly kept = new Map<string, string>();
  readonly #changed = new EventEmitter<{ key: string }>();
  readonly onDidChange = this.#changed.event;
  reads = 0;
  broken = false;

  get(key: string): Promise<string | undefined> {
    this.reads += 1;
    return this.broken
      ? Promise.reject(new Error('no keyring'))
      : Promise.resolve(this.kept.get(key));
  }

  store(key: string, value: string): Promise<void> {
    this.kept.set(key, value);
    this.#changed.fire({ key });
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.kept.delete(key);
    this.#changed.fire({ key });
    return Promise.resolve();
  }
}

function world() {
  const storage = new Storage();
  const failures: unknown[] = [];
  const secrets = createSecrets(storage, (error) => failures.push(error));
  return { storage, secrets, failures };
}

const HERE = 'http://127.0.0.1:8000';

describe('API keys', () => {
  test('a key goes to the server that it was set for, and to no other', async () => {
    const { secrets } = world();
    await secrets.setKey(`${HERE}/v1/`, 'sk-1');
    expect(await secrets.key(HERE)).toBe('sk-1');
    expect(await secrets.key('http://127.0.0.1:8001')).toBeUndefined();
    expect(await secrets.key('https://127.0.0.1:8000')).toBeUndefined();
    expect(await secrets.key('http://evil.example')).toBeUndefined();
    expect(await secrets.key('nonsense')).toBeUndefined();
  });

  test('is read once, and again after a change in any window', async () => {
    const { storage, secrets } = world();
    let changes = 0;
    secrets.onDidChange(() => (changes += 1));
    await secrets.setKey(HERE, 'sk-1');
    await Promise.all([secrets.key(HERE), secrets.key(HERE)]);
    await secrets.key(HERE);
    expect(storage.reads).toBe(1);
    await storage.store([...storage.kept.keys()][0] ?? '', 'sk-2');
    expect(await secrets.key(HERE)).toBe('sk-2');
    await secrets.clearKey(HERE);
    expect(await secrets.key(HERE)).toBeUndefined();
    expect(changes).toBe(3);
  });

  test('keys once known are kept out of the log for good', async () => {
    const { secrets } = world();
    await secrets.setKey(HERE, 'sk-1');
    await secrets.clearKey(HERE);
    expect(secrets.known).toEqual(['sk-1']);
  });

  test('a broken store holds no key and says so', async () => {
    const { storage, secrets, failures } = world();
    storage.broken = true;
    expect(await secrets.key(HERE)).toBeUndefined();
    expect(failures).toHaveLength(1);
  });

  test('another extension’s secret changes nothing', async () => {
    const { storage, secrets } = world();
    let changes = 0;
    secrets.onDidChange(() => (changes += 1));
    await storage.store('other', 'x');
    expect(changes).toBe(0);
  });
});
