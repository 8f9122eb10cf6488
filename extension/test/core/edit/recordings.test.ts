import { expect, it } from 'vitest';

import { originalOf, type Row } from '../../../src/core/edit/rows.js';
import { EditSession } from '../../../src/core/edit/session.js';
import type { ChatDelta } from '../../../src/core/server/types.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { requestOf } from './requests.js';
import { readRecordings, writeRecording } from './recordings.js';

const MARKS = { kept: ' ', removed: '-', added: '+' };
const show = (rows: readonly Row[]): string[] => rows.map((row) => `${MARKS[row.kind]}${row.text}`);
const silent = (): void => undefined;

// VITEST_GOLDEN=write takes what comes now for right; look at the difference before keeping it.
const writing = process.env['VITEST_GOLDEN'] === 'write';

it.each(readRecordings())('reads what the model said: $name', async (recording) => {
  const request = requestOf(recording.request);
  const answers = [...recording.answers];
  const client = {
    async *chat(): AsyncIterable<ChatDelta> {
      for (const delta of answers.shift() ?? []) {
        await Promise.resolve();
        yield delta;
        expect(originalOf(session.rows)).toEqual(request.region);
      }
    },
  };
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const surface = { render: (): Promise<void> => Promise.resolve() };
  const session = new EditSession({ client, clock: new VirtualClock(), surface, log }, request);
  await session.start();
  for (const instruction of recording.refinements) {
    await session.refine(instruction);
  }
  const rows = show(session.rows);
  if (writing) {
    writeRecording({ ...recording, rows });
  } else {
    expect(rows).toEqual(recording.rows);
  }
});
