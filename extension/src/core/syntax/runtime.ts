import type { Language, Parser } from '@vscode/tree-sitter-wasm';

/** Gives the bytes of a file in the folder of grammars; it may reject. */
export type LoadWasm = (name: string) => Promise<Uint8Array>;

/** The parts of tree-sitter's runtime that are used. */
interface Runtime {
  readonly Parser: {
    new (): Parser;
    init(options: { wasmBinary: Uint8Array }): Promise<void>;
  };
  readonly Language: { load(bytes: Uint8Array): Promise<Language> };
}

/** A language that can be parsed. */
export interface Grammar {
  /** Makes a parser; who asks for it deletes it. */
  newParser(): Parser;
}

/** Loads the runtime and the grammars, each when it is first wanted and then never again. */
export class Grammars {
  readonly #load: LoadWasm;
  readonly #wanted = new Map<string, Promise<Grammar>>();
  readonly #ready = new Map<string, Grammar>();
  #runtime: Promise<Runtime> | undefined;

  constructor(load: LoadWasm) {
    this.#load = load;
  }

  /** Whether a grammar was asked for already, and so its failure reported. */
  has(file: string): boolean {
    return this.#wanted.has(file);
  }

  /** Returns a grammar that is loaded already. */
  ready(file: string): Grammar | undefined {
    return this.#ready.get(file);
  }

  /** Loads a grammar. A failure is kept too: a file that is not there will not come. */
  get(file: string): Promise<Grammar> {
    const wanted = this.#wanted.get(file) ?? this.#start(file);
    this.#wanted.set(file, wanted);
    return wanted;
  }

  async #start(file: string): Promise<Grammar> {
    this.#runtime ??= startRuntime(this.#load);
    const [runtime, bytes] = await Promise.all([this.#runtime, this.#load(file)]);
    const language = await runtime.Language.load(bytes);
    const grammar = { newParser: (): Parser => new runtime.Parser().setLanguage(language) };
    this.#ready.set(file, grammar);
    return grammar;
  }
}

/** The runtime's code is evaluated only here, so that starting the extension costs nothing. */
async function startRuntime(load: LoadWasm): Promise<Runtime> {
  const module: object = await import('@vscode/tree-sitter-wasm');
  // Node gives a CommonJS module's exports as `default`, a bundler also one by one.
  const runtime = ('default' in module ? module.default : module) as Runtime;
  await runtime.Parser.init({ wasmBinary: await load('tree-sitter.wasm') });
  return runtime;
}
