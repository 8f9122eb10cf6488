import { describe, expect, test } from 'vitest';
import { settle } from '../../support/virtual-clock.js';
import * as vscode from '../../support/vscode.js';
import { asReal, type TestDocument } from '../../support/workbench.js';
import { contextBench, filler, titles, type ContextBench } from './setup.js';

const PRICES = [
  'def format_price(amount, currency):',
  '    """Writes an amount of money."""',
  '    return f"{amount:.2f} {currency}"',
  '',
  filler(60, 'unrelated'),
].join('\n');

const SHOP = [
  'from prices import format_price',
  '',
  'def show_total(amount, currency):',
  '    ',
].join('\n');

const ALPHA = 'alpha_first()\nalpha_second()\nalpha_third()\nalpha_fourth()';
const BETA = 'beta_first()\nbeta_second()\nbeta_third()\nbeta_fourth()';

/** Lets the language server know where `format_price` is defined. */
function serveDefinitions(bench: ContextBench): { asked: () => number } {
  let asked = 0;
  bench.workbench.answers.set(
    'vscode.executeDefinitionProvider',
    (uri: vscode.Uri, position: vscode.Position) => {
      asked++;
      const document = bench.workbench.documents.find((one) => one.uri.path === uri.path);
      const line = document?.lineAt(position.line).text ?? '';
      const name = /^\w+/.exec(line.slice(position.character))?.[0];
      const place = { uri: bench.workbench.uri('prices.py'), range: new vscode.Range(0, 4, 0, 16) };
      return name === 'format_price' ? [place] : [];
    },
  );
  return { asked: () => asked };
}

async function typeText(
  bench: ContextBench,
  document: TestDocument,
  line: number,
  text: string,
): Promise<string[]> {
  const seen: string[] = [];
  for (const character of text) {
    const end = document.lineAt(line).text.length;
    bench.workbench.type(document, new vscode.Position(line, end), character);
    const context = await bench.gather(document, line);
    seen.push(JSON.stringify(context.files));
  }
  return seen;
}

describe('the context of completions', () => {
  test('has the definition of what is called, though its file was never opened', async () => {
    const bench = contextBench({ 'prices.py': PRICES });
    serveDefinitions(bench);
    const document = bench.workbench.open('shop.py', `${SHOP}return format_price(amount, `);
    const context = await bench.gather(document, 3);
    expect(context.files).toEqual([
      { path: 'prices.py', text: PRICES.split('\n').slice(0, 3).join('\n') },
    ]);
    expect(context.sources).toMatchObject([{ source: 'definitions', path: 'prices.py' }]);
    expect(context).toMatchObject({ path: 'shop.py', repo: 'project', held: false, skipped: [] });
  });

  test('finds declarations in imported files where there is no language server', async () => {
    const bench = contextBench({ 'prices.py': PRICES });
    const document = bench.workbench.open('shop.py', `${SHOP}return format_price(amount, `);
    const context = await bench.gather(document, 3);
    expect(titles(context)).toEqual(['prices.py: def format_price(amount, currency):']);
  });

  test('stays the same for a hundred keystrokes, byte for byte', async () => {
    const bench = contextBench({ 'prices.py': PRICES });
    bench.workbench.open('prices.py');
    bench.workbench.open('other.py', `total = show_total(amount, currency)\n${filler(50)}`);
    const document = bench.workbench.open('shop.py', `${filler(20)}\n${SHOP}\n${filler(20)}`);
    const first = await bench.gather(document, 23);
    expect(first.files.length).toBeGreaterThan(0);
    const seen = await typeText(bench, document, 23, 'total = amount + currency '.repeat(4));
    expect(seen).toHaveLength(104);
    expect(new Set(seen)).toEqual(new Set([JSON.stringify(first.files)]));
  });

  test('gets a definition behind the rest as soon as its name has been typed', async () => {
    const bench = contextBench({ 'prices.py': PRICES });
    const server = serveDefinitions(bench);
    bench.workbench.open('other.py', `total = show_total(amount, currency)\n${filler(50)}`);
    const document = bench.workbench.open(
      'shop.py',
      `\n\ndef show_total(amount, currency):\n    \n`,
    );
    const before = await bench.gather(document, 3);
    expect(before.files.map(({ path }) => path)).toEqual(['other.py']);
    const seen = await typeText(bench, document, 3, 'return format_price(amount');
    expect(new Set(seen).size).toBe(2);
    const after = await bench.gather(document, 3);
    expect(after.files.slice(0, 1)).toEqual(before.files);
    expect(titles(after).at(-1)).toBe('prices.py: def format_price(amount, currency):');
    expect(after.held).toBe(true);
    expect(server.asked()).toBeLessThan(12);
  });

  test('is gathered anew when the cursor has gone far', async () => {
    const bench = contextBench();
    const other = bench.workbench.open('other.py', `${ALPHA}\n${filler(90)}\n${BETA}`);
    const document = bench.workbench.open('own.py', `${ALPHA}\n${filler(400, 'own')}\n${BETA}\n`);
    const top = await bench.gather(document, 1);
    const bottom = await bench.gather(document, 405);
    expect(top.files.at(-1)?.text).toContain('alpha_first');
    expect(bottom.files.at(-1)?.text).toContain('beta_first');
    expect(other.version).toBe(1);
  });

  test('follows changes in the files that it shows', async () => {
    const bench = contextBench();
    const other = bench.workbench.open('other.py', `shared_word()\n${filler(10)}`);
    const document = bench.workbench.open('own.py', 'shared_word()\n');
    await bench.gather(document, 1);
    bench.workbench.type(other, new vscode.Position(0, 0), 'new_');
    const after = await bench.gather(document, 1);
    expect(after.files[0]?.text.startsWith('new_shared_word()')).toBe(true);
  });

  test('has what was edited lately, and never what the prompt shows', async () => {
    const bench = contextBench();
    const other = bench.workbench.open('other.py', filler(100));
    bench.workbench.type(other, new vscode.Position(50, 0), 'edited_');
    const document = bench.workbench.open('own.py', `${filler(30)}\n`);
    bench.workbench.type(document, new vscode.Position(10, 0), 'own_');
    const context = await bench.gather(document, 30);
    expect(context.sources.map(({ source, path }) => `${source} ${path}`)).toContain(
      'recentEdits other.py',
    );
    expect(context.files.every(({ path }) => path !== 'own.py')).toBe(true);
  });

  test('never has more than the setting allows', async () => {
    const bench = contextBench();
    bench.workbench.configure('aicockpit.context.maxCharacters', 500);
    bench.workbench.open('other.py', `shared_word()\n${filler(300)}`);
    const document = bench.workbench.open('own.py', 'shared_word()\n');
    const { files } = await bench.gather(document, 1);
    expect(files.length).toBeGreaterThan(0);
    expect(files.reduce((sum, { path, text }) => sum + path.length + text.length, 0)).toBeLessThan(
      500,
    );
    bench.workbench.configure('aicockpit.context.maxCharacters', 0);
    expect((await bench.gather(document, 1)).files).toEqual([]);
  });

  test('leaves out sources that are switched off', async () => {
    const bench = contextBench();
    bench.workbench.configure('aicockpit.context.sources', { openTabs: false });
    bench.workbench.open('other.py', 'shared_word()\n');
    const document = bench.workbench.open('own.py', 'shared_word()\n');
    const context = await bench.gather(document, 1);
    expect(context.files).toEqual([]);
    expect(context.skipped).toContainEqual({ source: 'openTabs', reason: 'off' });
  });

  test('has the cells of a notebook, the nearest last', async () => {
    const bench = contextBench();
    const uri = bench.workbench.uri('book.ipynb');
    const cells = ['import numpy', 'data = load()', 'result = ', 'later()'].map((text, index) => {
      const document = bench.workbench.open(`book.ipynb.${index}.py`, text);
      return { document, kind: vscode.NotebookCellKind.Code };
    });
    bench.workbench.notebooks.push({ uri, getCells: () => cells });
    bench.workbench.configure('aicockpit.context.sources', { openTabs: false });
    const own = cells[2]?.document;
    const context = own && (await bench.gather(own, 0));
    expect(context?.sources.every(({ source }) => source === 'notebookCells')).toBe(true);
    expect(context?.files.map(({ text }) => text)).toEqual([
      'later()',
      'import numpy',
      'data = load()',
    ]);
  });
});

describe('what must not be read', () => {
  test('ignored, hidden and foreign files are not', async () => {
    const bench = contextBench({
      '.aicockpitignore': 'secret.py',
      'secret.py': 'def shared_word(): pass',
      'hidden.py': 'def shared_word(): pass',
    });
    bench.workbench.configure('files.exclude', { 'hidden.py': true });
    bench.workbench.open('secret.py');
    bench.workbench.open('hidden.py');
    bench.workbench.answers.set('vscode.executeDefinitionProvider', () =>
      ['/project/secret.py', '/project/hidden.py', '/usr/lib/foreign.py'].map((path) => ({
        uri: vscode.Uri.file(path),
        range: new vscode.Range(0, 4, 0, 9),
      })),
    );
    const document = bench.workbench.open('own.py', 'shared_word()\n');
    expect((await bench.gather(document, 1)).files).toEqual([]);
    expect(bench.workbench.reads.filter((path) => !path.endsWith('ignore'))).toEqual([]);
  });

  test('of an excluded document, and in an untrusted workspace, no other file is', async () => {
    const bench = contextBench({ '.aicockpitignore': 'own.py' });
    bench.workbench.open('other.py', 'shared_word()');
    const document = bench.workbench.open('own.py', 'shared_word()\n');
    const excluded = await bench.gather(document, 1);
    expect(excluded.files).toEqual([]);
    expect(excluded.skipped).toEqual([{ source: 'workspace', reason: 'excluded' }]);
    bench.workbench.isTrusted = false;
    const untrusted = await bench.gather(document, 1, 'edit');
    expect(untrusted.skipped).toEqual([{ source: 'workspace', reason: 'untrusted' }]);
  });

  test('what becomes ignored is gone with the next keystroke', async () => {
    const bench = contextBench();
    bench.workbench.open('other.py', 'shared_word()\nmore()\nand_more()');
    const document = bench.workbench.open('own.py', 'shared_word()\n');
    expect((await bench.gather(document, 1)).files).toHaveLength(1);
    bench.workbench.files.set('.aicockpitignore', 'other.py');
    bench.workbench.watched.created.fire(bench.workbench.uri('.aicockpitignore'));
    await settle();
    expect((await bench.gather(document, 1)).files).toEqual([]);
  });

  test('files outside the workspace are read only if they have a tab', async () => {
    const bench = contextBench();
    const outside = bench.workbench.open('x.py', 'shared_word()\nmore()\nand_more()');
    Object.assign(outside, { uri: vscode.Uri.file('/elsewhere/x.py') });
    const document = bench.workbench.open('own.py', 'shared_word()\n');
    expect((await bench.gather(document, 1)).files).toEqual([]);
    bench.workbench.tabs.push(outside.uri);
    bench.workbench.configure('aicockpit.enabled', true);
    expect((await bench.gather(document, 1)).files).toHaveLength(1);
  });
});

describe('time', () => {
  test('a source that is late is left out, and used the next time', async () => {
    const bench = contextBench({ 'prices.py': PRICES });
    bench.workbench.answers.set('vscode.executeDefinitionProvider', async () => {
      await bench.clock.sleep(400);
      return [{ uri: bench.workbench.uri('prices.py'), range: new vscode.Range(0, 4, 0, 16) }];
    });
    const document = bench.workbench.open('shop.py', 'format_price(');
    await bench.exclusion.known(asReal(document.uri));
    const position = asReal(new vscode.Position(0, 13));
    const { signal } = new AbortController();
    const gathering = bench.gatherer.gather(asReal(document), position, 'completion', signal);
    await bench.clock.advance(100);
    const first = await gathering;
    expect(first.files).toEqual([]);
    expect(first.skipped).toEqual([{ source: 'definitions', reason: 'late' }]);
    await bench.clock.advance(400);
    const second = await bench.gather(document, 0);
    expect(titles(second)).toEqual(['prices.py: def format_price(amount, currency):']);
    expect(second.skipped).toEqual([]);
  });

  test('a source that fails is left out, and the log says so without its message', async () => {
    const bench = contextBench();
    bench.workbench.answers.set('vscode.executeDefinitionProvider', () => {
      throw new TypeError('about some code');
    });
    bench.workbench.open('other.py', 'shared_word()\nmore()\nand_more()');
    const document = bench.workbench.open('own.py', 'shared_word()\n');
    const context = await bench.gather(document, 1);
    expect(context.files).toHaveLength(1);
    expect(context.skipped).toEqual([{ source: 'definitions', reason: 'failed' }]);
    expect(bench.log.lines).toEqual([
      'warn a context source failed source="definitions" error="TypeError"',
    ]);
  });

  test('giving up rejects at once, and what was begun serves the next keystroke', async () => {
    const bench = contextBench({ 'prices.py': PRICES });
    const server = serveDefinitions(bench);
    const document = bench.workbench.open('shop.py', 'format_price(');
    await bench.exclusion.known(asReal(document.uri));
    const controller = new AbortController();
    const position = asReal(new vscode.Position(0, 13));
    const { signal } = controller;
    const gathering = bench.gatherer.gather(asReal(document), position, 'completion', signal);
    const reason = new Error('typed on');
    controller.abort(reason);
    await expect(gathering).rejects.toBe(reason);
    const context = await bench.gather(document, 0);
    expect(titles(context)).toHaveLength(1);
    expect(server.asked()).toBe(1);
  });

  test('context is prepared where the cursor comes to rest', async () => {
    const bench = contextBench();
    bench.workbench.open('other.py', `${ALPHA}\n${filler(90)}\n${BETA}`);
    const document = bench.workbench.open('own.py', `x\n${filler(400, 'own')}\n${BETA}\n`);
    await bench.gather(document, 1);
    const [editor] = bench.workbench.editors;
    const position = new vscode.Position(405, 0);
    Object.assign(editor ?? {}, { selection: new vscode.Selection(position, position) });
    bench.workbench.selected.fire({});
    await bench.clock.advance(500);
    const context = await bench.gather(document, 405);
    expect(context.held).toBe(true);
    expect(context.files[0]?.text).toContain('beta_first');
  });
});

describe('the context of edits', () => {
  test('has the mentioned files in order, the problems, and the definitions of the selection', async () => {
    const bench = contextBench({
      'prices.py': PRICES,
      'docs/money.md': '# Money\nAlways two digits.',
      'docs/style.md': '# Style',
    });
    const document = bench.workbench.open('shop.py', `${SHOP}return format_price(amount)\nend()`);
    bench.workbench.diagnostics.set(document.uri.toString(), [
      { range: new vscode.Range(4, 0, 4, 3), message: 'Elsewhere', severity: 0 },
      {
        range: new vscode.Range(3, 11, 3, 23),
        message: 'Missing argument',
        severity: 0,
        source: 'pyright',
        code: { value: 'reportCallIssue' },
      },
    ]);
    const context = await bench.gather(document, 3, 'edit', {
      selection: asReal(new vscode.Range(3, 0, 3, 10)),
      mentions: ['docs/style.md', 'money.md', 'nowhere.md'],
    });
    expect(context.mentions.map(({ path }) => path)).toEqual(['docs/style.md', 'docs/money.md']);
    expect(titles(context)).toEqual(['prices.py: def format_price(amount, currency):']);
    expect(context.problems).toEqual([
      {
        range: { start: { line: 3, character: 11 }, end: { line: 3, character: 23 } },
        severity: 'error',
        message: 'Missing argument',
        origin: 'pyright',
        code: 'reportCallIssue',
      },
    ]);
    expect(context.skipped).toEqual([
      { source: 'mentions', reason: 'unknown', path: 'nowhere.md' },
    ]);
  });

  test('does not mention ignored files, and suggests none', async () => {
    const bench = contextBench({
      '.aicockpitignore': 'secret.md',
      'secret.md': 'x',
      'open.md': 'y',
    });
    const document = bench.workbench.open('shop.py', 'x');
    const context = await bench.gather(document, 0, 'edit', { mentions: ['secret.md', 'open.md'] });
    expect(context.mentions).toEqual([{ path: 'open.md', text: 'y' }]);
    expect(await bench.gatherer.files.suggest('md', 5)).toEqual(['open.md']);
  });
});
