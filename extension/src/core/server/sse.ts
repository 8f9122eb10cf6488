/** Server-sent events from a body, as they arrive. */

import { createParser } from 'eventsource-parser';

/** Characters above which one event is no longer believed to be one. */
const LARGEST_EVENT = 4_000_000;
const DONE = '[DONE]';
/** How long the end of a body may take after its last event. */
const LAST_BYTES_MS = 1000;

/** The stream ended before its regular last event. */
export class EarlyEnd extends Error {}

/** The stream holds something that is no event stream. */
export class BadStream extends Error {}

/**
 * Yields the data of each event up to `[DONE]`.
 *
 * Leaving the iteration before closes the connection. After `[DONE]` the few bytes that end the
 * body are read in the background, so that the connection serves the next request.
 *
 * @throws EarlyEnd when the body ends without `[DONE]`; BadStream when an event does not end;
 * otherwise what reading the body throws.
 */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const arrived: string[] = [];
  let broken: string | undefined;
  const parser = createParser({
    maxBufferSize: LARGEST_EVENT,
    onEvent: (event) => arrived.push(event.data),
    onError: (error) => {
      // An unknown field is skipped, as the standard asks; an endless event is not.
      if (error.type === 'max-buffer-size-exceeded') {
        broken = error.message;
      }
    },
  });
  let complete = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (!done) {
        parser.feed(decoder.decode(value, { stream: true }));
      }
      for (const data of arrived.splice(0)) {
        if (data === DONE) {
          complete = true;
          return;
        }
        yield data;
      }
      if (broken !== undefined) {
        throw new BadStream(broken);
      }
      if (done) {
        throw new EarlyEnd('The stream ended without its last event.');
      }
    }
  } finally {
    if (complete) {
      void readOut(reader);
    } else {
      reader.cancel().catch(ignore);
    }
  }
}

async function readOut(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => {
    reader.cancel().catch(ignore);
  }, LAST_BYTES_MS);
  try {
    while (!(await reader.read()).done) {
      // Nothing that follows the last event is of interest.
    }
  } catch {
    // The answer was complete; how the connection ends does not matter any more.
  } finally {
    clearTimeout(timer);
  }
}

function ignore(): void {
  // Closing what is closed already fails, and is what was wanted.
}
