// Writes dist/THIRD-PARTY-NOTICES.txt: the licences of what the packed extension has inside.
//   node scripts/notices.mjs
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const RULE = '='.repeat(80);

/** The licence of one package, and what it says itself of its parts. */
async function notice(name) {
  const folder = `node_modules/${name}`;
  const { version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  const files = await readdir(folder);
  const file = files.find((each) => /^licen[cs]e/i.test(each));
  if (!file) {
    throw new Error(`${name} has no licence file.`);
  }
  const text = (await readFile(`${folder}/${file}`, 'utf8')).trim();
  const parts = files.includes('cgmanifest.json') ? await partsOf(folder) : [];
  return [RULE, `${name} ${version} (${license})`, '', text, ...parts, ''].join('\n');
}

async function partsOf(folder) {
  const { registrations } = JSON.parse(await readFile(`${folder}/cgmanifest.json`, 'utf8'));
  const lines = registrations.map(({ component: { git }, license }) => {
    return `  ${git.name}, ${git.repositoryUrl} (${license ?? 'see there'})`;
  });
  return ['', 'It contains:', ...lines];
}

const { dependencies } = JSON.parse(await readFile('package.json', 'utf8'));
const notices = await Promise.all(Object.keys(dependencies).map(notice));
const head = 'AiCockpit is under the Apache License 2.0. It contains the following software.\n';
await writeFile('dist/THIRD-PARTY-NOTICES.txt', [head, ...notices].join('\n'));
