/**
 * What context brings: completions that need a definition from another file, once with the
 * extension's own context and once without, against a server that runs (AICOCKPIT_URL). The editor
 * is the stand-in of the tests, without a language server; the other files are not open.
 */
import type * as api from 'vscode';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../src/core/clock.js';
import { CompletionEngine } from '../src/core/completion/engine.js';
import { Retention } from '../src/core/completion/retention.js';
import { Statistics } from '../src/core/completion/statistics.js';
import type { Answer } from '../src/core/completion/types.js';
import { createClient } from '../src/core/server/client.js';
import type { ModelInfo } from '../src/core/server/types.js';
import { TreeStore } from '../src/core/syntax/trees.js';
import { createExclusion } from '../src/host/context/exclusion.js';
import { createGatherer } from '../src/host/context/index.js';
import { createDocuments } from '../src/host/documents.js';
import { createSettings } from '../src/host/settings.js';
import { readTasks, type CrossFileTask } from '../test/support/cross-file.js';
import { asReal, Workbench } from '../test/support/workbench.js';

const SERVER = process.env['AICOCKPIT_URL'] ?? 'http://127.0.0.1:8000';
const GRAMMARS = 'node_modules/@vscode/tree-sitter-wasm/wasm';
const TASKS = new URL(`file://${process.cwd()}/test/data/cross-file/`);
const never = new AbortController().signal;
const noop = (): void => undefined;
const silent = { debug: noop, info: noop, warn: noop, error: noop };
const packageJSON: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
const settings = createSettings({ packageJSON } as api.Extension<unknown>);
const client = createClient({
  fetch,
  clock: systemClock,
  address: () => SERVER,
  key: () => Promise.resolve(undefined),
});

/** What came of a task. */
interface Outcome {
  readonly line: string;
  /** The whole line is as wanted. */
  readonly exact: boolean;
  /** It begins with the name that is wanted. */
  readonly named: boolean;
  readonly ms: number;
}

async function complete(
  task: CrossFileTask,
  model: ModelInfo,
  characters: number,
): Promise<Outcome> {
  const workbench = new Workbench().install();
  workbench.settings.set('aicockpit.context.maxCharacters', characters);
  Object.entries(task.files).forEach(([path, text]) => workbench.files.set(path, text));
  const document = asReal(workbench.open(task.path, task.before + task.after));
  const exclusion = createExclusion(silent);
  const documents = createDocuments(exclusion);
  const parts = { documents, exclusion, settings, log: silent, clock: systemClock };
  const gatherer = createGatherer(parts);
  await exclusion.known(document.uri);
  const engine = newEngine();
  const position = document.positionAt(task.before.length);
  const start = performance.now();
  const answer = await engine.provide(
    {
      snapshot: documents.snapshot(document),
      position,
      trigger: 'automatic',
      gather: (signal) => gatherer.gather(document, position, 'completion', signal),
      options: { multiline: 'never', maxTokens: 48, maxDelay: 0, prefetch: false, alternatives: 1 },
      model,
    },
    never,
  );
  const ms = performance.now() - start;
  engine.dispose();
  gatherer.dispose();
  exclusion.dispose();
  return { ...judged(answer, task.expected), ms };
}

function judged(answer: Answer, expected: string): Omit<Outcome, 'ms'> {
  const line = (answer.candidates[0]?.text ?? '').split('\n')[0]?.trimEnd() ?? '';
  const name = /^[\w$]+/.exec(expected)?.[0] ?? expected;
  const found = /^[\w$]+/.exec(line)?.[0] ?? '';
  return { line, exact: line === expected, named: found === name };
}

function newEngine(): CompletionEngine {
  const trees = new TreeStore({
    loadWasm: (name) => readFile(`${GRAMMARS}/${name}`),
    clock: systemClock,
    log: silent,
  });
  const statistics = new Statistics({ load: noop, save: noop });
  const retention = new Retention(systemClock, () => undefined, noop);
  return new CompletionEngine(
    { client, clock: systemClock, log: silent, statistics, retention, trees },
    { asking: noop, failed: (problem) => console.error(problem) },
  );
}

function summary(name: string, outcomes: readonly Outcome[]): string {
  const share = (count: number): string => `${count} of ${outcomes.length}`;
  const sorted = outcomes.map(({ ms }) => ms).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return [
    name.padEnd(16),
    `whole line ${share(outcomes.filter(({ exact }) => exact).length)}`.padEnd(22),
    `right name ${share(outcomes.filter(({ named }) => named).length)}`.padEnd(22),
    `median ${median.toFixed(0)} ms`,
  ].join('');
}

const model = (await client.models(never)).find(({ roles }) => roles.includes('completion'));
if (!model) {
  throw new Error('the server has no model for completions');
}
const withContext: Outcome[] = [];
const without: Outcome[] = [];
for (const task of readTasks(TASKS)) {
  const alone = await complete(task, model, 0);
  const helped = await complete(task, model, 6_000);
  without.push(alone);
  withContext.push(helped);
  console.log(
    `${task.name}\n  wanted   ${task.expected}\n  without  ${alone.line}\n  with     ${helped.line}`,
  );
}
console.log(
  `\n${model.id}\n${summary('without context', without)}\n${summary('with context', withContext)}`,
);
process.exit();
