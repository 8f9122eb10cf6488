import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignLines } from '../../../src/core/edit/align.js';
import { DocumentSurface } from '../../../src/core/edit/document-surface.js';
import {
  acceptAll,
  applyUserChange,
  originalOf,
  rejectAll,
  resultOf,
  type Row,
  type Splice,
} from '../../../src/core/edit/rows.js';
import { passOn, type RowOwner } from '../../../src/core/edit/shown-region.js';
import { FakeEditor, REMOTE, TYPED } from '../../support/fake-editor.js';
import { change } from '../../support/line-buffer.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

const LINES = ['import os', '', 'def f():', '    a = 1', '    return a', '', 'f()'];
const REGION = { start: 2, count: 3 };
const NEW = ['def f():', '    """One."""', '    return 1'];

/** An edit whose rows are set by hand. */
class Edit implements RowOwner {
  readonly clock = new VirtualClock();
  readonly editor: FakeEditor;
  readonly surface: DocumentSurface;
  rows: readonly Row[];
  undone = 0;

  constructor(lines: readonly string[] = LINES, region = REGION) {
    this.editor = new FakeEditor(lines);
    this.surface = new DocumentSurface({
      page: this.editor,
      lines,
      region,
      clock: this.clock,
      events: {
        onForeign: (splices, shown) => passOn(this, splices, shown),
        onUndo: () => this.undone++,
      },
    });
    this.editor.surface = this.surface;
    this.rows = this.surface.rows;
  }

  userChanged(splice: Splice): void {
    this.rows = applyUserChange(this.rows, splice);
  }

  async show(lines: readonly string[], phase: 'streaming' | 'review' = 'review'): Promise<void> {
    this.rows = alignLines(originalOf(this.rows), lines);
    await this.surface.render(this.rows, phase);
  }

  async reject(): Promise<void> {
    this.rows = rejectAll(this.rows);
    await this.surface.render(this.rows, 'done');
  }

  async accept(): Promise<void> {
    this.rows = acceptAll(this.rows);
    await this.surface.render(this.rows, 'done');
  }
}

/** The region's lines, each with the sign of its colour. */
function picture({ editor }: Edit): string[] {
  const { start, rows } = editor.painted;
  const signs = { kept: ' ', removed: '-', added: '+' };
  return rows.map(({ kind }, index) => `${signs[kind]}${editor.lines_[start + index]}`);
}

describe('DocumentSurface', () => {
  it('shows all rows in the document, coloured in the same picture', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    expect(edit.editor.lines_).toHaveLength(9);
    expect(picture(edit)).toEqual([
      ' def f():',
      '-    a = 1',
      '-    return a',
      '+    """One."""',
      '+    return 1',
    ]);
    expect(edit.editor.writes).toHaveLength(1);
  });

  it('is one undo step, and gives a document that was alone back by the undo', async () => {
    const edit = new Edit();
    await edit.show(NEW.slice(0, 2), 'streaming');
    await edit.show(NEW);
    const writes = edit.editor.writes.length;
    await edit.reject();
    expect(edit.editor.lines_).toEqual(LINES);
    expect(edit.editor.writes).toHaveLength(writes);
  });

  it('becomes the result when it is accepted, which an undo takes back as a whole', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    await edit.accept();
    expect(edit.editor.lines_).toEqual(['import os', '', ...NEW, '', 'f()']);
    expect(edit.editor.writes.at(-1)?.final).toBe(true);
    edit.editor.undo();
    expect(edit.editor.lines_).toEqual(LINES);
  });

  it('moves with what is typed above, and leaves it alone', async () => {
    const edit = new Edit();
    await edit.show(NEW.slice(0, 2), 'streaming');
    edit.editor.change([change(0, 9, 0, 9, '\nimport re')]);
    await edit.show(NEW);
    expect(edit.surface.region.start).toBe(3);
    await edit.reject();
    expect(edit.editor.lines_).toEqual(['import os', 'import re', ...LINES.slice(1)]);
  });

  it('tries again when the user was faster, from what the text is then', async () => {
    const edit = new Edit();
    edit.editor.faster.push([[change(0, 0, 0, 0, '# mine\n')], TYPED]);
    const showing = edit.show(NEW);
    await edit.clock.advance(20);
    await showing;
    expect(edit.editor.lines_[0]).toBe('# mine');
    expect(picture(edit)[0]).toBe(' def f():');
  });

  it('takes over what is typed in a row that was added', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    edit.editor.change([change(5, 14, 5, 14, '  # see')]);
    expect(edit.rows[3]).toEqual({ kind: 'added', text: '    """One."""  # see' });
    await edit.accept();
    expect(edit.editor.lines_[3]).toBe('    """One."""  # see');
  });

  it('keeps lines that the user writes inside, whatever is decided', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    edit.editor.change([change(3, 9, 3, 9, '\n    b = 2')]);
    await edit.reject();
    expect(edit.editor.lines_.slice(2, 6)).toEqual([
      'def f():',
      '    a = 1',
      '    b = 2',
      '    return a',
    ]);
  });

  it('waits while nobody can see the document, and then shows the latest', async () => {
    const edit = new Edit();
    edit.editor.visible = false;
    await edit.show(NEW.slice(0, 2), 'streaming');
    await edit.show(NEW);
    expect(edit.editor.lines_).toEqual(LINES);
    edit.editor.visible = true;
    await edit.surface.sync();
    expect(edit.editor.lines_).toHaveLength(9);
    expect(edit.editor.writes).toHaveLength(1);
  });

  it('ends in a document that nobody can see', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    edit.editor.visible = false;
    edit.editor.change([change(6, 0, 6, 0, '#')]);
    await edit.reject();
    expect(edit.editor.text).not.toContain('One');
  });

  it('tells of an undo, and gives back the region as it was', async () => {
    const edit = new Edit();
    await edit.show(NEW.slice(0, 2), 'streaming');
    edit.editor.change([change(0, 9, 0, 9, '  # mine')]);
    await edit.show(NEW);
    edit.editor.undo();
    expect(edit.undone).toBe(1);
    await edit.surface.restore();
    expect(edit.editor.lines_.slice(1)).toEqual(LINES.slice(1));
  });

  it('fails when the editor never takes a change', async () => {
    const edit = new Edit();
    edit.editor.write = () => Promise.resolve(false);
    const showing = edit.show(NEW);
    const failed = expect(showing).rejects.toThrow('does not take changes');
    await edit.clock.advance(4000);
    await failed;
  });
});

describe('DocumentSurface and saving', () => {
  it('is out of the document while it is saved', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    await edit.surface.guard();
    expect(edit.editor.lines_).toEqual(LINES);
    await edit.surface.release();
    expect(picture(edit)).toHaveLength(5);
    await edit.reject();
    expect(edit.editor.lines_).toEqual(LINES);
  });

  it('saves what was accepted', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    edit.rows = acceptAll(edit.rows);
    await edit.surface.render(edit.rows, 'review');
    await edit.surface.guard();
    expect(edit.editor.lines_.slice(2, 5)).toEqual(NEW);
  });

  it('shows nothing that streams in while a save is under way', async () => {
    const edit = new Edit();
    await edit.show(NEW.slice(0, 2), 'streaming');
    await edit.surface.guard();
    await edit.show(NEW, 'streaming');
    expect(edit.editor.lines_).toEqual(LINES);
    await edit.surface.release();
    expect(edit.editor.text).toContain('    return 1');
  });

  it('takes over what a formatter did to the lines that were saved', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    await edit.surface.guard();
    edit.editor.change([change(3, 4, 3, 9, 'a: int = 1')], REMOTE);
    await edit.surface.release();
    expect(picture(edit)[1]).toBe('-    a: int = 1');
    await edit.reject();
    expect(edit.editor.lines_[3]).toBe('    a: int = 1');
  });

  it('undoes a formatter that came before the save and met the rows', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    const formatted = edit.editor.lines_.map((line) => (line === '' ? '' : `  ${line}`));
    edit.editor.change([change(0, 0, 8, 3, formatted.join('\n'))], REMOTE);
    await edit.surface.guard();
    expect(edit.editor.lines_).toEqual(LINES);
    await edit.surface.release();
    expect(picture(edit)).toHaveLength(5);
    await edit.reject();
    expect(edit.editor.lines_).toEqual(LINES);
  });

  it('keeps what was no formatter but a rename, when no save follows', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    const renamed = [change(2, 4, 2, 5, 'g'), change(8, 0, 8, 1, 'g')];
    edit.editor.change(renamed, REMOTE);
    await edit.clock.advance(2000);
    await edit.reject();
    expect(edit.editor.lines_).toEqual(LINES.map((line) => line.replace('f(', 'g(')));
  });

  it('keeps what was typed after a formatter', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    edit.editor.change([change(3, 0, 3, 4, '  ')], REMOTE);
    edit.editor.change([change(0, 9, 0, 9, '  # mine')]);
    await edit.surface.guard();
    expect(edit.editor.lines_[0]).toBe('import os  # mine');
    expect(edit.editor.lines_[3]).toBe('  a = 1');
  });

  it('touches the document without changing it, only while there is something to hide', async () => {
    const edit = new Edit();
    await edit.surface.touch();
    expect(edit.editor.touches).toBe(0);
    await edit.show(NEW);
    const { text } = edit.editor;
    await edit.surface.touch();
    expect(edit.editor.touches).toBe(1);
    expect(edit.editor.text).toBe(text);
    const writes = edit.editor.writes.length;
    await edit.reject();
    expect(edit.editor.lines_).toEqual(LINES);
    expect(edit.editor.writes).toHaveLength(writes);
  });

  it('shows the edit again when a save is given up before the document was ready', async () => {
    const edit = new Edit();
    await edit.show(NEW);
    const guarding = edit.surface.guard();
    await edit.surface.release();
    await guarding;
    await settle();
    expect(picture(edit)).toHaveLength(5);
    await edit.reject();
    expect(edit.editor.lines_).toEqual(LINES);
  });
});

const line = fc.stringMatching(/^[ab]{0,2}$/);

type Act =
  | { readonly kind: 'show'; readonly lines: readonly string[] }
  | { readonly kind: 'outside'; readonly above: boolean; readonly text: string }
  | { readonly kind: 'inside'; readonly at: number; readonly text: string }
  | { readonly kind: 'save' | 'hide' | 'reveal' | 'touch' };

const acts = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('show' as const), lines: fc.array(line, { maxLength: 6 }) }),
    fc.record({
      kind: fc.constant('outside' as const),
      above: fc.boolean(),
      text: fc.constantFrom('x', '\n', 'x\ny'),
    }),
    fc.record({ kind: fc.constantFrom('save' as const, 'hide', 'reveal', 'touch') }),
  ),
  { maxLength: 10 },
);

async function act(edit: Edit, { editor, surface }: Edit, one: Act): Promise<void> {
  switch (one.kind) {
    case 'show':
      await edit.show(one.lines, 'streaming');
      return;
    case 'outside': {
      const at = one.above ? 0 : editor.lines_.length - 1;
      const column = one.above ? 0 : editor.lines_[at]!.length;
      const race = [change(at, column, at, column, one.text)];
      editor.change(race);
      return;
    }
    case 'inside': {
      const { start, count } = surface.region;
      const at = start + (one.at % Math.max(count, 1));
      if (count > 0) {
        editor.change([change(at, 0, at, 0, one.text)]);
      }
      return;
    }
    case 'save':
      await surface.guard();
      expect(editor.lines_.slice(surface.region.start).slice(0, surface.region.count)).toEqual(
        originalOf(edit.rows),
      );
      await surface.release();
      return;
    case 'touch':
      await surface.touch();
      return;
    default:
      editor.visible = one.kind === 'reveal';
      await surface.sync();
  }
}

describe('DocumentSurface, whatever happens', () => {
  const scene = fc.record({
    above: fc.array(line, { minLength: 1, maxLength: 3 }),
    region: fc.array(line, { minLength: 1, maxLength: 5 }),
    below: fc.array(line, { minLength: 1, maxLength: 3 }),
    acts,
  });

  it('gives back exactly the text around with the region as it was', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ above, region, below, acts: all }) => {
        const lines = [...above, ...region, ...below];
        const edit = new Edit(lines, { start: above.length, count: region.length });
        const twin = new FakeEditor(lines);
        for (const one of all) {
          await act(edit, edit, one);
          if (one.kind === 'outside') {
            const at = one.above ? 0 : twin.lines_.length - 1;
            const column = one.above ? 0 : twin.lines_[at]!.length;
            twin.change([change(at, column, at, column, one.text)]);
          }
        }
        await edit.reject();
        expect(edit.editor.text).toBe(twin.text);
      }),
      { numRuns: 500 },
    );
  });

  it('becomes exactly the rows that are accepted, typing inside included', async () => {
    const inside = fc.record({
      kind: fc.constant('inside' as const),
      at: fc.nat(9),
      text: fc.constantFrom('x', '\n', 'x\ny'),
    });
    const mixed = fc.array(
      fc.oneof(
        inside,
        acts.map((some) => some[0]),
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(scene, mixed, async ({ above, region, below }, all) => {
        const lines = [...above, ...region, ...below];
        const edit = new Edit(lines, { start: above.length, count: region.length });
        for (const one of all) {
          if (one) {
            await act(edit, edit, one);
          }
        }
        edit.editor.visible = true;
        await edit.surface.sync();
        const { start, count } = edit.surface.region;
        expect(edit.editor.lines_.slice(start, start + count)).toEqual(
          edit.rows.map((row) => row.text),
        );
        const result = resultOf(edit.rows);
        await edit.accept();
        expect(edit.editor.lines_.slice(start, start + result.length)).toEqual(result);
      }),
      { numRuns: 500 },
    );
  });
});
