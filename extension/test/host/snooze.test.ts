import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type * as vscode from 'vscode';
import { createSnooze } from '../../src/host/snooze.js';

class State {
  readonly kept = new Map<string, unknown>();

  get(key: string, otherwise: unknown): unknown {
    return this.kept.get(key) ?? otherwise;
  }

  update(key: string, value: unknown): Promise<void> {
    this.kept.set(key, value);
    return Promise.resolve();
  }
}

const snoozeOf = (state: State) => createSnooze(state as unknown as vscode.Memento);

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

describe('a snooze', () => {
  test('begins, ends by itself, and tells both', () => {
    const snooze = snoozeOf(new State());
    const told: boolean[] = [];
    snooze.onDidChange(() => told.push(snooze.until !== undefined));
    snooze.start(5);
    expect(snooze.until).toBe(1_300_000);
    vi.advanceTimersByTime(300_000);
    expect(snooze.until).toBeUndefined();
    expect(told).toEqual([true, false]);
  });

  test('can be ended, and begun anew', () => {
    const snooze = snoozeOf(new State());
    snooze.start(60);
    snooze.end();
    expect(snooze.until).toBeUndefined();
    snooze.start(5);
    vi.advanceTimersByTime(60_000);
    snooze.start(15);
    expect(snooze.until).toBe(1_000_000 + 60_000 + 900_000);
  });

  test('outlasts the window', () => {
    const state = new State();
    const before = snoozeOf(state);
    before.start(5);
    before.dispose();
    vi.advanceTimersByTime(60_000);
    const after = snoozeOf(state);
    expect(after.until).toBe(1_300_000);
    let changes = 0;
    after.onDidChange(() => (changes += 1));
    vi.advanceTimersByTime(240_000);
    expect(after.until).toBeUndefined();
    expect(changes).toBe(1);
  });

  test('one of long ago is over', () => {
    const state = new State();
    state.kept.set('aicockpit.snoozedUntil', 5);
    expect(snoozeOf(state).until).toBeUndefined();
  });
});
