/**
 * An editor that does nothing, for measuring how long the extension takes to start: every function
 * of its module can be called and every event listened to. What features show and register goes
 * nowhere.
 */
import { readFileSync } from 'node:fs';
import * as values from '../test/support/vscode.js';

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly {
      readonly properties: Readonly<Record<string, { readonly default: unknown }>>;
    }[];
  };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const defaults = new Map(
  manifest.contributes.configuration.flatMap(({ properties }) =>
    Object.entries(properties).map(([name, property]) => [name, property.default] as const),
  ),
);

/** What the extension reported as an error. */
export const errors: string[] = [];

/** Something that is whatever one takes it for. */
function anything(): unknown {
  const members = new Map<string | symbol, unknown>();
  return new Proxy(() => undefined, {
    get: (_, key) => {
      if (key === 'then' || key === Symbol.iterator) {
        return undefined;
      }
      if (key === Symbol.toPrimitive) {
        return () => '';
      }
      if (!members.has(key)) {
        members.set(key, anything());
      }
      return members.get(key);
    },
    set: () => true,
    apply: () => anything(),
    construct: () => anything() as object,
  });
}

/** A namespace with some functions of its own. */
function namespace(own: Readonly<Record<string, unknown>>): unknown {
  const rest = anything() as Record<string | symbol, unknown>;
  return new Proxy(own, { get: (_, key) => (key in own ? own[key as string] : rest[key]) });
}

const configuration = (section = ''): unknown => ({
  get: (key: string) => defaults.get(`${section}.${key}`),
  inspect: () => undefined,
  has: () => true,
  update: () => Promise.resolve(),
});

const channel = namespace({ error: (text: unknown) => errors.push(String(text)) });

const spaces: Readonly<Record<string, unknown>> = {
  workspace: namespace({
    getConfiguration: configuration,
    textDocuments: [],
    workspaceFolders: undefined,
    notebookDocuments: [],
    isTrusted: true,
  }),
  window: namespace({
    createOutputChannel: () => channel,
    visibleTextEditors: [],
    activeTextEditor: undefined,
    tabGroups: namespace({ all: [] }),
  }),
  extensions: namespace({ getExtension: () => undefined }),
  env: namespace({ language: 'en', appName: 'stand-in', remoteName: undefined }),
};

/** The module: everything that its types declare, but for the types. */
export const editor: unknown = Object.fromEntries(
  Array.from(
    readFileSync('node_modules/@types/vscode/index.d.ts', 'utf8').matchAll(
      /export (?:class|enum|namespace|const|function) (\w+)/g,
    ),
    ([, name = '']) => [name, spaces[name] ?? valueOf(name)],
  ),
);

function valueOf(name: string): unknown {
  const value = (values as Record<string, unknown>)[name];
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return value === undefined || isEmpty ? anything() : value;
}

/** What an extension is activated with. */
export const context: unknown = namespace({
  subscriptions: [],
  extension: { packageJSON: manifest, extensionUri: anything() },
  globalState: namespace({ get: (_: string, usual: unknown) => usual }),
  workspaceState: namespace({ get: (_: string, usual: unknown) => usual }),
  secrets: namespace({ get: () => Promise.resolve(undefined) }),
});
