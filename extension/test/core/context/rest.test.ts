import { expect, test } from 'vitest';
import { Rest } from '../../../src/core/context/rest.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function setUp() {
  const clock = new VirtualClock();
  const runs: number[] = [];
  const rest = new Rest(clock, 100, () => runs.push(clock.now()));
  return { clock, runs, rest };
}

test('it runs once after the last of many disturbances', async () => {
  const { clock, runs, rest } = setUp();
  for (let count = 0; count < 5; count++) {
    rest.disturb();
    await clock.advance(60);
  }
  expect(runs).toEqual([]);
  await clock.advance(200);
  expect(runs).toEqual([340]);
});

test('it runs again after the next disturbance, and not after it was disposed of', async () => {
  const { clock, runs, rest } = setUp();
  rest.disturb();
  await clock.advance(150);
  rest.disturb();
  await clock.advance(150);
  expect(runs).toEqual([100, 250]);
  rest.disturb();
  rest.dispose();
  await clock.advance(500);
  expect(runs).toHaveLength(2);
});
