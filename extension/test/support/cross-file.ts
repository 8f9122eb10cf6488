import { readdirSync, readFileSync } from 'node:fs';

/** A completion that cannot be known without another file. */
export interface CrossFileTask {
  readonly name: string;
  /** The other files, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The file that is written, without what is to be completed. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** The rest of the line, and all that is to be completed. */
  readonly expected: string;
}

/** Reads tasks: files that begin with `=== path`, the last one with what is wanted in `⟦⟧`. */
export function readTasks(folder: URL): CrossFileTask[] {
  return readdirSync(folder)
    .sort()
    .map((name) => taskOf(name, readFileSync(new URL(name, folder), 'utf8')));
}

function taskOf(name: string, text: string): CrossFileTask {
  const parts = text.split(/^=== (.+)\n/m).slice(1);
  const files: Record<string, string> = {};
  for (let index = 0; index < parts.length; index += 2) {
    files[parts[index] ?? ''] = parts[index + 1] ?? '';
  }
  const path = parts.at(-2) ?? '';
  const [before, expected, after] = (files[path] ?? '').split(/[⟦⟧]/);
  if (before === undefined || expected === undefined || after === undefined) {
    throw new Error(`${name} does not say what is wanted`);
  }
  const others = Object.fromEntries(Object.entries(files).filter(([other]) => other !== path));
  return { name: name.replace(/\.txt$/, ''), files: others, path, before, expected, after };
}
