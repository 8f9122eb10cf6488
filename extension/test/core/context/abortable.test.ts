import { expect, test } from 'vitest';
import { abortable } from '../../../src/core/context/abortable.js';

test('what comes in time is given, and so is a failure', async () => {
  const { signal } = new AbortController();
  expect(await abortable(Promise.resolve(1), signal)).toBe(1);
  const failure = new Error('broken');
  await expect(abortable(Promise.reject(failure), signal)).rejects.toBe(failure);
});

test('giving up rejects with the reason, before and meanwhile', async () => {
  const controller = new AbortController();
  const never = new Promise<never>(() => undefined);
  const waiting = abortable(never, controller.signal);
  const reason = new Error('typed on');
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(abortable(Promise.resolve(1), controller.signal)).rejects.toBe(reason);
});
