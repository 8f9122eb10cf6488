import { expect, test } from 'vitest';
import { readTasks } from '../../support/cross-file.js';
import { contextBench } from './setup.js';

const TASKS = readTasks(new URL('../../data/cross-file/', import.meta.url));

/** The names of the other files that the wanted text uses. */
function foreignNames(wanted: string, files: readonly string[], own: string): string[] {
  const names = wanted.match(/[A-Za-z_]\w{3,}/g) ?? [];
  return names.filter(
    (name) => !own.includes(name) && files.some((text) => new RegExp(`\\b${name}\\b`).test(text)),
  );
}

test.each(TASKS)('$name: the context tells what is wanted', async (task) => {
  const bench = contextBench(task.files);
  const document = bench.workbench.open(task.path, task.before + task.after);
  const { line } = document.positionAt(task.before.length);
  const { files } = await bench.gather(document, line);
  const text = files.map((file) => file.text).join('\n');
  const own = task.before + task.after;
  for (const name of foreignNames(task.expected, Object.values(task.files), own)) {
    expect(text).toContain(name);
  }
});
