// SPDX-License-Identifier: Apache-2.0
// Bad requests, each with its problem+json: a stable type, and words in the caller's language.
import assert from 'node:assert/strict';
import { before, after, describe, test } from 'node:test';

import { MARIAM, WATER } from './city.mjs';
import { assertProblem, raw, uniqueKey, until, World } from './world.mjs';

let world;
before(async () => (world = await World.start()));
after(() => world.stop());

const BILLS = `/v1/${WATER}/bills`;
const CODE = '/v1/sign-in/code';

/** Parses what came over a raw connection as one reply. */
function parse(text) {
  const [head, ...rest] = text.split('\r\n\r\n');
  const [first, ...fields] = head.split('\r\n');
  const headers = Object.fromEntries(fields.map((one) => {
    const at = one.indexOf(':');
    return [one.slice(0, at).toLowerCase(), one.slice(at + 1).trim()];
  }));
  const body = rest.join('\r\n\r\n');
  return { status: Number(first.split(' ')[1]), headers, text: body, json: JSON.parse(body) };
}

const rawReply = async (bytes) => parse(await raw(world.port, bytes));
const post = (body, length = Buffer.byteLength(body)) =>
  `POST ${CODE} HTTP/1.1\r\nHost: c\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`;

describe('malformed HTTP', () => {
  const cases = [
    ['a method that nobody knows', 'BREW /v1/services HTTP/1.1\r\nHost: c\r\n\r\n', 501, 'not-implemented'],
    ['no Host', 'GET /v1/services HTTP/1.1\r\n\r\n', 400, 'bad-request'],
    ['two Hosts', 'GET /v1/services HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'bad-request'],
    ['a blank in a field name', 'GET /v1/services HTTP/1.1\r\nHost : a\r\n\r\n', 400, 'bad-request'],
    ['two lengths', `POST ${CODE} HTTP/1.1\r\nHost: c\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} `, 400, 'bad-request'],
    ['a length and chunks', `POST ${CODE} HTTP/1.1\r\nHost: c\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400, 'bad-request'],
    ['a length that is none', `POST ${CODE} HTTP/1.1\r\nHost: c\r\nContent-Length: -1\r\n\r\n`, 400, 'bad-request'],
    ['a chunk size that is none', `POST ${CODE} HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400, 'bad-request'],
    ['a target over 8 KB', `GET /v1/${'a'.repeat(9000)} HTTP/1.1\r\nHost: c\r\n\r\n`, 414, 'target-too-long'],
    ['a head over 16 KB', `GET /v1/services HTTP/1.1\r\nHost: c\r\nX: ${'a'.repeat(17000)}\r\n\r\n`, 431, 'head-too-large'],
    ['65 fields', `GET /v1/services HTTP/1.1\r\nHost: c\r\n${'X: y\r\n'.repeat(65)}\r\n`, 431, 'head-too-large'],
    ['a body said to be over 1 MB', post('{}', 2_000_000), 413, 'too-large'],
    ['chunks over 1 MB', `POST ${CODE} HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${'a'.repeat(65536)}\r\n`.repeat(17)}`, 413, 'too-large'],
    ['another version', 'GET /v1/services HTTP/2.0\r\nHost: c\r\n\r\n', 505, 'bad-version'],
  ];
  for (const [what, bytes, status, code] of cases)
    test(`${what} is ${status}, and the connection ends`, async () => {
      assertProblem(await rawReply(bytes), status, code);
    });

  test('a request that does not arrive in time is 408', async () => {
    const slow = await World.start({ plugins: false, config: { http: { head_ms: 300, body_ms: 300 } } });
    try {
      for (const part of ['GET /v1/serv', post('{"phone"', 100)])
        assertProblem(parse(await raw(slow.port, part)), 408, 'request-timeout');
    } finally {
      await slow.stop();
    }
  });

  test('after all of it the host serves as before', async () => {
    assert.equal((await world.get('/v1/services')).status, 200);
    await until('their connections are closed', async () =>
      /^medina_connections 0$/m.test(await world.medina('metrics')));
  });
});

describe('bodies', () => {
  const deep = (levels) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);
  const cases = {
    'not JSON': '{phone}',
    'cut short': '{"phone": "0501',
    'followed by something': '{"phone": "1"} x',
    empty: '',
    'an array': '["phone"]',
    'a member twice': '{"phone": "0501234567", "phone": "0551234568"}',
    'not UTF-8': Buffer.from('7b2270686f6e65223a22ff227d', 'hex').toString('latin1'),
    'deeper than 32': deep(40),
    'very deep': deep(100_000),
    'a number that is none': '{"phone": NaN}',
  };
  for (const [what, body] of Object.entries(cases))
    test(`a body that is ${what} is bad-json`, async () => {
      const bytes = what === 'not UTF-8' ? Buffer.from(body, 'latin1') : Buffer.from(body);
      const head = Buffer.from(post('', bytes.length));
      assertProblem(parse(await raw(world.port, Buffer.concat([head, bytes]))), 400, 'bad-json');
    });

  test('a body that is not called JSON is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
      const reply = await world.post(CODE, '{"phone": "1"}', { headers: { 'content-type': type } });
      assertProblem(reply, 415, 'unsupported-media-type');
    }
    const charset = { 'content-type': 'application/json; charset=utf-8' };
    assert.equal((await world.post(BILLS, { account: MARIAM.bills }, { headers: charset })).status, 200);
  });
});

describe('input', () => {
  const refused = async (reply, pointer, keyword) => {
    const [first] = assertProblem(reply, 422, 'invalid-input').errors;
    assert.equal(first.pointer, pointer);
    assert.equal(first.keyword, keyword);
  };

  test('a wrong type, a missing or an unknown member is named', async () => {
    await refused(await world.post(BILLS, { account: 2001234567 }), '/account', 'type');
    await refused(await world.post(BILLS, { account: 'abc' }), '/account', 'pattern');
    await refused(await world.post(BILLS, { account: MARIAM.bills, more: 1 }), '/more', 'additionalProperties');
    await refused(await world.post(BILLS, {}), '/account', 'required');
    await refused(await world.get(`${BILLS}?account=${MARIAM.bills}&more=1`), '/more', 'additionalProperties');
    await refused(await world.get(`${BILLS}?account=1&account=2`), '/account', 'repeated');
    await refused(await world.get('/v1/pharmacies/find?open=perhaps'), '/open', 'type');
  });

  test('a query that does not decode is a bad request', async () => {
    assertProblem(await world.get(`${BILLS}?account=%zz`), 400, 'bad-request');
  });

  test('an order without items, with too many, or of something else is refused', async () => {
    const pay = (body) => world.post('/v1/payments', body, { key: uniqueKey() });
    const one = { instance: WATER, item: 'x' };
    await refused(await pay({ method: 'card', items: [] }), '/items', 'minItems');
    await refused(await pay({ method: 'card' }), '/items', 'minItems');
    await refused(await pay({ method: 'card', items: [{ instance: WATER }] }), '/items/0', 'required');
    await refused(await pay({ method: 'barter', items: [one] }), '/method', 'enum');
    assert.equal((await pay({ method: 'card', items: Array(51).fill(one) })).status, 422);
    for (const instance of ['nobody', 'pharmacies'])
      assertProblem(await pay({ method: 'card', items: [{ instance, item: 'x' }] }), 404, 'not-found');
  });
});

describe('addresses, methods and tokens', () => {
  test('what is not there is 404', async () => {
    for (const path of ['/v1', '/v1/', '/v1/nobody/bills', `/v1/${WATER}/nothing`, '/v1/a/b/c/d', '/v1/payments/none'])
      assertProblem(await world.get(path), 404, 'not-found');
  });

  test('a wrong method is 405 and names the right ones', async () => {
    const cases = [
      ['DELETE', '/v1/services', 'GET'],
      ['GET', CODE, 'POST'],
      ['PUT', '/v1/payments', 'GET, POST'],
      ['POST', '/v1/session', 'GET, DELETE'],
      ['DELETE', BILLS, 'GET, HEAD, POST'],
      ['GET', `/v1/${WATER}/link`, 'POST'],
    ];
    for (const [method, path, allow] of cases) {
      const reply = await world.api(method, path);
      assertProblem(reply, 405, 'method-not-allowed');
      assert.equal(reply.headers.allow, allow, `${method} ${path}`);
    }
  });

  test('a token that is not good is refused even where none is needed', async () => {
    for (const authorization of ['Bearer nonsense', 'Bearer ', 'Basic YTpi', 'Bearer a b'])
      for (const path of ['/v1/session', '/v1/services']) {
        const reply = await world.get(path, { headers: { authorization } });
        assertProblem(reply, 401, 'not-signed-in');
        assert.match(reply.headers['www-authenticate'], /^Bearer/);
      }
  });

  test('a problem speaks the language that is asked for', async () => {
    const cases = { ar: 'ar', 'ar-AE, en;q=0.5': 'ar', 'en, ar;q=0.9': 'en', 'fr, ar;q=0.1': 'ar', fr: 'en', '': 'en' };
    for (const [wanted, spoken] of Object.entries(cases)) {
      const reply = await world.get('/v1/nobody/bills', { headers: { 'accept-language': wanted } });
      const problem = assertProblem(reply, 404, 'not-found');
      assert.equal(reply.headers['content-language'], spoken, wanted);
      assert.match(reply.headers.vary, /Accept-Language/i);
      assert.equal(/[\u0600-\u06ff]/.test(problem.title), spoken === 'ar');
      assert.equal(/[\u0600-\u06ff]/.test(problem.detail), spoken === 'ar');
    }
    const plugin = await world.get(`${BILLS}?account=2009999999`, { language: 'ar' });
    assert.match(assertProblem(plugin, 404, 'bills.account-unknown').title, /[\u0600-\u06ff]/);
  });
});
