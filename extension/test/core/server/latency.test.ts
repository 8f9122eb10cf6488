import { expect, test } from 'vitest';
import type { Exchange } from '../../../src/core/server/client.js';
import { Latencies } from '../../../src/core/server/latency.js';

function exchange(more: Partial<Exchange>): Exchange {
  return { task: 'completion', model: 'm', outcome: 'done', totalMs: 100, ...more };
}

test('medians of each task, also of what was left when there was enough', () => {
  const latencies = new Latencies();
  let told = 0;
  latencies.onDidChange(() => (told += 1));
  expect(latencies.of('completion')).toBeUndefined();
  latencies.add(exchange({ firstTextMs: 10 }));
  latencies.add(exchange({ firstTextMs: 30, outcome: 'left' }));
  latencies.add(exchange({ firstTextMs: 20 }));
  latencies.add(exchange({ outcome: 'failed' }));
  latencies.add(exchange({ task: 'edit', firstTextMs: 5 }));
  expect(latencies.of('completion')).toEqual({ count: 3, firstTextMs: 20 });
  expect(latencies.of('edit')).toEqual({ count: 1, firstTextMs: 5 });
  expect(told).toBe(4);
});

test('only the latest fifty count', () => {
  const latencies = new Latencies();
  latencies.add(exchange({ firstTextMs: 1 }));
  for (let count = 0; count < 50; count++) {
    latencies.add(exchange({ firstTextMs: 7 }));
  }
  expect(latencies.of('completion')).toEqual({ count: 50, firstTextMs: 7 });
});
