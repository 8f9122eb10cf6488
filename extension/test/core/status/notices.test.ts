import { describe, expect, test } from 'vitest';
import type { ConnectionState } from '../../../src/core/server/state.js';
import { noticeOf, Told } from '../../../src/core/status/notices.js';

const DOWN: ConnectionState = {
  kind: 'unreachable',
  url: 'http://127.0.0.1:8000',
  reason: 'refused',
  local: true,
  message: 'Nobody there.',
};

describe('what deserves a word', () => {
  test.each<[string, ConnectionState, readonly string[] | undefined]>([
    ['a server that can be started', DOWN, ['start', 'open-address']],
    ['a server elsewhere', { ...DOWN, local: false }, ['open-address', 'show-log']],
    ['a key', { kind: 'unauthorized', keySet: false }, ['set-key']],
    ['a model', { kind: 'wrong-model', wanted: 'x', role: 'edit', models: [] }, ['choose-model']],
    ['a failure', { kind: 'failed', message: 'x' }, ['show-log']],
    ['another server', { kind: 'foreign', message: 'x' }, ['open-address']],
    ['ready', { kind: 'ready', models: [] }, undefined],
    ['loading', { kind: 'loading', phase: '', models: [] }, undefined],
    ['connecting', { kind: 'connecting' }, undefined],
    ['off', { kind: 'off' }, undefined],
  ])('%s', (_, state, actions) => {
    expect(noticeOf(state)?.actions).toEqual(actions);
  });
});

describe('each is told once', () => {
  test('the same again is not new, whatever the words', () => {
    const told = new Told();
    expect(told.isNew(DOWN)).toBe(true);
    expect(told.isNew({ ...DOWN, message: 'Still nobody.' })).toBe(false);
    expect(told.isNew({ kind: 'failed', message: 'a' })).toBe(true);
    expect(told.isNew({ kind: 'failed', message: 'b' })).toBe(false);
  });

  test('another address, another key and another model are new', () => {
    const told = new Told();
    told.isNew(DOWN);
    expect(told.isNew({ ...DOWN, url: 'http://gpu:8000' })).toBe(true);
    expect(told.isNew({ kind: 'unauthorized', keySet: false })).toBe(true);
    expect(told.isNew({ kind: 'unauthorized', keySet: true })).toBe(true);
    const wrong = { kind: 'wrong-model', role: 'edit', models: [] } as const;
    expect(told.isNew({ ...wrong, wanted: 'a' })).toBe(true);
    expect(told.isNew({ ...wrong, wanted: 'b' })).toBe(true);
  });
});
