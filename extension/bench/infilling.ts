/**
 * Completes places in documents as the extension does: its own client, prompt window, decision on
 * lines, limits and filters, against a server that runs. Reads what to do as JSON from standard
 * input and writes what came of it as JSON to standard output.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { systemClock } from '../src/core/clock.js';
import { CompletionEngine } from '../src/core/completion/engine.js';
import { Retention } from '../src/core/completion/retention.js';
import { Statistics } from '../src/core/completion/statistics.js';
import type { Story } from '../src/core/completion/story.js';
import type { CompletionOptions, Question } from '../src/core/completion/types.js';
import type { GatheredContext } from '../src/core/context/types.js';
import { createClient } from '../src/core/server/client.js';
import type {
  CockpitClient,
  CompletionDelta,
  CompletionRequest,
  ModelInfo,
} from '../src/core/server/types.js';
import { TreeStore } from '../src/core/syntax/trees.js';

interface Job {
  readonly url: string;
  /** The folder with tree-sitter's grammars. */
  readonly grammars: string;
  readonly options: CompletionOptions;
  /** Documents, each parted at the cursor. */
  readonly places: readonly { readonly prefix: string; readonly suffix: string }[];
  /** Typed into each place, character by character, with a question after each; may be empty. */
  readonly typed: string;
}

/** What the last question about a place came to, and everything that was sent for it. */
interface Outcome {
  readonly text: string;
  readonly replaces: number;
  readonly stories: readonly Story[];
  readonly requests: readonly CompletionRequest[];
}

const silent = { debug: noop, info: noop, warn: noop, error: noop };
const never = new AbortController().signal;

/** Notes every request that is sent. */
class NotingClient implements CockpitClient {
  readonly requests: CompletionRequest[] = [];
  readonly #client: CockpitClient;

  constructor(client: CockpitClient) {
    this.#client = client;
  }

  readonly models: CockpitClient['models'] = (signal) => this.#client.models(signal);
  readonly status: CockpitClient['status'] = (signal) => this.#client.status(signal);
  readonly chat: CockpitClient['chat'] = (request, signal) => this.#client.chat(request, signal);

  complete(request: CompletionRequest, signal: AbortSignal): AsyncIterable<CompletionDelta> {
    this.requests.push(request);
    return this.#client.complete(request, signal);
  }
}

async function main(): Promise<void> {
  const job = JSON.parse(await readAll(process.stdin)) as Job;
  const client = createClient({
    fetch,
    clock: systemClock,
    address: () => job.url,
    key: () => Promise.resolve(undefined),
  });
  const trees = new TreeStore({
    loadWasm: (name) => readFile(join(job.grammars, name)),
    clock: systemClock,
    log: silent,
  });
  const model = (await client.models(never)).find(({ roles }) => roles.includes('completion'));
  if (!model) {
    throw new Error('the server has no model for completions');
  }
  const outcomes: Outcome[] = [];
  for (const [index] of job.places.entries()) {
    outcomes.push(await complete(job, index, model, { client, trees }));
  }
  process.stdout.write(JSON.stringify(outcomes));
}

async function complete(
  job: Job,
  index: number,
  model: ModelInfo,
  { client, trees }: { client: CockpitClient; trees: TreeStore },
): Promise<Outcome> {
  const noting = new NotingClient(client);
  const engine = engineFor(noting, trees);
  const { prefix, suffix } = job.places[index] ?? { prefix: '', suffix: '' };
  const stories: Story[] = [];
  let best: { text: string; replaceTo: number } | undefined;
  for (let typed = Math.min(1, job.typed.length); typed <= job.typed.length; typed++) {
    const question = questionAt(prefix + job.typed.slice(0, typed), suffix, {
      version: typed,
      uri: `file:///place-${index}.py`,
      options: job.options,
      model,
    });
    await trees.parse(question.snapshot, never);
    const { candidates, story } = await engine.provide(question, never);
    stories.push(story);
    best = candidates[0];
  }
  engine.dispose();
  return {
    text: best?.text ?? '',
    replaces: best?.replaceTo ?? 0,
    stories,
    requests: noting.requests,
  };
}

function engineFor(client: CockpitClient, trees: TreeStore): CompletionEngine {
  const nowhere = { load: (): unknown => undefined, save: noop };
  return new CompletionEngine(
    {
      client,
      clock: systemClock,
      log: silent,
      trees,
      statistics: new Statistics(nowhere),
      retention: new Retention(systemClock, () => undefined, noop),
    },
    {
      asking: noop,
      failed: (problem) => {
        throw problem;
      },
    },
  );
}

function questionAt(
  prefix: string,
  suffix: string,
  known: Pick<Question, 'options' | 'model'> & { uri: string; version: number },
): Question {
  const lines = prefix.split('\n');
  const context: GatheredContext = {
    files: [],
    sources: [],
    held: false,
    skipped: [],
    mentions: [],
    problems: [],
    path: 'place.py',
  };
  return {
    snapshot: {
      uri: known.uri,
      path: context.path,
      language: 'python',
      version: known.version,
      text: prefix + suffix,
      eol: '\n',
    },
    position: { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 },
    trigger: 'automatic',
    gather: () => Promise.resolve(context),
    options: known.options,
    model: known.model,
  };
}

function noop(): void {
  // Nobody listens.
}

main().catch((problem: unknown) => {
  process.stderr.write(`${String(problem)}\n`);
  process.exitCode = 1;
});
