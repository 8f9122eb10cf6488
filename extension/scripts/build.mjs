// Bundles the extension into dist/ and copies the grammars beside it.
//   node scripts/build.mjs [--watch]
import { cp, mkdir, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';

/** The bundle must stay small: it is read and compiled at every start of the editor. */
const LARGEST_BUNDLE = 1_000_000;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const watch = process.argv.includes('--watch');

await rm('dist', { recursive: true, force: true });
await mkdir('dist/grammars', { recursive: true });
await cp('node_modules/@vscode/tree-sitter-wasm/wasm', 'dist/grammars', {
  recursive: true,
  filter: (path) => !/\.(js|d\.ts)$/.test(path),
});

const build = await context({
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.cjs',
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  external: ['vscode'],
  minify: !watch,
  sourcemap: watch,
  legalComments: 'linked',
  logLevel: 'info',
});
if (watch) {
  await build.watch();
} else {
  await build.rebuild();
  await build.dispose();
  const { size } = await stat('dist/extension.cjs');
  if (size > LARGEST_BUNDLE) {
    console.error(`error: dist/extension.cjs has ${size} bytes, more than ${LARGEST_BUNDLE}.`);
    process.exit(1);
  }
}
