/**
 * A certificate authority of our own and a server certificate from it, made anew for each run, so
 * that no key lies in the repository and no certificate runs out. X.509 in DER, as RFC 5280 has it.
 */

import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface Authority {
  /** The authority's certificate, in PEM. */
  readonly certificate: string;
  /** A key and a certificate for 127.0.0.1 and localhost, in PEM. */
  readonly server: { readonly key: string; readonly cert: string };
}

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT = 0x06;
const UTF8 = 0x0c;
const UTC_TIME = 0x17;
const BOOLEAN = 0x01;

const ECDSA_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const COMMON_NAME = [0x55, 0x04, 0x03];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const ALTERNATIVE_NAMES = [0x55, 0x1d, 0x11];
const DAY_MS = 86_400_000;

/** Makes an authority and a server certificate that are valid today. */
export function makeAuthority(): Authority {
  const root = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const isAuthority = extension(BASIC_CONSTRAINTS, der(SEQUENCE, der(BOOLEAN, Buffer.of(0xff))));
  const names = extension(
    ALTERNATIVE_NAMES,
    der(SEQUENCE, der(0x82, Buffer.from('localhost')), der(0x87, Buffer.of(127, 0, 0, 1))),
  );
  const issuer = 'Test Authority';
  return {
    certificate: certificate(issuer, issuer, root.publicKey, root.privateKey, isAuthority),
    server: {
      key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      cert: certificate('localhost', issuer, server.publicKey, root.privateKey, names),
    },
  };
}

function certificate(
  subject: string,
  issuer: string,
  publicKey: KeyObject,
  signer: KeyObject,
  extensions: Buffer,
): string {
  const algorithm = der(SEQUENCE, der(OBJECT, Buffer.from(ECDSA_SHA256)));
  const now = Date.now();
  const content = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.of(2))),
    der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    name(issuer),
    der(SEQUENCE, time(now - DAY_MS), time(now + DAY_MS)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, extensions)),
  );
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', content, signer)]);
  const whole = der(SEQUENCE, content, algorithm, der(BIT_STRING, signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function name(text: string): Buffer {
  const attribute = der(
    SEQUENCE,
    der(OBJECT, Buffer.from(COMMON_NAME)),
    der(UTF8, Buffer.from(text)),
  );
  return der(SEQUENCE, der(SET, attribute));
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return der(SEQUENCE, der(OBJECT, Buffer.from(id)), der(OCTET_STRING, value));
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(UTC_TIME, Buffer.from(`${digits}Z`));
}

/** A value with its tag and length. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) {
    return Buffer.concat([Buffer.of(tag, length), content]);
  }
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...bytes), content]);
}
