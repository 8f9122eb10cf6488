// Measures what the extension itself costs, and fails when a target is missed.
//   node scripts/bench.mjs [name of a benchmark …]
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** In this order; each is a file in bench/. */
const BENCHMARKS = ['completion', 'context', 'activation'];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const chosen = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : BENCHMARKS;

execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
await build({
  entryPoints: names.map((name) => `bench/${name}.ts`),
  outdir: 'build/bench',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // What reads the editor gets the tests' stand-in for it.
  alias: { vscode: './test/support/vscode.ts' },
  // Packages that use require() find it here.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
console.log(`Node ${process.version} on ${process.platform} ${process.arch}\n`);
let failed = false;
for (const name of names) {
  const { status } = spawnSync(process.execPath, [`build/bench/${name}.mjs`], { stdio: 'inherit' });
  failed ||= status !== 0;
}
if (failed) {
  console.error('error: a benchmark failed or missed its target.');
  process.exit(1);
}
