import { expect, test } from 'vitest';
import { reportText } from '../../src/core/report.js';

const PARTS = {
  facts: { extension: '0.1.0', engine: 'vllm 0.33.0 (cpu)' },
  settings: { serverUrl: 'https://me:secret@host' },
  sections: [{ title: 'Connection', lines: ['state: ready'] }],
  log: ['info activated in 3 ms', 'warn see /home/maria/x with Bearer abcdefgh1234'],
};

test('has what a maintainer needs', () => {
  const text = reportText(PARTS, {});
  expect(text).toContain('- engine: vllm 0.33.0 (cpu)');
  expect(text).toContain('## Connection\n\n```text\nstate: ready\n```');
  expect(text).toContain('activated in 3 ms');
});

test('has nothing personal', () => {
  const text = reportText(PARTS, { secrets: ['0.33.0'] });
  for (const secret of ['secret@', 'maria', 'abcdefgh1234', '0.33.0']) {
    expect(text).not.toContain(secret);
  }
});

test('a fence in a line does not end the block', () => {
  const text = reportText({ ...PARTS, log: ['```', '````'] }, {});
  expect(text).toContain('`````text\n```\n````\n`````');
});

test('says where there is nothing', () => {
  expect(reportText({ ...PARTS, log: [] }, {})).toContain('(nothing)');
});
