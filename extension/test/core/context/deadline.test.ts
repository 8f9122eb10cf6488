import { expect, test } from 'vitest';
import { Deadline } from '../../../src/core/context/deadline.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

function setUp() {
  const clock = new VirtualClock();
  const deadline = new Deadline<string>(clock);
  let runs = 0;
  const slow =
    (ms: number, value: string) =>
    async (signal: AbortSignal): Promise<string> => {
      runs++;
      await clock.sleep(ms, signal);
      return value;
    };
  return { clock, deadline, slow, runs: () => runs };
}

test('work that is done in time gives its value and how long it took', async () => {
  const { clock, deadline, slow } = setUp();
  const outcome = deadline.run('a', 100, slow(40, 'value'));
  await clock.advance(40);
  expect(await outcome).toEqual({ kind: 'done', value: 'value', ms: 40 });
});

test('what is late waits for the next call with its key, once', async () => {
  const { clock, deadline, slow, runs } = setUp();
  const outcome = deadline.run('a', 100, slow(150, 'late value'));
  await clock.advance(100);
  expect(await outcome).toEqual({ kind: 'late' });
  expect(deadline.hasLate('a')).toBe(false);
  await clock.advance(50);
  expect(deadline.hasLate('a')).toBe(true);
  expect(await deadline.run('a', 100, slow(150, 'again'))).toMatchObject({ value: 'late value' });
  expect(runs()).toBe(1);
  expect(deadline.hasLate('a')).toBe(false);
});

test('work for one key is shared while it runs, and begins anew afterwards', async () => {
  const { clock, deadline, slow, runs } = setUp();
  const first = deadline.run('a', 100, slow(20, 'one'));
  const second = deadline.run('a', 100, slow(20, 'two'));
  await clock.advance(20);
  expect([await first, await second]).toMatchObject([{ value: 'one' }, { value: 'one' }]);
  const third = deadline.run('a', 100, slow(20, 'three'));
  await clock.advance(20);
  expect(await third).toMatchObject({ value: 'three' });
  expect(runs()).toBe(2);
});

test('work for another key aborts what runs', async () => {
  const { clock, deadline, slow } = setUp();
  const first = deadline.run('a', 100, slow(60, 'one'));
  await settle();
  const second = deadline.run('b', 100, slow(60, 'two'));
  await clock.advance(60);
  expect(await first).toMatchObject({ kind: 'failed' });
  expect(await second).toMatchObject({ value: 'two' });
});

test('an error is an outcome, also one that is thrown at once', async () => {
  const { deadline } = setUp();
  const error = new Error('broken');
  const outcome = await deadline.run('a', 100, () => {
    throw error;
  });
  expect(outcome).toEqual({ kind: 'failed', error });
});

test('what failed late, or was cancelled, does not come back', async () => {
  const { clock, deadline, slow } = setUp();
  const failing = deadline.run('a', 10, async (signal) => {
    await clock.sleep(50, signal);
    throw new Error('broken');
  });
  await clock.advance(60);
  expect(await failing).toEqual({ kind: 'late' });
  expect(deadline.hasLate('a')).toBe(false);
  const cancelled = deadline.run('b', 10, slow(50, 'never'));
  await clock.advance(10);
  expect(await cancelled).toEqual({ kind: 'late' });
  deadline.cancel();
  await clock.advance(50);
  expect(deadline.hasLate('b')).toBe(false);
});
