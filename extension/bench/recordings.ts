/**
 * Asks a server that runs what the recordings in test/golden/edit ask, and writes its answers into
 * them. Afterwards `VITEST_GOLDEN=write npm test` takes over what comes of them: look at it.
 *
 *   node build/bench/recordings.mjs http://127.0.0.1:8000
 */
import { systemClock } from '../src/core/clock.js';
import { EditSession } from '../src/core/edit/session.js';
import { createClient } from '../src/core/server/client.js';
import type { ChatDelta, CockpitClient } from '../src/core/server/types.js';
import { readRecordings, writeRecording, type Recording } from '../test/core/edit/recordings.js';
import { requestOf } from '../test/core/edit/requests.js';

const silent = { debug: noop, info: noop, warn: noop, error: noop };
const paper = { render: (): Promise<void> => Promise.resolve() };

async function record(client: CockpitClient, recording: Recording): Promise<Recording> {
  const model = (await client.models(new AbortController().signal))[0];
  if (!model) {
    throw new Error('the server has no model');
  }
  const answers: ChatDelta[][] = [];
  const noting = {
    async *chat(...question: Parameters<CockpitClient['chat']>): AsyncIterable<ChatDelta> {
      const answer: ChatDelta[] = [];
      answers.push(answer);
      for await (const delta of client.chat(...question)) {
        answer.push(delta);
        yield delta;
      }
    },
  };
  const parts = { client: noting, clock: systemClock, log: silent, surface: paper };
  // What the recording asks, of the model that is there.
  const session = new EditSession(parts, requestOf({ ...recording.request, model }));
  await session.start();
  for (const instruction of recording.refinements) {
    await session.refine(instruction);
  }
  return { ...recording, model: model.id, answers };
}

async function main(): Promise<void> {
  const url = process.argv[2] ?? 'http://127.0.0.1:8000';
  const key = (): Promise<undefined> => Promise.resolve(undefined);
  const client = createClient({ fetch, clock: systemClock, address: () => url, key });
  for (const recording of readRecordings()) {
    writeRecording(await record(client, recording));
    console.log(recording.name);
  }
}

function noop(): void {
  // Nobody listens.
}

main().catch((problem: unknown) => {
  process.stderr.write(`${String(problem)}\n`);
  process.exitCode = 1;
});
