import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { EditRequest } from '../../../src/core/edit/request.js';
import type { ChatDelta } from '../../../src/core/server/types.js';

/** An edit that was asked of a real model, with the answers as they came. */
export interface Recording {
  readonly name: string;
  readonly model: string;
  /** What of the request is not as usual. */
  readonly request: Partial<EditRequest>;
  /** Follow-up instructions, each after the answer before it. */
  readonly refinements: readonly string[];
  /** One answer for every question, in the pieces in which they were received. */
  readonly answers: readonly (readonly ChatDelta[])[];
  /** The rows in the end, as a patch writes them. */
  readonly rows: readonly string[];
}

/** Programs and tests run in the extension's folder. */
const FOLDER = resolve('test/golden/edit');

/** Reads all recordings, by name. */
export function readRecordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Recording);
}

/** Writes a recording to its place. */
export function writeRecording(recording: Recording): void {
  const { answers, ...rest } = recording;
  const pieces = answers.map((answer) => answer.map((delta) => `      ${JSON.stringify(delta)}`));
  const text = JSON.stringify({ ...rest, answers: [] }, null, 2).replace(
    '"answers": []',
    () =>
      `"answers": [\n${pieces.map((lines) => `    [\n${lines.join(',\n')}\n    ]`).join(',\n')}\n  ]`,
  );
  writeFileSync(join(FOLDER, `${recording.name}.json`), `${text}\n`);
}
