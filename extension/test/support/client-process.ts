import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

/** What a process of its own got from a server. */
export interface Outcome {
  readonly models?: readonly string[];
  readonly text?: string;
  readonly problem?: { readonly kind: string; readonly code: string; readonly message: string };
}

const PROGRAM = `
import { createClient } from './src/core/server/client.js';
import { systemClock } from './src/core/clock.js';
import { createFetch } from './src/host/fetch.js';
const client = createClient({
  fetch: createFetch(() => process.env.NODE_EXTRA_CA_CERTS),
  clock: systemClock,
  address: () => process.argv[2],
  key: async () => undefined,
});
const signal = new AbortController().signal;
try {
  const models = await client.models(signal);
  let text = '';
  for await (const delta of client.complete(
    { model: models[0].id, prefix: '', suffix: '', maxTokens: 8 }, signal)) {
    text += delta.text;
  }
  console.log(JSON.stringify({ models: models.map(({ id }) => id), text }));
} catch ({ kind, code, message }) {
  console.log(JSON.stringify({ problem: { kind, code, message } }));
}
process.exit();
`;

/**
 * Asks a server from a process of its own, because Node reads its certificates and proxies from
 * the environment only when it starts.
 */
export async function askFromProcess(
  address: string,
  environment: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'aicockpit-client-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const outfile = join(folder, 'ask.mjs');
  const root = fileURLToPath(new URL('../../', import.meta.url));
  await build({
    stdin: { contents: PROGRAM, resolveDir: root, loader: 'js' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
  });
  const env = { PATH: process.env['PATH'], ...environment };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [outfile, address], { env, timeout: 30_000 }, (error, stdout) => {
      if (error) {
        reject(new Error('The process failed.', { cause: error }));
      } else {
        resolve(JSON.parse(stdout) as Outcome);
      }
    });
  });
}
