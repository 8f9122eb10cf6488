import * as vscode from 'vscode';
import type { Clock } from '../../../core/clock.js';
import { declarationLine } from '../../../core/context/declarations.js';
import { definitionSnippet } from '../../../core/context/definition.js';
import type { PlacedIdentifier } from '../../../core/context/identifiers.js';
import { importsOf } from '../../../core/context/imports.js';
import { afterChange, bottomUp } from '../../../core/context/lines.js';
import type { Snippet } from '../../../core/context/types.js';
import { telling, wantedNames } from '../../../core/context/wanted.js';
import { openFiles, type ContextFiles, type ReadFile } from '../files.js';
import { definitionsAt, extentOf, outlineOf, type DefinitionPlace } from '../locations.js';
import type { ContextProvider, ContextQuestion } from '../provider.js';
import type { LineChanges } from '../trail.js';

/** Questions that a language server gets at a time. */
const AT_ONCE = 4;
/** How long an answer is used, and how long none is believed, in milliseconds. */
const FOUND_FOR = 120_000;
const NOT_FOUND_FOR = 10_000;
/** Identifiers remembered, of all documents together. */
const CAPACITY = 400;
/** Definitions of longer blocks are shown by their outline. */
const LONG = 24;
const MOST_FILES = 20;

/** What was found out about an identifier of a document. */
interface Known {
  readonly places: readonly DefinitionPlace[];
  readonly until: number;
  /** While it is being asked for; nothing is known yet then. */
  readonly asking?: Promise<unknown>;
}

/**
 * The definitions of what is named near the cursor, from the language server; where there is none,
 * from the declarations in the files that are imported or open.
 */
export class Definitions implements ContextProvider {
  readonly source = 'definitions';
  readonly #files: ContextFiles;
  readonly #clock: Clock;
  /** By document and name. */
  readonly #known = new Map<string, Known>();
  /** Languages for which a server has answered. */
  readonly #served = new Set<string>();

  constructor(files: ContextFiles, clock: Clock) {
    this.#files = files;
    this.#clock = clock;
  }

  hasNews(document: vscode.TextDocument, position: vscode.Position): boolean {
    const { text } = document.lineAt(position.line);
    return telling(text, position).some(({ name }) => !this.#recall(document, name));
  }

  async gather(question: ContextQuestion, signal: AbortSignal): Promise<readonly Snippet[]> {
    const wanted = wantedNames({ ...question, language: question.document.languageId });
    await this.#lookUp(question, wanted, signal);
    const snippets = await Promise.all(
      wanted.map(async ({ name, weight }) => {
        const places = this.#recall(question.document, name)?.places ?? [];
        return Promise.all(places.slice(0, 2).map((place) => this.#show(place, weight)));
      }),
    );
    return snippets.flat().filter((snippet) => snippet !== undefined);
  }

  /** Moves what is known with a document's text, and forgets what was changed. */
  changed({ uri, changes }: LineChanges): void {
    const ordered = bottomUp(changes);
    for (const [key, known] of this.#known) {
      if (known.places.some((place) => place.uri.toString() === uri)) {
        const places = known.places.map((place) => moved(place, uri, ordered));
        if (places.includes(undefined)) {
          this.#known.delete(key);
        } else {
          const left = places.filter((place) => place !== undefined);
          this.#known.set(key, { ...known, places: left });
        }
      }
    }
  }

  #recall(document: vscode.TextDocument, name: string): Known | undefined {
    const known = this.#known.get(keyOf(document, name));
    return known && known.until > this.#clock.now() ? known : undefined;
  }

  /** Asks for what is not known, a few at a time, and waits also for what others have asked. */
  async #lookUp(
    question: ContextQuestion,
    wanted: readonly PlacedIdentifier[],
    signal: AbortSignal,
  ): Promise<void> {
    const { document } = question;
    const { version } = document;
    const queue = wanted.filter(({ name }) => !this.#recall(document, name));
    const until = this.#clock.now() + NOT_FOUND_FOR;
    const asked = queue.map(({ name }) => keyOf(document, name));
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        // Positions are those of the text that was asked about.
        if (!signal.aborted && document.version === version) {
          const places = await this.#find(question, next);
          const life = places.length > 0 ? FOUND_FOR : NOT_FOUND_FOR;
          this.#remember(keyOf(document, next.name), { places, until: this.#clock.now() + life });
        }
      }
    };
    const done = Promise.all(Array.from({ length: AT_ONCE }, work)).finally(() => {
      asked
        .filter((key) => this.#known.get(key)?.asking !== undefined)
        .forEach((key) => this.#known.delete(key));
    });
    asked.forEach((key) => this.#remember(key, { places: [], until, asking: done }));
    for (const { name } of wanted) {
      await this.#recall(document, name)?.asking;
    }
  }

  async #find(
    question: ContextQuestion,
    identifier: PlacedIdentifier,
  ): Promise<readonly DefinitionPlace[]> {
    const { position } = identifier;
    const { uri, languageId } = question.document;
    const at = new vscode.Position(position.line, position.character);
    const found = await definitionsAt(uri, at);
    if (found.length > 0) {
      this.#served.add(languageId);
      const own = uri.toString();
      return found.filter((place) => place.uri.toString() !== own || place.line !== position.line);
    }
    return this.#served.has(languageId) ? [] : this.#declared(question, identifier);
  }

  /** Looks for a declaration in the files that are imported, then in those that are open. */
  async #declared(
    { document, lines }: ContextQuestion,
    { name, isMember }: PlacedIdentifier,
  ): Promise<readonly DefinitionPlace[]> {
    for await (const [uri, file] of this.#likelyFiles(document, lines, isMember)) {
      const line = declarationLine(file.lines, name);
      if (line !== undefined) {
        return [{ uri, line }];
      }
    }
    return [];
  }

  async *#likelyFiles(
    document: vscode.TextDocument,
    lines: readonly string[],
    onlyImported: boolean,
  ): AsyncGenerator<readonly [vscode.Uri, ReadFile]> {
    const folder = vscode.workspace.getWorkspaceFolder(document.uri);
    const imports = folder
      ? importsOf(lines, document.languageId, this.#files.path(document.uri)).slice(0, MOST_FILES)
      : [];
    for (const candidates of imports) {
      for (const path of folder ? candidates : []) {
        const uri = vscode.Uri.joinPath(folder?.uri ?? document.uri, path);
        const file = await this.#files.read(uri);
        if (file) {
          yield [uri, file];
          break;
        }
      }
    }
    for (const uri of onlyImported ? [] : openFiles().slice(0, MOST_FILES)) {
      const file =
        uri.toString() === document.uri.toString() ? undefined : await this.#files.read(uri);
      if (file) {
        yield [uri, file];
      }
    }
  }

  async #show(place: DefinitionPlace, weight: number): Promise<Snippet | undefined> {
    const file = await this.#files.read(place.uri);
    if (!file || place.line >= file.lines.length) {
      return undefined;
    }
    const guess = extentOf(file.lines, place, []);
    const isLong = guess.lines.end - guess.lines.start > LONG;
    const outline = isLong ? await outlineOf(place.uri) : [];
    const { lines, members } = extentOf(file.lines, place, outline);
    return definitionSnippet(file, lines, weight, members);
  }

  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of [...this.#known.keys()].slice(0, -CAPACITY)) {
      this.#known.delete(oldest);
    }
  }
}

function keyOf(document: vscode.TextDocument, name: string): string {
  return `${document.uri.toString()} ${name}`;
}

function moved(
  place: DefinitionPlace,
  uri: string,
  changes: Parameters<typeof bottomUp>[0],
): DefinitionPlace | undefined {
  if (place.uri.toString() !== uri) {
    return place;
  }
  let lines = place.lines ?? { start: place.line, end: place.line + 1 };
  let by = 0;
  for (const change of changes) {
    const after = afterChange(lines, change);
    if (after.touched) {
      return undefined;
    }
    by += after.lines.start - lines.start;
    lines = after.lines;
  }
  return { ...place, line: place.line + by, ...(place.lines ? { lines } : {}) };
}
