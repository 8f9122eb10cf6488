import { describe, expect, test } from 'vitest';
import * as vscode from '../../support/vscode.js';
import { asReal } from '../../support/workbench.js';
import { contextBench, filler, titles, type ContextBench } from './setup.js';

const WORDS = 'first_word()\nsecond_word()\nthird_word()\nfourth_word()';

/** Puts the git extension there, with one repository that has the given changes. */
function serveGit(bench: ContextBench, diffs: Readonly<Record<string, string>>) {
  const state = {
    HEAD: { name: 'main', commit: 'c1' },
    remotes: [{ name: 'origin', fetchUrl: 'git@example.org:team/shop.git' }],
    workingTreeChanges: Object.keys(diffs).map((path) => ({ uri: bench.workbench.uri(path) })),
    indexChanges: [],
    changed: new vscode.EventEmitter<undefined>(),
    get onDidChange() {
      return this.changed.event;
    },
  };
  let asked = 0;
  const repository = {
    rootUri: bench.workbench.folder.uri,
    state,
    diffWithHEAD: (path: string) => {
      asked++;
      const diff = diffs[path.replace('/project/', '')];
      return diff === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(diff);
    },
  };
  const api = {
    repositories: [repository],
    onDidOpenRepository: new vscode.EventEmitter().event,
    getRepository: () => repository,
  };
  bench.workbench.extensions.set('vscode.git', {
    isActive: true,
    exports: { enabled: true, getAPI: () => api },
  });
  return {
    asked: () => asked,
    checkOut: (commit: string) => {
      state.HEAD = { name: 'other', commit };
      state.changed.fire(undefined);
    },
  };
}

describe('git', () => {
  const CHANGED = `${filler(20)}\nnew_price = 3\n${filler(20)}`;
  const DIFF = '@@ -19,2 +19,3 @@\n filler_18 = 18\n filler_19 = 19\n+new_price = 3\n filler_0 = 0';

  test('shows completions the changed lines as they are, and names the repository', async () => {
    const bench = contextBench({ 'prices.py': CHANGED });
    serveGit(bench, { 'prices.py': DIFF });
    const document = bench.workbench.open('own.py', 'x = 1\n');
    const context = await bench.gather(document, 1);
    expect(context.repo).toBe('shop');
    expect(context.sources).toMatchObject([{ source: 'gitDiff', path: 'prices.py' }]);
    expect(context.files[0]?.text).toBe(CHANGED.split('\n').slice(14, 27).join('\n'));
  });

  test('shows edits the difference', async () => {
    const bench = contextBench({ 'prices.py': CHANGED, 'yarn.lock': 'x' });
    const git = serveGit(bench, { 'prices.py': DIFF, 'yarn.lock': DIFF });
    const document = bench.workbench.open('own.py', 'x = 1\n');
    const context = await bench.gather(document, 0, 'edit');
    expect(context.files).toEqual([
      {
        path: 'prices.py',
        text: '@@ -20,2 +20,3 @@\n filler_19 = 19\n+new_price = 3\n filler_0 = 0',
      },
    ]);
    await bench.gather(document, 0, 'edit');
    expect(git.asked()).toBe(1);
  });

  test('without differences, or without git, is no harm', async () => {
    const bench = contextBench({ 'prices.py': CHANGED });
    serveGit(bench, {});
    const document = bench.workbench.open('own.py', 'x = 1\n');
    expect((await bench.gather(document, 1)).skipped).toEqual([]);
    bench.workbench.extensions.set('vscode.git', { isActive: true, exports: { enabled: false } });
    expect((await bench.gather(document, 1)).files).toEqual([]);
  });

  test('a checkout makes no recent edits', async () => {
    const bench = contextBench();
    bench.workbench.configure('aicockpit.context.sources', {
      recentViews: false,
      openTabs: false,
      visibleRanges: false,
    });
    const git = serveGit(bench, {});
    const other = bench.workbench.open('other.py', filler(30));
    const document = bench.workbench.open('own.py', 'x = 1\n');
    await bench.gather(document, 0);
    bench.workbench.show(other);
    bench.workbench.type(other, new vscode.Position(5, 0), 'before_');
    git.checkOut('c2');
    await bench.clock.advance(1_000);
    bench.workbench.type(other, new vscode.Position(20, 0), 'after_');
    bench.workbench.show(document);
    expect((await bench.gather(document, 0)).files).toEqual([]);
    await bench.clock.advance(5_000);
    bench.workbench.show(other);
    bench.workbench.type(other, new vscode.Position(10, 0), 'typed_');
    const context = await bench.gather(document, 0);
    expect(context.sources.map(({ source }) => source)).toEqual(['recentEdits']);
  });
});

describe('recent edits', () => {
  test('are not made by undoing, nor in documents that are not in front', async () => {
    const bench = contextBench();
    bench.workbench.configure('aicockpit.context.sources', { openTabs: false });
    const undone = bench.workbench.open('undone.py', filler(30));
    bench.workbench.type(
      undone,
      new vscode.Position(5, 0),
      'x',
      vscode.TextDocumentChangeReason.Undo,
    );
    const behind = bench.workbench.open('behind.py', filler(30));
    const document = bench.workbench.open('own.py', 'x = 1\n');
    bench.workbench.type(behind, new vscode.Position(5, 0), 'x');
    expect((await bench.gather(document, 0)).files).toEqual([]);
  });
});

describe('what was looked at', () => {
  test('is remembered after a moment', async () => {
    const bench = contextBench();
    bench.workbench.configure('aicockpit.context.sources', { openTabs: false });
    bench.workbench.open('seen.py', filler(10, 'seen'));
    await bench.clock.advance(2_000);
    bench.workbench.open('passed.py', filler(10, 'passed'));
    const document = bench.workbench.open('own.py', 'x = 1\n');
    const context = await bench.gather(document, 0);
    expect(titles(context)).toEqual(['seen.py: seen_0 = 0']);
    expect(context.sources[0]?.source).toBe('recentViews');
  });

  test('or stands beside the document at this moment', async () => {
    const bench = contextBench();
    bench.workbench.configure('aicockpit.context.sources', { openTabs: false });
    const beside = bench.workbench.open('beside.py', filler(50));
    const document = bench.workbench.open('own.py', 'x = 1\n');
    bench.workbench.editors.push({
      document: beside,
      selection: new vscode.Selection(new vscode.Position(0, 0), new vscode.Position(0, 0)),
      visibleRanges: [new vscode.Range(30, 0, 40, 0)],
    });
    const context = await bench.gather(document, 0);
    expect(context.sources.map(({ source }) => source)).toEqual(['visibleRanges']);
    expect(context.files[0]?.text).toBe(filler(50).split('\n').slice(30, 41).join('\n'));
  });
});

describe('open tabs', () => {
  test('are read from disk when the editor has not loaded them yet, once', async () => {
    const bench = contextBench({ 'restored.py': WORDS, 'data.bin': `${WORDS}\0` });
    bench.workbench.tabs.push(bench.workbench.uri('restored.py'), bench.workbench.uri('data.bin'));
    const document = bench.workbench.open('own.py', `${WORDS}\n${filler(100)}\n${WORDS}\n`);
    const first = await bench.gather(document, 4);
    await bench.gather(document, 108);
    expect(titles(first)).toEqual(['restored.py: first_word()']);
    expect(bench.workbench.reads.filter((path) => path === 'restored.py')).toHaveLength(1);
  });

  test('that have nothing to do with the code, or are minified, give nothing', async () => {
    const bench = contextBench();
    bench.workbench.open('unrelated.py', filler(50));
    bench.workbench.open('bundle.js', `${WORDS}\n${'first_word();'.repeat(300)}`);
    const document = bench.workbench.open('own.py', `${WORDS}\n`);
    expect((await bench.gather(document, 4)).files).toEqual([]);
  });
});

describe('diagnostics', () => {
  test('near the cursor lead to the code that they point to', async () => {
    const bench = contextBench({ 'model.py': `${filler(40)}\nclass User:\n    name = ''` });
    const document = bench.workbench.open('own.py', `${filler(40)}\n`);
    const location = {
      uri: bench.workbench.uri('model.py'),
      range: new vscode.Range(40, 6, 40, 10),
    };
    const problem = (line: number) => ({
      range: new vscode.Range(line, 0, line, 4),
      message: 'Wrong type',
      severity: vscode.DiagnosticSeverity.Error,
      relatedInformation: [{ location, message: 'declared here' }],
    });
    bench.workbench.diagnostics.set(document.uri.toString(), [problem(2)]);
    expect((await bench.gather(document, 40)).files).toEqual([]);
    bench.workbench.diagnostics.set(document.uri.toString(), [problem(38)]);
    bench.workbench.configure('aicockpit.context.timeLimit', 50);
    const context = await bench.gather(document, 40);
    expect(context.sources).toMatchObject([{ source: 'diagnostics', path: 'model.py' }]);
    expect(context.files[0]?.text).toContain('class User:');
  });
});

describe('definitions', () => {
  test('of long classes are their outlines', async () => {
    const method = (name: string): string =>
      `    def ${name}(self):\n${'        work()\n'.repeat(12)}`;
    const bench = contextBench({ 'tank.py': `class Tank:\n${method('fill')}${method('drain')}` });
    bench.workbench.answers.set('vscode.executeDefinitionProvider', () => [
      {
        targetUri: bench.workbench.uri('tank.py'),
        targetRange: new vscode.Range(0, 0, 26, 0),
        targetSelectionRange: new vscode.Range(0, 6, 0, 10),
      },
    ]);
    const member = (name: string, line: number) => ({
      name,
      range: new vscode.Range(line, 4, line + 12, 14),
      children: [],
    });
    bench.workbench.answers.set('vscode.executeDocumentSymbolProvider', () => [
      {
        name: 'Tank',
        range: new vscode.Range(0, 0, 26, 0),
        children: [member('fill', 1), member('drain', 14)],
      },
    ]);
    const document = bench.workbench.open('own.py', 'tank = Tank(');
    const [file] = (await bench.gather(document, 0)).files;
    expect(file?.text).toBe(
      [
        'class Tank:',
        '    def fill(self):',
        '        work()',
        '        work()',
        '    def drain(self):',
        '        work()',
        '        work()',
      ].join('\n'),
    );
  });

  test('are looked up once, and again when their file has changed there', async () => {
    const bench = contextBench();
    let asked = 0;
    const prices = bench.workbench.open('prices.py', `def price():\n    return 1\n\n${filler(5)}`);
    bench.workbench.answers.set('vscode.executeDefinitionProvider', () => {
      asked++;
      return [{ uri: prices.uri, range: new vscode.Range(0, 4, 0, 9) }];
    });
    const document = bench.workbench.open('own.py', 'price(');
    await bench.gather(document, 0);
    await bench.gather(document, 0);
    expect(asked).toBe(1);
    bench.workbench.type(prices, new vscode.Position(6, 0), 'x');
    await bench.gather(document, 0);
    expect(asked).toBe(1);
    bench.workbench.type(prices, new vscode.Position(0, 10), 'net');
    const context = await bench.gather(document, 0);
    expect(asked).toBe(2);
    expect(context.files.at(-1)?.text).toContain('def price(net):');
  });

  test('of the code that an edit is about are those of the whole selection', async () => {
    const bench = contextBench({
      'a.py': 'def alpha():\n    return 1',
      'b.py': 'def beta():\n    return 2',
    });
    const document = bench.workbench.open(
      'own.py',
      `import a, b\n${filler(50)}\nalpha()\n${filler(40)}\nbeta()\n`,
    );
    const selection = asReal(new vscode.Range(51, 0, 92, 6));
    const context = await bench.gather(document, 51, 'edit', { selection });
    expect(titles(context).sort()).toEqual(['a.py: def alpha():', 'b.py: def beta():']);
  });
});
