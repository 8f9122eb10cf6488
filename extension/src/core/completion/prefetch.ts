import type { CursorView } from './cursor.js';
import type { Served } from './tracker.js';

/** What has to be typed, or accepted, to come from a view to the one after it. */
export interface AsIfAccepted {
  readonly view: CursorView;
  readonly lead: string;
}

/** Returns the document as it will be when a candidate is accepted. */
export function asIfAccepted(served: Served): AsIfAccepted {
  const { view, candidate } = served;
  const { suggestion, ...place } = view;
  const lead = candidate.text.slice(suggestion?.text.length ?? 0);
  const replaced = candidate.replaceTo - (suggestion?.replaceTo ?? 0);
  return {
    view: {
      ...place,
      prefix: view.prefix + lead,
      suffix: view.suffix.slice(replaced),
      line: view.line + (lead.match(/\n/g)?.length ?? 0),
      offset: view.offset + lead.length,
    },
    lead,
  };
}
