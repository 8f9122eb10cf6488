import { describe, expect, it } from 'vitest';
import { Debounce, type DelayQuestion } from '../../../src/core/completion/debounce.js';

const asked = (question: Partial<DelayQuestion> = {}): DelayQuestion => ({
  trigger: 'automatic',
  lineBefore: 'x = ',
  expected: false,
  maxDelay: 300,
  ...question,
});

function paced(interval: number, latency: number): Debounce {
  const debounce = new Debounce();
  for (let count = 0; count < 50; count++) {
    debounce.keystroke(count * interval);
    debounce.answered(latency);
  }
  return debounce;
}

describe('the delay', () => {
  it.each([
    ['by hand', { trigger: 'manual' as const }],
    ['at the start of a line', { lineBefore: '    ' }],
    ['where more was expected', { expected: true }],
  ])('is none %s', (_, question) => {
    expect(paced(150, 1000).delay(asked(question)).ms).toBe(0);
  });

  it('is short when the server is quicker than the typing', () => {
    expect(paced(200, 60).delay(asked()).ms).toBe(20);
  });

  it('waits for a pause when the server is slower than the typing', () => {
    expect(paced(120, 500).delay(asked()).ms).toBe(150);
  });

  it('grows with the latency', () => {
    const delays = [50, 100, 150, 200, 300].map((latency) => paced(150, latency).delay(asked()).ms);
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  });

  it('is never above the setting', () => {
    expect(paced(400, 2000).delay(asked()).ms).toBe(300);
    expect(paced(400, 2000).delay(asked({ maxDelay: 0 })).ms).toBe(0);
  });

  it('takes long pauses for pauses, not for slow typing', () => {
    const debounce = paced(100, 500);
    debounce.keystroke(60_000);
    expect(debounce.delay(asked()).ms).toBe(125);
  });

  it('counts from the keystroke', () => {
    const debounce = new Debounce();
    expect(debounce.left({ ms: 80, reason: '' }, 500)).toBe(80);
    debounce.keystroke(500);
    expect(debounce.left({ ms: 80, reason: '' }, 550)).toBe(30);
    expect(debounce.left({ ms: 80, reason: '' }, 900)).toBe(0);
  });
});
