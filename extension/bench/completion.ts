/**
 * What the extension itself costs on the way of a completion, in a document of 5,000 lines: its
 * own client, engine, filters and grammars, against a server that answers at once.
 */
import { readFile } from 'node:fs/promises';
import { systemClock } from '../src/core/clock.js';
import { CompletionEngine } from '../src/core/completion/engine.js';
import { Retention } from '../src/core/completion/retention.js';
import { Statistics } from '../src/core/completion/statistics.js';
import type { Answer, Question } from '../src/core/completion/types.js';
import { createClient } from '../src/core/server/client.js';
import { TreeStore } from '../src/core/syntax/trees.js';
import type { Position, TextSnapshot } from '../src/core/text.js';
import { print, timed } from './table.js';

const LINES = 5_000;
const ROUNDS = 400;
/** Not counted: the engine's code is compiled and the document is parsed for the first time. */
const WARM_UP = 60;
const TO_REQUEST_MS = 3;
const TO_ANSWER_MS = 5;
const CACHE_MS = 5;

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** What the server says to every question: a block, so that all filters have something to see. */
const BLOCK = [
  ...['const found = items.filter((item) => item.size > limit', ' && item.kind !== "none");\n'],
  ...[
    '  for (const item of found) {\n',
    '    total += item.size;\n',
    '    names.push(item.name);\n',
  ],
  ...['  }\n', '  return { total, names };\n', '}\n'],
  'export function next(items: readonly Item[]): void {\n',
];

/** A server in this process: it answers with the stream at once and notes the moments. */
class InstantServer {
  askedAt = 0;
  lastByteAt = 0;

  readonly fetch = (): Promise<Response> => {
    this.askedAt = performance.now();
    const encoder = new TextEncoder();
    const [first = '', ...rest] = BLOCK.map((text) => event({ choices: [{ index: 0, text }] }));
    let timer: NodeJS.Timeout;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(encoder.encode(first));
        // All the rest at once: then all that is to be done with it counts.
        timer = setTimeout(() => {
          this.lastByteAt = performance.now();
          controller.enqueue(encoder.encode(rest.join('')));
        }, 2);
      },
      cancel: () => clearTimeout(timer),
    });
    const headers = { 'content-type': 'text/event-stream' };
    return Promise.resolve(new Response(body, { headers }));
  };
}

function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** A document in which one function after the other is written. */
class Document {
  #lines = Array.from({ length: LINES }, (_, index) => SOURCE[index % SOURCE.length] ?? '').map(
    (line, index) => line.replace('NAME', `name${Math.floor(index / SOURCE.length)}`),
  );
  #version = 1;
  readonly #line: number;

  constructor(line: number) {
    this.#line = line;
    this.#lines.splice(line, 0, '');
  }

  get cursor(): Position {
    return { line: this.#line, character: this.#lines[this.#line]?.length ?? 0 };
  }

  /** Types at the end of the line, or begins it anew. */
  type(text: string, anew = false): TextSnapshot {
    this.#lines = this.#lines.with(
      this.#line,
      (anew ? '' : (this.#lines[this.#line] ?? '')) + text,
    );
    this.#version++;
    return {
      uri: 'file:///bench.ts',
      path: 'bench.ts',
      language: 'typescript',
      version: this.#version,
      text: this.#lines.join('\n'),
      eol: '\n',
    };
  }
}

const SOURCE = [
  'export function NAME(items: readonly Item[], limit: number): Summary {',
  '  let total = 0; // counts what is larger than the limit',
  '  const names: string[] = [];',
  '  for (const item of items) {',
  '    if (item.size > limit && item.kind !== "none") {',
  '      total += item.size;',
  '      names.push(`${item.name} (${item.size})`);',
  '    }',
  '  }',
  '  return { total, names };',
  '}',
  '',
];

function questionOf(snapshot: TextSnapshot, position: Position): Question {
  return {
    snapshot,
    position,
    trigger: 'automatic',
    gather: () =>
      Promise.resolve({
        files: [{ path: 'items.ts', text: SOURCE.join('\n').repeat(10) }],
        sources: [],
        held: false,
        skipped: [],
        mentions: [],
        problems: [],
        path: 'bench.ts',
        repo: 'bench',
      }),
    options: { multiline: 'always', maxTokens: 128, maxDelay: 0, prefetch: false, alternatives: 3 },
    model: {
      id: 'coder',
      aliases: [],
      roles: ['completion'],
      state: 'ready',
      default: true,
      contextLength: 32_768,
      fim: 'qwen',
    },
  };
}

function engineFor(server: InstantServer): CompletionEngine {
  const clock = systemClock;
  const client = createClient({
    fetch: server.fetch,
    clock,
    address: () => 'http://127.0.0.1:8000',
    key: () => Promise.resolve('a key'),
  });
  const trees = new TreeStore({
    loadWasm: (name) => readFile(`dist/grammars/${name}`),
    clock,
    log: silent,
  });
  const statistics = new Statistics({ load: () => undefined, save: () => undefined });
  const retention = new Retention(
    clock,
    () => undefined,
    () => undefined,
  );
  return new CompletionEngine(
    { client, clock, log: silent, statistics, retention, trees },
    { asking: () => undefined, failed: (problem) => console.error(problem) },
  );
}

/** Tells the engine of a keystroke and asks, as the editor does. */
async function keystroke(
  engine: CompletionEngine,
  snapshot: TextSnapshot,
  position: Position,
): Promise<Answer> {
  const { uri, version } = snapshot;
  engine.edited({ uri, version, changes: [{ offset: 0, removed: 0, inserted: '' }] });
  return engine.provide(questionOf(snapshot, position), new AbortController().signal);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const server = new InstantServer();
const engine = engineFor(server);
const document = new Document(Math.floor(LINES / 2));
const toRequest: number[] = [];
const toAnswer: number[] = [];
const cached: number[] = [];

for (let round = 0; round < ROUNDS + WARM_UP; round++) {
  const snapshot = document.type(`const value${round} = `, true);
  // Keystrokes are far apart: what was parsed meanwhile is ready, as it is in an editor.
  await pause(15);
  const begun = performance.now();
  const { candidates } = await keystroke(engine, snapshot, document.cursor);
  const ended = performance.now();
  const [candidate] = candidates;
  if (!candidate) {
    throw new Error('nothing was answered');
  }
  const next = document.type(candidate.text.slice(0, 1));
  const again = performance.now();
  const { story } = await keystroke(engine, next, document.cursor);
  const answered = performance.now();
  if (story.source.kind !== 'cache') {
    throw new Error(`what was typed through was answered by ${story.source.kind}`);
  }
  if (round >= WARM_UP) {
    toRequest.push(server.askedAt - begun);
    toAnswer.push(ended - server.lastByteAt);
    cached.push(answered - again);
  }
}
engine.dispose();
print(`Completion, ${LINES} lines`, [
  timed('keystroke to request', toRequest, TO_REQUEST_MS),
  timed('last byte to ghost text', toAnswer, TO_ANSWER_MS),
  timed('keystroke to ghost text, from the cache', cached, CACHE_MS),
]);
