import { expect, test } from 'vitest';
import { createActivity } from '../../src/host/activity.js';

test('what began last is shown, until it ends', () => {
  const activity = createActivity();
  const shown: (string | undefined)[] = [];
  activity.onDidChange(() => shown.push(activity.current));
  const edit = activity.begin('editing');
  edit.update('12 tok/s');
  edit.update('12 tok/s');
  const other = activity.begin('asking');
  other.end();
  other.end();
  other.update('too late');
  edit.end();
  expect(shown).toEqual(['editing', '12 tok/s', 'asking', '12 tok/s', undefined]);
});
