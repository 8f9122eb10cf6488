import * as vscode from 'vscode';
import { soundValue, type SettingSchema } from '../core/settings.js';

/**
 * Every setting below `aicockpit.` with its type. Defaults and bounds live in package.json only;
 * a test compares both.
 */
export const SETTING_TYPES = {
  enabled: 'boolean',
  serverUrl: 'string',
  startCommand: 'string',
  'models.completion': 'string',
  'models.edit': 'string',
  'completion.enabled': 'boolean',
  'completion.languages': 'object',
  'completion.multiline': 'string',
  'completion.maxTokens': 'integer',
  'completion.maxDelay': 'integer',
  'completion.prefetch': 'boolean',
  'completion.alternatives': 'integer',
  'context.sources': 'object',
  'context.timeLimit': 'integer',
  'context.maxCharacters': 'integer',
  'edit.ctrlK': 'boolean',
  'edit.ctrlI': 'boolean',
  'edit.format': 'string',
  'edit.surroundingLines': 'integer',
  'edit.maxTokens': 'integer',
  'terminal.ctrlK': 'boolean',
} as const;

export type SettingKey = keyof typeof SETTING_TYPES;

interface TypesByName {
  boolean: boolean;
  string: string;
  integer: number;
  object: Readonly<Record<string, boolean>>;
}

/** Settings whose values are fewer than their type allows. */
interface Narrower {
  'completion.multiline': 'auto' | 'never' | 'always';
  'edit.format': 'auto' | 'region' | 'blocks';
}

export type SettingValue<K extends SettingKey> = K extends keyof Narrower
  ? Narrower[K]
  : TypesByName[(typeof SETTING_TYPES)[K]];

/** Where a setting is looked up: a document's workspace folder and language count. */
export type SettingScope = vscode.TextDocument | vscode.Uri;

/** The user's settings, always of the declared type and within the declared bounds. */
export interface Settings {
  get<K extends SettingKey>(key: K, scope?: SettingScope): SettingValue<K>;
  /**
   * Writes where the value is set already, else to the user's settings. What would hold without
   * being written is taken out instead, so that no file is changed for nothing.
   */
  set<K extends SettingKey>(
    key: K,
    value: SettingValue<K>,
    target?: vscode.ConfigurationTarget,
  ): Promise<void>;
  /** The settings that differ from their defaults, by key. */
  changed(): Readonly<Record<string, unknown>>;
  /** Fires when any of the settings changes; `affects` says whether one of them did. */
  onDidChange(listener: (affects: (key: SettingKey) => boolean) => void): vscode.Disposable;
}

const SECTION = 'aicockpit';

/** The settings of the extension whose manifest is given. */
export function createSettings(extension: vscode.Extension<unknown>): Settings {
  return new EditorSettings(schemasOf(extension.packageJSON));
}

class EditorSettings implements Settings {
  readonly #schemas: ReadonlyMap<string, SettingSchema>;

  constructor(schemas: ReadonlyMap<string, SettingSchema>) {
    this.#schemas = schemas;
  }

  get<K extends SettingKey>(key: K, scope?: SettingScope): SettingValue<K> {
    const value = vscode.workspace.getConfiguration(SECTION, scope).get<unknown>(key);
    const schema = this.#schemas.get(key);
    return (schema ? soundValue(schema, value) : value) as SettingValue<K>;
  }

  async set<K extends SettingKey>(
    key: K,
    value: SettingValue<K>,
    target?: vscode.ConfigurationTarget,
  ): Promise<void> {
    const configuration = vscode.workspace.getConfiguration(SECTION);
    const found = configuration.inspect(key);
    const here = found?.workspaceValue !== undefined;
    const usual = here ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
    const place = target ?? usual;
    const inherited =
      place === vscode.ConfigurationTarget.Workspace
        ? (found?.globalValue ?? found?.defaultValue)
        : found?.defaultValue;
    const isInherited = JSON.stringify(inherited) === JSON.stringify(value);
    await configuration.update(key, isInherited ? undefined : value, place);
  }

  changed(): Readonly<Record<string, unknown>> {
    const configuration = vscode.workspace.getConfiguration(SECTION);
    return Object.fromEntries(
      Object.keys(SETTING_TYPES).flatMap((key) => {
        const found = configuration.inspect<unknown>(key);
        const values = [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue];
        const isSet = values.some((value) => value !== undefined);
        return isSet ? [[key, configuration.get<unknown>(key)]] : [];
      }),
    );
  }

  onDidChange(listener: (affects: (key: SettingKey) => boolean) => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SECTION)) {
        listener((key) => event.affectsConfiguration(`${SECTION}.${key}`));
      }
    });
  }
}

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Record<string, SettingSchema> }[];
  };
}

function schemasOf(manifest: unknown): ReadonlyMap<string, SettingSchema> {
  const groups = (manifest as Manifest).contributes.configuration;
  return new Map(
    groups.flatMap(({ properties }) =>
      Object.entries(properties).map(
        ([key, schema]) => [key.slice(SECTION.length + 1), schema] as const,
      ),
    ),
  );
}
