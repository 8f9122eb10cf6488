import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact } from '../../src/core/redaction.js';

describe('what is taken out', () => {
  test.each([
    ['authorization: Bearer sk-abcdefgh12345', 'abcdefgh12345'],
    ['{"Authorization":"Bearer abcdef.ghijkl"}', 'ghijkl'],
    ['proxy-authorization: Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
    ['http.proxy = http://me:pass@word@proxy:3128', 'pass'],
    ['https://token@host/path', 'token@'],
    ['AICOCKPIT_SERVER__API_KEY=abc', '=abc'],
    ['"aicockpit.apiKey": "correct horse"', 'horse'],
    ["password: 'two words'", 'words'],
    ['aicockpit serve --api-key s3cr3t-abc --port 8000', 's3cr3t'],
    ["aicockpit serve --hf-token 'two words'", 'words'],
    ["['serve', '--api-key', 's3cr3t-abc']", 's3cr3t'],
    ['["serve","--api-key","s3cr3t-abc"]', 's3cr3t'],
    ['HF_TOKEN=abcdefgh1234', 'abcdefgh'],
    ['$env:HF_TOKEN = "abcdefgh1234"', 'abcdefgh'],
    ['hfToken: abcdefgh1234', 'abcdefgh'],
    ['"x-auth-token": "abcdefgh1234"', 'abcdefgh'],
    ['body="{\\"token\\": \\"correct horse\\"}"', 'horse'],
    ['"token": "a \\" horse"', 'horse'],
    ['"token": "correct horse', 'horse'],
    ['https://host/path?token=abcdefgh1234&a=b', 'abcdefgh'],
    ['https://host/callback?state=1&code=abcdefgh1234', 'abcdefgh'],
    ['https://host/callback?code=1&id_token=abcdefgh1234', 'abcdefgh'],
    ['https://host/callback#access_token=abcdefgh1234', 'abcdefgh'],
    ['https://host/models?key=abcdefgh1234', 'abcdefgh'],
    ['https://host/models?a=b&amp;key=abcdefgh1234', 'abcdefgh'],
    ['https://host/blob?sv=2024&sig=abcd%2Fefgh%3D', 'abcd'],
    ['https://host/blob?X-Amz-Signature=abcdefgh1234', 'abcdefgh'],
    ['key sk-proj_ABCDEFGH-1234 here', 'ABCDEFGH'],
    ['hf_abcdefghijklmnop', 'abcdefgh'],
    ['github_pat_11ABCDEFG0abcdefgh', '11ABCDEFG0'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def', 'eyJzdWIiOiIxIn0'],
    ['/home/maria/project/a.py', 'maria'],
    ['/Users/maria/project', 'maria'],
    ['C:\\Users\\Maria\\project', 'Maria'],
    ['"C:\\\\Users\\\\Maria\\\\project"', 'Maria'],
    ['file:///c:/Users/Maria/project', 'Maria'],
  ])('%s', (text, secret) => {
    expect(redact(text)).not.toContain(secret);
  });

  test('exact secrets and the home folder in all its spellings', () => {
    const places = { home: 'D:\\People\\Maria K', secrets: ['plain words'] };
    const text =
      'plain words D:\\People\\Maria K\\a D:\\\\People\\\\Maria K D:/People/Maria K/b file:///D:/People/Maria%20K/c';
    const result = redact(text, places);
    expect(result).not.toContain('Maria');
    expect(result).not.toContain('plain words');
    expect(result).toContain('~\\a');
  });
});

test('what stands around a secret stays', () => {
  expect(redact('aicockpit serve --api-key s3cr3t --port 8000')).toBe(
    'aicockpit serve --api-key [hidden] --port 8000',
  );
  expect(redact('https://host/callback?state=1&code=s3cr3t&a=b#top')).toBe(
    'https://host/callback?state=1&code=[hidden]&a=b#top',
  );
});

test.each([
  'activated in 12 ms',
  'connection state="ready" before="connecting"',
  'http://127.0.0.1:8000/v1/models status=503 code="model_loading"',
  'model="Qwen/Qwen2.5-Coder-7B-Instruct" tokens=128 firstTextMs=42',
  'tokens=128 max_tokens: 64 "max_tokens": 64 promptTokens=87 cachedTokens=0',
  'aicockpit serve --max-tokens 64 --tokenizer fast --api-key --port 8000',
  'http://host/v1?max_tokens=64&state=ready a completion failed code="html_page" key=3 sig=2',
  'see src/host/log.ts:12:3 and mail maria@example.org',
])('what a maintainer needs stays: %s', (text) => {
  expect(redact(text)).toBe(text);
});

const wordy = (alphabet: string, min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet.split(/(?:)/u)), minLength: min, maxLength: max });
const SECRET = wordy('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', 12, 40);
const NOISE = fc.string({ maxLength: 40 });
/** Ends the noise, as white space would in a log. */
const around = (before: string, text: string, after: string) => `${before} ${text} ${after}`;

describe('no secret survives, whatever stands around it', () => {
  test.each<[string, (secret: string) => string]>([
    ['a key by its beginning', (secret) => `sk-${secret}`],
    ['a bearer token', (secret) => `Bearer ${secret}`],
    ['a lower-case bearer token', (secret) => `bearer ${secret}`],
    ['a password in a URL', (secret) => `https://user:${secret}@host:1/path`],
    ['a user in a URL', (secret) => `http://${secret}@host`],
    ['a named value', (secret) => `api_key=${secret}`],
    ['the value of an option', (secret) => `--api-key ${secret}`],
    ['a named token', (secret) => `HF_TOKEN=${secret}`],
    ['a token in a link', (secret) => `https://host/?a=b&id_token=${secret}#top`],
    ['a JSON value', (secret) => `"apiKey": "${secret}"`],
    ['a home folder', (secret) => `/home/${secret}/x`],
    ['a Windows home folder', (secret) => `C:\\Users\\${secret}\\x`],
  ])('%s', (_, write) => {
    fc.assert(
      fc.property(SECRET, NOISE, NOISE, (secret, before, after) => {
        fc.pre(!before.includes(secret) && !after.includes(secret));
        expect(redact(around(before, write(secret), after))).not.toContain(secret);
      }),
      { numRuns: 300 },
    );
  });

  test('a known secret of any shape', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), NOISE, NOISE, (secret, before, after) => {
        fc.pre(!'[hidden]~'.includes(secret));
        const result = redact(before + secret + after, { secrets: [secret] });
        expect(result.replaceAll('[hidden]', '')).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });

  test('doing it twice changes nothing more', () => {
    fc.assert(
      fc.property(NOISE, SECRET, NOISE, (before, secret, after) => {
        const once = redact(around(before, `Bearer ${secret} https://a:${secret}@b`, after));
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 300 },
    );
  });
});
