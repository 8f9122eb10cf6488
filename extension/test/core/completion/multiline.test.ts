import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import {
  decideLines,
  type LinesDecision,
  type LinesQuestion,
} from '../../../src/core/completion/multiline.js';
import { TreeStore } from '../../../src/core/syntax/trees.js';
import { loadGrammar } from '../../support/grammars.js';

type More = Partial<Omit<LinesQuestion, 'prefix' | 'suffix' | 'language'>>;

/** Decides at the `█` in a document. */
function decide(language: string, document: string, more: More = {}): LinesDecision {
  const [prefix = '', suffix = ''] = document.split('█');
  return decideLines({
    prefix,
    suffix,
    language,
    trigger: 'automatic',
    justAccepted: false,
    ...more,
  });
}

const CASES: readonly [string, string, LinesDecision['lines'], string][] = [
  ['python', 'x = █\n', 'single', 'in a statement'],
  ['python', 'x = foo(█)\n', 'single', 'inside brackets'],
  ['python', 'def mean(xs):█\n', 'multi', 'a block begins'],
  ['python', 'def mean(xs):█\n    return 1\n', 'single', 'the block has its body below'],
  ['python', 'def mean(xs):  # fast\n    █\n', 'multi', 'an empty body'],
  [
    'python',
    'def mean(xs):\n    █\n    return total\n',
    'single',
    'the block goes on in the next line',
  ],
  ['python', 'def mean(xs):\n    """Returns the mean."""\n    █\n', 'multi', 'below a docstring'],
  ['python', '    # add them up\n    █\n', 'multi', 'below a comment'],
  [
    'python',
    '    total = 0\n    █\n    return total\n',
    'single',
    'the block goes on in the next line',
  ],
  ['python', '    total = 0\n    █\n\n    return total\n', 'single', 'the block goes on below'],
  ['python', '    # add them up\n    █\n\n    return total\n', 'multi', 'below a comment'],
  [
    'python',
    '    for x in xs:\n        f(x)\n        █\n    return total\n',
    'multi',
    'an empty line',
  ],
  [
    'python',
    '    def a(self):\n        pass\n\n    █\n\n    def b(self):\n',
    'multi',
    'an empty line',
  ],
  ['typescript', 'if (a) {\n  b();\n  █\n}\n', 'multi', 'an empty line'],
  [
    'typescript',
    'if (a) {\n  b();\n  █\n  c();\n}\n',
    'single',
    'the block goes on in the next line',
  ],
  ['python', '█\n', 'multi', 'the file begins here'],
  ['python', '# compute the █\n', 'single', 'in a comment'],
  ['python', 'print("hello █")\n', 'single', 'in a string'],
  ['python', 'def f():\n    """Computes\n    the █\n', 'single', 'in a string'],
  ['python', 'x = [\n    1,█\n]\n', 'multi', 'inside an open bracket'],
  ['python', 'x = [█\n', 'multi', 'a block begins'],
  ['python', 'x = foo█(1)\n', 'single', 'text stands right of the cursor'],
  ['typescript', 'function f() {█}\n', 'multi', 'a block begins'],
  ['typescript', 'items.map((item) => █)\n', 'single', 'inside brackets'],
  ['typescript', 'const f = () =>█\n', 'multi', 'a block begins'],
  ['typescript', 'const a = 1;█\n', 'single', 'at the end of a statement'],
  ['typescript', '  /**\n   * Adds █\n   */\n', 'single', 'in a comment'],
  ['typescript', 'foo({ a: 1, █});\n', 'single', 'in a statement'],
  ['typescript', 'const a = {\n  b: 1,█\n};\n', 'multi', 'inside an open bracket'],
  ['typescript', '}█\n', 'single', 'at the end of a statement'],
  ['go', 'if err != nil {█\n', 'multi', 'a block begins'],
  ['rust', 'match x {\n    █\n}\n', 'multi', 'an empty body'],
  ['ruby', 'def mean(xs)█\n', 'multi', 'a block begins'],
  ['ruby', 'xs.each do |x|█\n', 'multi', 'a block begins'],
  ['ruby', 'return 1 if x█\n', 'single', 'in a statement'],
  ['shellscript', 'for f in *; do█\n', 'multi', 'a block begins'],
  ['yaml', 'steps:█\n', 'multi', 'a block begins'],
  ['markdown', 'The mean: █\n', 'single', 'prose'],
  ['css', 'a {█\n', 'multi', 'a block begins'],
];

describe('one line or several', () => {
  it.each(CASES)('%s: %j', (language, document, lines, reason) => {
    expect(decide(language, document)).toEqual({ lines, reason });
  });

  it('gives several when asked for by hand', () => {
    expect(decide('python', 'x = █\n', { trigger: 'manual' }).lines).toBe('multi');
  });

  it('never gives several when text stands to the right', () => {
    expect(decide('python', 'x = █ + 1\n', { trigger: 'manual' }).lines).toBe('single');
  });

  it('goes on with several after something was accepted', () => {
    expect(decide('python', 'x = 1█\n', { justAccepted: true }).lines).toBe('multi');
    expect(decide('python', 'f(x█)\n', { justAccepted: true }).lines).toBe('single');
  });
});

describe('with a tree', () => {
  const log = { debug: noop, info: noop, warn: noop, error: noop };
  const trees = new TreeStore({ loadWasm: loadGrammar, clock: systemClock, log });
  afterAll(() => trees.dispose());

  async function decided(language: string, document: string): Promise<LinesDecision> {
    const text = document.replace('█', '');
    const signal = new AbortController().signal;
    const syntax = await trees.parse({ uri: document, language, text }, signal);
    expect(syntax).toBeDefined();
    return decide(language, document, syntax ? { syntax } : {});
  }

  it('knows a comment that began far above', async () => {
    const document = `function f() {\n  /*\n${'  words\n'.repeat(400)}  more █\n  */\n}\n`;
    expect((await decided('typescript', document)).reason).toBe('in a comment');
  });

  it('knows code inside a string', async () => {
    expect((await decided('typescript', 'const a = `x ${items.map((b) => {█})}`;\n')).lines).toBe(
      'multi',
    );
  });

  it('knows a string of many lines', async () => {
    expect((await decided('python', 'x = """\nSELECT █\n"""\n')).reason).toBe('in a string');
  });
});

function noop(): void {
  // Nobody reads it.
}
