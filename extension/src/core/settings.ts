/** What a setting may be, as the manifest declares it. */
export interface SettingSchema {
  readonly type: 'boolean' | 'string' | 'integer' | 'object';
  readonly default: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

/**
 * Returns the value if it is as declared, else the nearest that is: a number is brought within its
 * bounds, anything of another type becomes the default. A settings file can hold anything.
 */
export function soundValue(schema: SettingSchema, value: unknown): unknown {
  return soundOrUndefined(schema, value) ?? schema.default;
}

function soundOrUndefined(schema: SettingSchema, value: unknown): unknown {
  switch (schema.type) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'string':
      return typeof value === 'string' && (schema.enum?.includes(value) ?? true)
        ? value
        : undefined;
    case 'integer':
      return typeof value === 'number' && !Number.isNaN(value)
        ? withinBounds(schema, Math.round(value))
        : undefined;
    case 'object':
      return isObject(value) ? onlyBooleans(value) : undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withinBounds(schema: SettingSchema, value: number): number {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  return Math.min(Math.max(value, minimum), maximum);
}

function onlyBooleans(value: object): Record<string, boolean> {
  return Object.fromEntries(
    Object.entries(value).filter(
      (entry): entry is [string, boolean] => typeof entry[1] === 'boolean',
    ),
  );
}
