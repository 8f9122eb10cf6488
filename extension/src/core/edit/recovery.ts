/**
 * Gets a file back after the editor ended in the middle of an edit. Editors keep unsaved text and
 * show it again at the next start, half an edit included; but nobody knows then what it was.
 *
 * While an edit shows, lines are only added to the region. So it is enough to remember where the
 * region is and what it was, not every state that the document went through.
 */

import type { Region } from './region.js';
import type { Splice } from './rows.js';

/** What is remembered of a document in which an edit shows; JSON. */
export interface RecoveryRecord {
  readonly uri: string;
  /** Lines above and below the region, and what they say. */
  readonly above: number;
  readonly aboveHash: string;
  readonly below: number;
  readonly belowHash: string;
  /** The region without the edit. */
  readonly original: readonly string[];
}

/** Returns what to remember of a document's lines. */
export function recordOf(
  uri: string,
  lines: readonly string[],
  region: Region,
  original: readonly string[],
): RecoveryRecord {
  const end = region.start + region.count;
  return {
    uri,
    above: region.start,
    aboveHash: hashOf(lines.slice(0, region.start)),
    below: lines.length - end,
    belowHash: hashOf(lines.slice(end)),
    original,
  };
}

/** What to do with a document so that it is without the edit again. */
export interface Recovery {
  readonly region: Region;
  readonly splices: readonly Splice[];
}

/**
 * Returns how to take a remembered edit out of a document, or undefined when there is nothing of it
 * in there, or the document has become another one: then it is better left alone.
 */
export function recoveryOf(record: RecoveryRecord, lines: readonly string[]): Recovery | undefined {
  const end = lines.length - record.below;
  const count = end - record.above;
  if (count <= record.original.length) {
    return undefined;
  }
  if (
    hashOf(lines.slice(0, record.above)) !== record.aboveHash ||
    hashOf(lines.slice(end)) !== record.belowHash
  ) {
    return undefined;
  }
  const shown = lines.slice(record.above, end);
  return holdsInOrder(shown, record.original)
    ? {
        region: { start: record.above, count },
        splices: [{ start: 0, remove: count, insert: record.original }],
      }
    : undefined;
}

function holdsInOrder(lines: readonly string[], wanted: readonly string[]): boolean {
  let found = 0;
  for (const line of lines) {
    if (line === wanted[found]) {
      found++;
    }
  }
  return found >= wanted.length;
}

/** Two 32-bit FNV-1a sums with different starts, over lines and their ends. */
function hashOf(lines: readonly string[]): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  const add = (unit: number): void => {
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
  };
  for (const line of lines) {
    for (let index = 0; index < line.length; index++) {
      add(line.charCodeAt(index));
    }
    add(10);
  }
  return `${lines.length}-${(a >>> 0).toString(36)}-${(b >>> 0).toString(36)}`;
}
