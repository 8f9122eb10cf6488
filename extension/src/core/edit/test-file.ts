/** Where the tests of a file are usually put. Pure. */

/** A file by its parts: folders with slashes between, name and extension without the dot. */
interface Place {
  readonly folder: string;
  readonly name: string;
  readonly extension: string;
}

type Convention = (place: Place) => string;

/** Beside the file, with a word behind its name. */
function beside(word: string): Convention {
  return ({ folder, name, extension }) => join(folder, `${name}${word}.${extension}`);
}

/** In a folder for tests at the top, below it as the file is below its sources. */
function below(top: string, nameOf: (name: string) => string, extension: string): Convention {
  return ({ folder, name }) => join(top, inSources(folder), `${nameOf(name)}.${extension}`);
}

/** As build tools for the JVM want it: `src/main/…` becomes `src/test/…`. */
const mirrored: Convention = ({ folder, name, extension }) =>
  join(folder.replace(/(^|\/)main(?=\/|$)/, '$1test'), `${name}Test.${extension}`);

const CONVENTIONS: ReadonlyMap<string, Convention> = new Map([
  ...['ts', 'tsx', 'js', 'jsx', 'mts', 'cts', 'mjs', 'cjs'].map(
    (extension) => [extension, beside('.test')] as const,
  ),
  ...['java', 'kt', 'scala', 'groovy'].map((extension) => [extension, mirrored] as const),
  ...['cc', 'cpp', 'cxx', 'hpp', 'hh'].map(
    (extension) => [extension, below('tests', (name) => `test_${name}`, 'cpp')] as const,
  ),
  ['c', below('tests', (name) => `test_${name}`, 'c')],
  ['h', below('tests', (name) => `test_${name}`, 'c')],
  ['py', below('tests', (name) => `test_${name}`, 'py')],
  ['go', beside('_test')],
  ['rs', below('tests', (name) => name, 'rs')],
  ['rb', below('spec', (name) => `${name}_spec`, 'rb')],
  ['lua', below('spec', (name) => `${name}_spec`, 'lua')],
  ['ex', below('test', (name) => `${name}_test`, 'exs')],
  ['dart', below('test', (name) => `${name}_test`, 'dart')],
  ['cs', below('tests', (name) => `${name}Tests`, 'cs')],
  ['php', below('tests', (name) => `${name}Test`, 'php')],
  ['swift', below('Tests', (name) => `${name}Tests`, 'swift')],
]);

/**
 * Returns the usual path of a file's tests, relative as the file's own path is.
 *
 * @param path relative to the workspace folder, with forward slashes.
 * @param attempt from 1; later ones give other names, for when the first is taken.
 */
export function testFileFor(path: string, attempt = 1): string {
  const slash = path.lastIndexOf('/');
  const file = path.slice(slash + 1);
  const dot = file.lastIndexOf('.');
  const place: Place = {
    folder: slash < 0 ? '' : path.slice(0, slash),
    name: dot > 0 ? file.slice(0, dot) : file,
    extension: dot > 0 ? file.slice(dot + 1) : 'txt',
  };
  const convention = CONVENTIONS.get(place.extension.toLowerCase()) ?? beside('_test');
  const usual = convention(place);
  const end = usual.indexOf('.', usual.lastIndexOf('/') + 1);
  return attempt === 1 ? usual : `${usual.slice(0, end)}_${attempt}${usual.slice(end)}`;
}

/** A path below the folder of the sources, without the name of the only package in it. */
function inSources(folder: string): string {
  return folder.replace(/^(?:src\/[^/]+|src|lib|app|Sources\/[^/]+)(?:\/|$)/, '');
}

function join(...parts: string[]): string {
  return parts.filter((part) => part !== '').join('/');
}
