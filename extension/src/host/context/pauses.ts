/** How long a piece of work may keep the extension host from everything else, in milliseconds. */
const LONGEST_STRETCH = 4;

/**
 * Lets others run from time to time during long work: await it between the steps. Rejects with the
 * signal's reason when the work is no longer wanted.
 */
export function createPauses(signal: AbortSignal): () => Promise<void> {
  let since = performance.now();
  return async () => {
    signal.throwIfAborted();
    if (performance.now() - since > LONGEST_STRETCH) {
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
      signal.throwIfAborted();
    }
  };
}
