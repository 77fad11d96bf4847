// SPDX-License-Identifier: Apache-2.0
// Signs files in the format of minisign (https://jedisct1.github.io/minisign/) with Node's own
// cryptography: for the tests, the benchmarks and ./dev up, where no tool need be installed.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const SEED = Buffer.from('302e020100300506032b657004220420', 'hex'); // PKCS #8 before an Ed25519 seed
const KEY_ID = 8;

/** A key pair: key.public is the line for the configuration, key.secret is all of it as text. */
export function makeKey(secret) {
  const bytes = secret
    ? Buffer.from(secret, 'base64')
    : Buffer.concat([randomBytes(KEY_ID), seedOf(generateKeyPairSync('ed25519').privateKey)]);
  const id = bytes.subarray(0, KEY_ID);
  const privateKey = createPrivateKey({ key: Buffer.concat([SEED, bytes.subarray(KEY_ID)]), format: 'der', type: 'pkcs8' });
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url');
  return {
    id,
    name: Buffer.from(id).reverse().toString('hex').toUpperCase(),
    privateKey,
    public: Buffer.concat([Buffer.from('Ed'), id, raw]).toString('base64'),
    secret: bytes.toString('base64'),
  };
}

const seedOf = (privateKey) => Buffer.from(privateKey.export({ format: 'jwk' }).d, 'base64url');

/** The text of a signature file. legacy: over the bytes themselves, as minisign did before 0.8. */
export function signBytes(bytes, key, { legacy = false, comment = 'signed by a test' } = {}) {
  const message = legacy ? bytes : createHash('blake2b512').update(bytes).digest();
  const signature = sign(null, message, key.privateKey);
  const both = sign(null, Buffer.concat([signature, Buffer.from(comment)]), key.privateKey);
  const packed = Buffer.concat([Buffer.from(legacy ? 'Ed' : 'ED'), key.id, signature]);
  return [
    'untrusted comment: signature of a Medina plugin',
    packed.toString('base64'),
    `trusted comment: ${comment}`,
    both.toString('base64'),
    '',
  ].join('\n');
}

/** The agency that a plugin file says it is of; undefined when it says nothing. */
export function agencyOf(bytes) {
  return /"agency_id":\s*"([a-z0-9-]+)"/.exec(bytes.toString('latin1'))?.[1];
}
