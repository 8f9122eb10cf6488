import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EarlyEnd, eventData } from '../../../src/core/server/sse.js';

function bodyOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) {
        controller.enqueue(chunk);
      }
      controller.close();
    },
  });
}

async function read(chunks: readonly Uint8Array[]): Promise<string[]> {
  const got: string[] = [];
  for await (const data of eventData(bodyOf(chunks))) {
    got.push(data);
  }
  return got;
}

/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
    (a, b) => a - b,
  );
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

describe('events', () => {
  test('any cut of the bytes gives the same events', async () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(), { maxLength: 12 }),
        async (events, end, places) => {
          const text = [...events, '[DONE]'].map((data) => `data: ${data}${end}${end}`).join('');
          expect(await read(cut(new TextEncoder().encode(text), places))).toEqual(events);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('comments, ids and unknown fields are passed over', async () => {
    const text = ': hello\nid: 1\nevent: x\nwhat: ever\ndata: 1\n\ndata: [DONE]\n\n';
    expect(await read([new TextEncoder().encode(text)])).toEqual(['1']);
  });

  test('without the last event the end is too early', async () => {
    await expect(read([new TextEncoder().encode('data: 1\n\n')])).rejects.toBeInstanceOf(EarlyEnd);
    await expect(read([])).rejects.toBeInstanceOf(EarlyEnd);
  });

  test('an event that the end cuts off is not taken for one', async () => {
    const text = new TextEncoder().encode('data: {"a": 1}\n\ndata: [DO');
    await expect(read([text])).rejects.toBeInstanceOf(EarlyEnd);
  });
});
