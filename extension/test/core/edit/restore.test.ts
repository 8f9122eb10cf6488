import { describe, expect, it } from 'vitest';
import { restoreBy, touchAfter } from '../../../src/core/edit/restore.js';

describe('restoreBy', () => {
  const alone = { rendered: true, disturbed: false, accepted: false, focused: true };

  it('undoes an edit that was alone', () => {
    expect(restoreBy(alone)).toBe('undo');
  });

  it('has nothing to do where nothing was shown', () => {
    expect(restoreBy({ ...alone, rendered: false })).toBe('nothing');
  });

  it.each(['disturbed', 'accepted'] as const)('takes out only its own lines: %s', (trace) => {
    expect(restoreBy({ ...alone, [trace]: true })).toBe('edits');
  });

  it('never undoes in another editor', () => {
    expect(restoreBy({ ...alone, focused: false })).toBe('edits');
  });
});

describe('touchAfter', () => {
  it('comes before the automatic save', () => {
    expect(touchAfter('afterDelay', 1000)).toBe(850);
    expect(touchAfter('afterDelay', 100)).toBe(50);
    expect(touchAfter('afterDelay', 600_000)).toBe(30_000);
  });

  it('leaves documents alone that are not saved by a timer', () => {
    expect(touchAfter('off', 1000)).toBeUndefined();
    expect(touchAfter('onFocusChange', 1000)).toBeUndefined();
    expect(touchAfter(undefined, undefined)).toBeUndefined();
  });

  it('does not race with a timer that it cannot outrun', () => {
    expect(touchAfter('afterDelay', 10)).toBeUndefined();
  });
});
