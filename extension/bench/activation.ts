/**
 * How large the bundle is and how long the editor waits for it: reading and compiling it, and
 * `activate`. Each sample is a process of its own, since only the first time counts.
 */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { context, editor, errors } from './stand-in.js';
import { median, print } from './table.js';

const BUNDLE = resolve('dist/extension.cjs');
const SAMPLES = 15;
const ACTIVATION_MS = 150;
const LARGEST_KB = 1_000;

interface Loader {
  _load: (request: string, ...rest: unknown[]) => unknown;
}

/** Starts the extension in this process and prints how long that took. */
function activateHere(): void {
  const loader = Module as unknown as Loader;
  const load = loader._load;
  loader._load = (request, ...rest) =>
    request === 'vscode' ? editor : load.call(Module, request, ...rest);
  const begun = performance.now();
  const extension = createRequire(BUNDLE)(BUNDLE) as { activate: (context: unknown) => unknown };
  extension.activate(context);
  console.log(JSON.stringify({ ms: performance.now() - begun, errors }));
  process.exit(0);
}

/** Starts it in a process of its own. */
function sample(): number {
  const script = process.argv[1] ?? '';
  const said = execFileSync(process.execPath, [script, '--here'], { encoding: 'utf8' });
  const result = JSON.parse(said) as { ms: number; errors: readonly string[] };
  if (result.errors.length > 0) {
    throw new Error(`the extension did not start: ${result.errors.join('; ')}`);
  }
  return result.ms;
}

if (process.argv.includes('--here')) {
  activateHere();
} else {
  sample();
  const samples = Array.from({ length: SAMPLES }, sample);
  const size = statSync(BUNDLE).size / 1000;
  print('Start of the extension', [
    median('reading the bundle and activating', samples, ACTIVATION_MS),
    { name: 'size of the bundle', unit: 'kB', p50: size, limit: LARGEST_KB, count: 1 },
  ]);
}
