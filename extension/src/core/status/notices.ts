/** Which states deserve a word to the user, and that each is told once. Pure. */

import { canStart, type ConnectionState } from '../server/state.js';

export type NoticeAction = 'start' | 'set-key' | 'choose-model' | 'open-address' | 'show-log';

export interface Notice {
  readonly severity: 'information' | 'warning';
  readonly actions: readonly NoticeAction[];
}

/** What to tell about a state; nothing where the status bar says enough. */
export function noticeOf(state: ConnectionState): Notice | undefined {
  switch (state.kind) {
    case 'unreachable':
      return canStart(state)
        ? { severity: 'information', actions: ['start', 'open-address'] }
        : { severity: 'warning', actions: ['open-address', 'show-log'] };
    case 'unauthorized':
      return { severity: 'warning', actions: ['set-key'] };
    case 'wrong-model':
      return { severity: 'warning', actions: ['choose-model'] };
    case 'failed':
      return { severity: 'warning', actions: ['show-log'] };
    case 'foreign':
      return { severity: 'warning', actions: ['open-address'] };
    default:
      return undefined;
  }
}

/** Remembers what was told. */
export class Told {
  readonly #told = new Set<string>();

  /** Returns whether a state is to be told now, and takes it as told. */
  isNew(state: ConnectionState): boolean {
    const identity = identityOf(state);
    const isNew = !this.#told.has(identity);
    this.#told.add(identity);
    return isNew;
  }
}

/** What makes two states the same to a user; not the wording of a failure or who is loading. */
function identityOf(state: ConnectionState): string {
  switch (state.kind) {
    case 'unreachable':
      return `${state.kind} ${state.url} ${state.reason}`;
    case 'unauthorized':
      return `${state.kind} ${state.keySet}`;
    case 'wrong-model':
      return `${state.kind} ${state.role} ${state.wanted}`;
    default:
      return state.kind;
  }
}
