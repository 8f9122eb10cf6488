/** What stands around a text that is to be inserted. */
export interface Surroundings {
  readonly prefix: string;
  readonly suffix: string;
  readonly language: string;
  readonly tabSize?: number;
}

/** Most lines to go from the cursor in search of the statement's start and end. */
const REACH = 300;

/** Returns the end of the prefix from the outermost statement that it stands in, at most. */
export function statementHead(prefix: string): string {
  let start = prefix.lastIndexOf('\n') + 1;
  for (let line = 0; start > 0 && line < REACH; line++) {
    const rest = prefix.slice(start, prefix.indexOf('\n', start) + 1 || undefined);
    if (/^[^\s)\]}]/.test(rest)) {
      break;
    }
    start = prefix.lastIndexOf('\n', start - 2) + 1;
  }
  return prefix.slice(start);
}

/** Returns the suffix up to where the next outermost statement begins, at most. */
export function statementTail(suffix: string): string {
  let end = suffix.indexOf('\n') + 1;
  for (let line = 0; end > 0 && line < REACH; line++) {
    if (/^[^\s)\]}]/.test(suffix.slice(end, end + 1))) {
      return suffix.slice(0, end);
    }
    end = suffix.indexOf('\n', end) + 1;
  }
  return suffix.slice(0, end || undefined);
}
