/**
 * What gathering context costs the extension host's only thread, with a document of 5,000 lines and
 * twelve other tabs. The editor is the stand-in of the tests: its own work is left out.
 */
import type * as api from 'vscode';
import { readFileSync } from 'node:fs';
import { systemClock } from '../src/core/clock.js';
import { createExclusion } from '../src/host/context/exclusion.js';
import { createGatherer, type RunningGatherer } from '../src/host/context/index.js';
import { createDocuments } from '../src/host/documents.js';
import { createSettings } from '../src/host/settings.js';
import * as vscode from '../test/support/vscode.js';
import { asReal, Workbench, type TestDocument } from '../test/support/workbench.js';
import { print, timed } from './table.js';

const LINES = 5_000;
const TABS = 12;
const KEYSTROKES = 600;
const JUMPS = 60;
const WARM_UP = 100;
const KEYSTROKE_MS = 1;
/** Typed on every second line, each time with two names that were never seen before. */
const TYPED = 'const total = summary.mappedNN((entry) => entry.priceNN(entry.count)); // done';
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

let line = LINES / 2;

async function gatherAt(
  gatherer: RunningGatherer,
  document: TestDocument,
  position: vscode.Position,
): Promise<void> {
  const { signal } = new AbortController();
  await gatherer.gather(asReal(document), asReal(position), 'completion', signal);
}

/** Types without telling anyone yet. */
function change(document: TestDocument, at: vscode.Position, text: string): object {
  const range = new vscode.Range(at, at);
  const rangeOffset = document.offsetAt(at);
  document.replace(range, text);
  document.isDirty = true;
  document.offsetAt(at); // The editor's own bookkeeping.
  return { document, contentChanges: [{ range, rangeOffset, rangeLength: 0, text }] };
}

/** Code that shares words here and there, as files of one project do. */
function source(lines: number, name: string): string {
  const words = ['order', 'price', 'customer', 'entry', 'total', 'stock', 'invoice', 'discount'];
  const word = (index: number): string => words[index % words.length] ?? '';
  return Array.from({ length: lines }, (_, line) =>
    line % 10 === 0
      ? `export function ${name}_${word(line / 10)}${line}(${word(line)}: number): number {`
      : line % 10 === 9
        ? '}'
        : `  const ${word(line)}${line} = compute_${word(line * 7)}(${word(line * 3)}, ${line});`,
  ).join('\n');
}

const workbench = new Workbench().install();
for (let tab = 0; tab < TABS; tab++) {
  workbench.open(`src/module${tab}.ts`, source(500, `module${tab}`));
}
const document = workbench.open('src/main.ts', source(LINES, 'main'));
const exclusion = createExclusion(silent);
const documents = createDocuments(exclusion);
const packageJSON: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
const settings = createSettings({ packageJSON } as api.Extension<unknown>);
const gatherer = createGatherer({
  documents,
  exclusion,
  settings,
  log: silent,
  clock: systemClock,
});
let lookUps = 0;
workbench.answers.set('vscode.executeDefinitionProvider', () => {
  lookUps++;
  return [];
});
await exclusion.known(asReal(document.uri));
await gatherAt(gatherer, document, new vscode.Position(LINES / 2, 0));

const withLookUp: number[] = [];
const without: number[] = [];
for (let key = 0; key < KEYSTROKES + WARM_UP; key++) {
  if (key % TYPED.length === 0) {
    line += 2;
  }
  const end = new vscode.Position(line, document.lineAt(line).text.length);
  const text = TYPED.replaceAll('NN', String(10 + Math.floor(key / TYPED.length)));
  const event = change(document, end, text.charAt(key % TYPED.length));
  documents.snapshot(asReal(document)); // Whoever completes needs it, with or without context.
  const before = lookUps;
  const start = performance.now();
  workbench.changed.fire(event);
  await gatherAt(gatherer, document, new vscode.Position(line, end.character + 1));
  const took = performance.now() - start;
  if (key >= WARM_UP) {
    (lookUps > before ? withLookUp : without).push(took);
  }
}

const jumps: number[] = [];
for (let jump = 0; jump < JUMPS; jump++) {
  const start = performance.now();
  await gatherAt(gatherer, document, new vscode.Position((jump * 977) % LINES, 0));
  jumps.push(performance.now() - start);
}
gatherer.dispose();
exclusion.dispose();
print(`Context, ${LINES} lines and ${TABS} other tabs`, [
  timed('keystroke, context held', without, KEYSTROKE_MS),
  timed('keystroke that names something new', withLookUp),
  timed('gathered anew, in pieces of 4 ms', jumps),
]);
