import { expect, test } from 'vitest';
import { createExclusion } from '../../../src/host/context/exclusion.js';
import { RememberingLog } from '../../support/silent-log.js';
import { settle } from '../../support/virtual-clock.js';
import { Uri } from '../../support/vscode.js';
import { asReal, Workbench } from '../../support/workbench.js';

function setUp(files: Readonly<Record<string, string>>) {
  const workbench = new Workbench();
  Object.entries(files).forEach(([path, text]) => workbench.files.set(path, text));
  workbench.install();
  const exclusion = createExclusion(new RememberingLog());
  const isExcluded = async (path: string): Promise<boolean> => {
    const uri = asReal(workbench.uri(path));
    await exclusion.known(uri);
    return exclusion.isExcluded(uri);
  };
  return { workbench, exclusion, isExcluded };
}

test('ignore files count in every folder', async () => {
  const { isExcluded } = setUp({ '.aicockpitignore': '*.key', 'src/.aicockpitignore': 'own/' });
  expect(await isExcluded('a.key')).toBe(true);
  expect(await isExcluded('src/deep/a.key')).toBe(true);
  expect(await isExcluded('src/own/a.ts')).toBe(true);
  expect(await isExcluded('own/a.ts')).toBe(false);
});

test('a file is excluded until the ignore files above it are known', async () => {
  const { workbench, exclusion } = setUp({});
  const uri = asReal(workbench.uri('src/a.ts'));
  expect(exclusion.isExcluded(uri)).toBe(true);
  await settle();
  expect(exclusion.isExcluded(uri)).toBe(false);
});

test('changes of an ignore file and of the setting count at once', async () => {
  const { workbench, exclusion, isExcluded } = setUp({});
  expect(await isExcluded('src/a.ts')).toBe(false);
  let changes = 0;
  exclusion.onDidChange(() => changes++);
  workbench.files.set('src/.aicockpitignore', 'a.ts');
  workbench.watched.created.fire(workbench.uri('src/.aicockpitignore'));
  await settle();
  expect(await isExcluded('src/a.ts')).toBe(true);
  workbench.files.delete('src/.aicockpitignore');
  workbench.watched.deleted.fire(workbench.uri('src/.aicockpitignore'));
  await settle();
  expect(await isExcluded('src/a.ts')).toBe(false);
  workbench.configure('files.exclude', { '**/*.ts': true, '**/*.py': { when: '$(basename).c' } });
  expect(await isExcluded('src/a.ts')).toBe(true);
  expect(await isExcluded('src/a.py')).toBe(false);
  expect(changes).toBe(3);
});

test('cells of an excluded notebook are excluded, files elsewhere are not', async () => {
  const { workbench, exclusion } = setUp({ '.aicockpitignore': '*.ipynb' });
  const cell = workbench.uri('a.ipynb').with({ scheme: 'vscode-notebook-cell', fragment: 'x' });
  await exclusion.known(asReal(cell));
  expect(exclusion.isExcluded(asReal(cell))).toBe(true);
  expect(exclusion.isExcluded(asReal(Uri.file('/elsewhere/a.ipynb')))).toBe(false);
});

test('a file that is written in another case is excluded where the editor knows it as the same', async () => {
  const { workbench, exclusion } = setUp({ '.aicockpitignore': '*.key' });
  workbench.ignoresCase = true;
  const uri = asReal(Uri.file('/Project/a.key'));
  await exclusion.known(uri);
  expect(exclusion.isExcluded(uri)).toBe(true);
});
