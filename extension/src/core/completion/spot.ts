import type { CursorView } from './cursor.js';

/**
 * A place in a document, remembered without the document: enough of its surroundings to know it
 * again, and to tell what has been typed there since.
 */
export interface Spot {
  readonly uri: string;
  /** Characters before it. */
  readonly at: number;
  /** The text right before it, and the end of that, which is compared first. */
  readonly head: string;
  readonly tail: string;
  /** The text right after it. */
  readonly near: string;
}

/** What happened at a spot since it was remembered. */
export interface Since {
  readonly typed: string;
  /**
   * Whether the text after the cursor is as it was, but for closing brackets and quotes that the
   * editor has added for what was typed, or that were typed over.
   */
  readonly closersChanged: boolean;
}

const HEAD = 2_000;
const TAIL = 80;
const NEAR = 400;
/** Most characters that the editor closes, with a line break and indentation between. */
const LONGEST_CLOSING = 40;
const CLOSING = /^[\s)\]}"'`]*/;
const OPENERS = /[([{"'`]/g;
const CLOSERS = /[)\]}"'`]/g;

/** Remembers the place where the cursor is. */
export function spotOf(view: Pick<CursorView, 'uri' | 'prefix' | 'suffix'>): Spot {
  const at = view.prefix.length;
  const head = detached(view.prefix.slice(Math.max(0, at - HEAD)));
  return {
    uri: view.uri,
    at,
    head,
    tail: head.slice(-TAIL),
    near: detached(view.suffix.slice(0, NEAR)),
  };
}

/**
 * Returns what was typed at a spot to come to where the cursor is now; undefined when that is not
 * how one comes from there to here, or when the text right after has changed meanwhile.
 */
export function typedSince(
  spot: Spot,
  view: Pick<CursorView, 'uri' | 'prefix' | 'suffix'>,
): Since | undefined {
  if (
    view.uri !== spot.uri ||
    view.prefix.length < spot.at ||
    !view.prefix.startsWith(spot.tail, spot.at - spot.tail.length) ||
    !view.prefix.startsWith(spot.head, spot.at - spot.head.length)
  ) {
    return undefined;
  }
  const typed = view.prefix.slice(spot.at);
  const near = view.suffix.slice(0, NEAR);
  if (near === spot.near) {
    return { typed, closersChanged: false };
  }
  const explained =
    typed !== '' &&
    (closed(near, spot.near, typed, OPENERS) || closed(spot.near, near, typed, CLOSERS));
  return explained ? { typed, closersChanged: true } : undefined;
}

/** Whether `longer` is `shorter` with closers in front, at most as many as `typed` accounts for. */
function closed(longer: string, shorter: string, typed: string, account: RegExp): boolean {
  const most = Math.min(CLOSING.exec(longer)?.[0].length ?? 0, LONGEST_CLOSING);
  for (let length = 1; length <= most; length++) {
    const count = countOf(longer.slice(0, length), CLOSERS);
    if (count > 0 && count <= countOf(typed, account) && begins(longer.slice(length), shorter)) {
      return true;
    }
  }
  return false;
}

/** Whether two stretches that were both cut off somewhere are the same as far as they go. */
function begins(rest: string, whole: string): boolean {
  return whole.length < NEAR - LONGEST_CLOSING ? rest === whole : whole.startsWith(rest);
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** Copies a piece of text, which would otherwise keep the whole document in memory. */
function detached(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
