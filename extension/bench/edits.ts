/**
 * Edits code, and finds shell commands, as the extension does: its own client, prompts, reading of
 * answers and diff, against a server that runs. Reads what to do as JSON from standard input and
 * writes what came of it as JSON to standard output.
 */
import { text as readAll } from 'node:stream/consumers';
import { systemClock } from '../src/core/clock.js';
import { resultOf } from '../src/core/edit/rows.js';
import { EditSession, type EditRequest, type EditState } from '../src/core/edit/session.js';
import { createClient } from '../src/core/server/client.js';
import type { ChatDelta, CockpitClient, ModelInfo } from '../src/core/server/types.js';
import { askCommand } from '../src/core/terminal/command.js';
import type { ShellKind } from '../src/core/terminal/shells.js';

interface Job {
  readonly url: string;
  /** How many questions are asked at a time. */
  readonly concurrency: number;
  readonly edits: readonly EditTask[];
  readonly commands: readonly { readonly question: string; readonly shell: ShellKind }[];
}

/** Code, all of which is selected, and what is to become of it. */
interface EditTask {
  readonly instruction: string;
  readonly code: string;
  readonly language: string;
  readonly path: string;
  readonly format?: EditRequest['format'];
}

/** What an edit came to. */
interface EditOutcome {
  /** The code once everything is accepted. */
  readonly code: string;
  /** What the model said. */
  readonly raw: string;
  readonly state: EditState;
}

const silent = { debug: noop, info: noop, warn: noop, error: noop };
const paper = { render: (): Promise<void> => Promise.resolve() };
const never = new AbortController().signal;

async function main(): Promise<void> {
  const job = JSON.parse(await readAll(process.stdin)) as Job;
  const client = createClient({
    fetch,
    clock: systemClock,
    address: () => job.url,
    key: () => Promise.resolve(undefined),
  });
  const model = (await client.models(never)).find(({ roles }) => roles.includes('edit'));
  if (!model) {
    throw new Error('the server has no model for edits');
  }
  const edits = await eachOf(job.edits, job.concurrency, (task) => edit(client, model, task));
  const commands = await eachOf(job.commands, job.concurrency, async ({ question, shell }) => {
    const os = shell === 'powershell' || shell === 'cmd' ? 'windows' : 'linux';
    const request = { instruction: question, shell, os, model: model.id } as const;
    return (await askCommand(client, request, never)) ?? null;
  });
  process.stdout.write(JSON.stringify({ edits, commands }));
}

async function edit(client: CockpitClient, model: ModelInfo, task: EditTask): Promise<EditOutcome> {
  let raw = '';
  const noting = {
    async *chat(...question: Parameters<CockpitClient['chat']>): AsyncIterable<ChatDelta> {
      for await (const delta of client.chat(...question)) {
        raw += delta.text;
        yield delta;
      }
    },
  };
  const request: EditRequest = {
    action: 'edit',
    instruction: task.instruction,
    path: task.path,
    language: task.language,
    before: [],
    region: task.code.split('\n'),
    after: [],
    problems: [],
    mentions: [],
    context: [],
    indentation: { insertSpaces: true, size: 4 },
    model,
    format: task.format ?? 'auto',
    surroundingLines: 60,
    maxTokens: 4_096,
  };
  const parts = { client: noting, clock: systemClock, log: silent, surface: paper };
  const session = new EditSession(parts, request);
  await session.start();
  return { code: resultOf(session.rows).join('\n'), raw, state: session.state };
}

/** Does something for each entry, several at a time, and gives the results in order. */
async function eachOf<Entry, Result>(
  entries: readonly Entry[],
  concurrency: number,
  work: (entry: Entry) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = [...entries.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [index, entry] = next;
      results[index] = await work(entry);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}

function noop(): void {
  // Nobody listens.
}

main().catch((problem: unknown) => {
  process.stderr.write(`${String(problem)}\n`);
  process.exitCode = 1;
});
