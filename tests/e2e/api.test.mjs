// SPDX-License-Identifier: Apache-2.0
// A citizen over the JSON API: signing in, linking an account, seeing bills. Paying is in
// payment.test.mjs.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { city, line, MARIAM, OMAR, owner, WATER } from './city.mjs';
import { assertProblem, until } from './world.mjs';

describe('signing in', () => {
  test('one number is one account however it is written', async (t) => {
    const world = await city(t, { plugins: false, config: { sign_in: { sends_per_number: 100 } } });
    const writings = [
      '050 123 4567', '0501234567', '971501234567', '+971 50-123-4567', '00971501234567',
      '+971 (0)50 123 4567', '٠٥٠١٢٣٤٥٦٧', '+٩٧١٥٠١٢٣٤٥٦٧', '۰۵۰۱۲۳۴۵۶۷', '\u200e+971 50 123 4567',
    ];
    for (const [index, written] of writings.entries()) {
      const challenge = await world.askCode(written);
      const code = await world.newestCode('+971501234567');
      const reply = await world.post('/v1/sign-in', { challenge, code });
      assert.equal(reply.status, 201, `${written}: ${reply.text}`);
      assert.equal(reply.json.new_account, index === 0, written);
      world.secrets.add(reply.json.token);
    }
    assert.equal((await world.messages('+971501234567')).length, writings.length);
  });

  test('foreign numbers are taken with + or 00', async (t) => {
    const world = await city(t, { plugins: false });
    await world.signIn('+447700900123', '+44 7700 900123');
    await world.signIn('+33612345678', '0033 6 12 34 56 78');
  });

  test('what no message can reach is refused with the field named', async (t) => {
    const world = await city(t, { plugins: false });
    const wrong = ['', 'hello', '0501', '04 123 4567', '+971 4 123 4567', '+0501234567', '1234567', '+1'];
    for (const phone of [...wrong, 971501234567, null]) {
      const problem = assertProblem(await world.post('/v1/sign-in/code', { phone }), 422, 'invalid-input');
      assert.equal(problem.errors[0].pointer, '/phone', String(phone));
    }
    assertProblem(await world.post('/v1/sign-in/code', {}), 422, 'invalid-input');
  });

  test('the answer does not tell whether a number has an account', async (t) => {
    const world = await city(t, { plugins: false });
    await world.signIn(MARIAM.phone);
    const known = await world.post('/v1/sign-in/code', { phone: MARIAM.phone });
    const unknown = await world.post('/v1/sign-in/code', { phone: OMAR.phone });
    assert.equal(known.status, unknown.status);
    assert.deepEqual(Object.keys(known.json), Object.keys(unknown.json));
    assert.equal(known.json.challenge.length, unknown.json.challenge.length);
  });

  test('the message speaks the language of who asks', async (t) => {
    const world = await city(t, { plugins: false });
    await world.post('/v1/sign-in/code', { phone: MARIAM.phone }, { language: 'ar' });
    assert.match((await world.messages(MARIAM.phone))[0].text, /رمز/);
    await world.post('/v1/sign-in/code', { phone: MARIAM.phone }, { language: 'en' });
    assert.match((await world.messages(MARIAM.phone))[0].text, /Your code/);
  });

  test('a wrong code is refused, the right one still serves, and only once', async (t) => {
    const world = await city(t, { plugins: false });
    const challenge = await world.askCode(MARIAM.phone);
    const code = await world.newestCode(MARIAM.phone);
    const wrong = code === '000000' ? '000001' : '000000';
    assertProblem(await world.post('/v1/sign-in', { challenge, code: wrong }), 422, 'wrong-code');
    assert.equal((await world.post('/v1/sign-in', { challenge, code })).status, 201);
    assertProblem(await world.post('/v1/sign-in', { challenge, code }), 410, 'expired-code');
  });

  test('a code may be typed in Arabic digits', async (t) => {
    const world = await city(t, { plugins: false });
    const challenge = await world.askCode(MARIAM.phone);
    const code = await world.newestCode(MARIAM.phone);
    const arabic = code.replace(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'[digit]);
    assert.equal((await world.post('/v1/sign-in', { challenge, code: arabic })).status, 201);
  });

  test('the fifth wrong try ends a code, and not even the right one serves then', async (t) => {
    const world = await city(t, { plugins: false });
    const challenge = await world.askCode(MARIAM.phone);
    const code = await world.newestCode(MARIAM.phone);
    const wrong = code === '000000' ? '000001' : '000000';
    for (let i = 0; i < 4; i++)
      assertProblem(await world.post('/v1/sign-in', { challenge, code: wrong }), 422, 'wrong-code');
    assertProblem(await world.post('/v1/sign-in', { challenge, code: wrong }), 410, 'expired-code');
    assertProblem(await world.post('/v1/sign-in', { challenge, code }), 410, 'expired-code');
  });

  test('a code serves only whoever asked for it', async (t) => {
    const world = await city(t, { plugins: false });
    const mine = await world.askCode(MARIAM.phone);
    const code = await world.newestCode(MARIAM.phone);
    let other;
    // Two codes are alike once in a million; ask until they differ.
    await until('another code', async () => {
      other = await world.askCode(OMAR.phone);
      return (await world.newestCode(OMAR.phone)) !== code;
    });
    assertProblem(await world.post('/v1/sign-in', { challenge: other, code }), 422, 'wrong-code');
    assertProblem(await world.post('/v1/sign-in', { challenge: 'nobody', code }), 410, 'expired-code');
    assert.equal((await world.post('/v1/sign-in', { challenge: mine, code })).status, 201);
  });

  test('a code is good until its time is over', async (t) => {
    const world = await city(t, { plugins: false, config: { sign_in: { code_ms: 1000 } } });
    const asked = await world.post('/v1/sign-in/code', { phone: MARIAM.phone });
    const { challenge, expires } = asked.json;
    const code = await world.newestCode(MARIAM.phone);
    await until('the code is over', () => Date.now() > Date.parse(expires));
    assertProblem(await world.post('/v1/sign-in', { challenge, code }), 410, 'expired-code');
  });

  test('a number is sent three codes an hour, and the fourth time is told when to come back', async (t) => {
    const world = await city(t, { plugins: false });
    for (let i = 0; i < 3; i++) await world.askCode(MARIAM.phone);
    const reply = await world.post('/v1/sign-in/code', { phone: '0501234567' });
    assertProblem(reply, 429, 'too-many-requests');
    const wait = Number(reply.headers['retry-after']);
    assert.ok(wait > 3500 && wait <= 3601, `Retry-After: ${wait}`);
    assert.equal((await world.messages(MARIAM.phone)).length, 3);
    await world.askCode(OMAR.phone);
  });

  test('an address is sent three codes an hour, for whatever numbers', async (t) => {
    const world = await city(t, { plugins: false, config: { sign_in: { sends_per_address: 3 } } });
    for (const last of [1, 2, 3]) await world.askCode(`+97150123456${last}`);
    const reply = await world.post('/v1/sign-in/code', { phone: '+971501234564' });
    assertProblem(reply, 429, 'too-many-requests');
  });

  test('while messages cannot be sent it is said so, and no send is counted', async (t) => {
    const world = await city(t, { plugins: false });
    await world.fault('sms', 'down');
    for (let i = 0; i < 4; i++)
      assertProblem(await world.post('/v1/sign-in/code', { phone: MARIAM.phone }), 503, 'sms-unavailable');
    await world.fault('sms', 'none');
    await world.signIn(MARIAM.phone);
  });

  test('a session lasts until it is ended', async (t) => {
    const world = await city(t, { plugins: false });
    const token = await world.signIn(MARIAM.phone);
    const session = await world.get('/v1/session', { token });
    assert.equal(session.status, 200);
    assert.ok(Date.parse(session.json.expires) > Date.now());
    assert.equal((await world.api('DELETE', '/v1/session', { token })).status, 204);
    assertProblem(await world.get('/v1/session', { token }), 401, 'not-signed-in');
  });
});

describe('bills', () => {
  test('without a link one sees enough to pay and no more', async (t) => {
    const world = await city(t);
    const reply = await world.get(`/v1/${WATER}/bills?account=${MARIAM.bills}`);
    assert.equal(reply.status, 200);
    assert.equal(reply.json.items.length, 2);
    assert.ok(reply.text.includes(MARIAM.masked));
    for (const hidden of ['Mariam', 'Suwaidi', 'مريم', 'Mirdif', 'kWh'])
      assert.ok(!reply.text.includes(hidden), hidden);
    for (const item of reply.json.items) {
      assert.ok(item.amount.amount > 0 && item.amount.currency === 'AED');
      assert.match(item.due, /^\d{4}-\d{2}-\d{2}$/);
      assert.equal(item.open, undefined, 'the bill itself is the owner\'s');
    }
  });

  test('one bill is shown to its owner and to nobody else', async (t) => {
    const world = await city(t);
    const { token, bills } = await owner(world);
    const month = bills[0].id.split('.')[1];
    const path = `/v1/${WATER}/bill?account=${MARIAM.bills}&bill=${month}`;
    assertProblem(await world.get(path), 401, 'not-signed-in');
    const stranger = await world.signIn(OMAR.phone);
    assertProblem(await world.get(path, { token: stranger }), 403, 'bills.not-yours');
    const reply = await world.get(path, { token });
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.type, 'detail');
    assert.equal(reply.headers['cache-control'], 'no-store');
    const titles = reply.json.sections.map((section) => section.title?.en).filter(Boolean);
    assert.ok(titles.length >= 4, titles.join());
    const lines = reply.json.sections.map((section) => section.table).find((table) => table?.total);
    const sum = (column) => lines.rows.reduce((all, row) => all + row[column].amount, 0);
    assert.equal(sum(2), lines.total[2].amount, 'the lines make the total before VAT');
    assert.equal(sum(3), lines.total[3].amount, 'the VAT of the lines makes the VAT');
    assert.equal(lines.total[2].amount + lines.total[3].amount, reply.json.payable.amount.amount);
    const chart = reply.json.sections.find((section) => section.chart).chart;
    assert.equal(chart.labels.length, chart.series[0].values.length);
  });

  test('the owner sees the name; a link that is taken away takes that along', async (t) => {
    const world = await city(t);
    const { token } = await owner(world);
    const path = `/v1/${WATER}/bills?account=${MARIAM.bills}`;
    const seen = await world.get(path, { token });
    assert.ok(seen.text.includes(MARIAM.name));
    assert.ok(seen.json.items.length > 2, 'paid bills too');
    const { links } = (await world.get('/v1/links', { token })).json;
    assert.deepEqual(links.map((link) => [link.instance, link.account]), [[WATER, MARIAM.bills]]);
    const removed = await world.api('DELETE', `/v1/links/${WATER}/${MARIAM.bills}`, { token });
    assert.equal(removed.status, 204, removed.text);
    assert.ok(!(await world.get(path, { token })).text.includes(MARIAM.name));
    assert.deepEqual((await world.get('/v1/links', { token })).json.links, []);
  });

  test('a link needs the code that the agency sent', async (t) => {
    const world = await city(t);
    const token = await world.signIn(OMAR.phone);
    const account = MARIAM.bills;
    const confirm = (code) => world.post(`/v1/${WATER}/confirm`, { account, code }, { token });
    assertProblem(await confirm('123456'), 422, 'bills.code-expired');
    assert.equal((await world.post(`/v1/${WATER}/link`, { account }, { token })).status, 200);
    const code = await world.newestCode(MARIAM.phone);
    const wrong = code === '000000' ? '000001' : '000000';
    assertProblem(await confirm(wrong), 422, 'bills.code-wrong');
    assert.deepEqual((await world.get('/v1/links', { token })).json.links, []);
    assert.equal((await confirm(code)).status, 200);
    assertProblem(await confirm(code), 422, 'bills.code-expired');
    const unknown = await world.post(`/v1/${WATER}/link`, { account: '2009999999' }, { token });
    assertProblem(unknown, 404, 'bills.account-unknown');
    assertProblem(await world.post(`/v1/${WATER}/link`, { account }), 401, 'not-signed-in');
  });

  test('a link at one agency is none at another', async (t) => {
    const world = await city(t);
    const { token } = await owner(world);
    const toll = await world.get(`/v1/toll/bills?account=${MARIAM.toll}`, { token });
    assert.ok(!toll.text.includes('balance') && !/Balance/.test(toll.text));
    await world.linkAccount(token, 'toll', MARIAM.toll, MARIAM.phone);
    assert.match((await world.get(`/v1/toll/bills?account=${MARIAM.toll}`, { token })).text, /Balance/i);
  });

  test('what is due is listed for the linked accounts alone', async (t) => {
    const world = await city(t);
    const { token, bills } = await owner(world);
    const due = (await world.get(`/v1/${WATER}/due`, { token })).json.items;
    assert.deepEqual(due.map((item) => item.id), bills.map((item) => item.id));
    const stranger = await world.signIn(OMAR.phone);
    assert.deepEqual((await world.get(`/v1/${WATER}/due`, { token: stranger })).json.items, []);
  });

  test('an agency that is down, slow or wrong is named as the cause, and nothing is made up', async (t) => {
    const world = await city(t);
    const path = `/v1/${WATER}/bills?account=${MARIAM.bills}`;
    const quote = `/v1/${WATER}/quote?item=${MARIAM.bills}.2026-01`;
    for (const mode of ['down', 'wrong']) {
      await world.fault('utility', mode);
      assertProblem(await world.get(path), 502, 'bills.agency-unavailable');
      assertProblem(await world.get(quote), 502, 'bills.agency-unavailable');
      const token = await world.signIn(MARIAM.phone);
      const link = await world.post(`/v1/${WATER}/link`, { account: MARIAM.bills }, { token });
      assertProblem(link, 502, 'bills.agency-unavailable');
    }
    await world.fault('utility', 'slow', 60_000);
    const slow = await world.get(path);
    assert.ok([502, 504].includes(slow.status), slow.text);
    await world.fault('utility', 'none');
    assert.equal((await world.get(path)).status, 200);
  });

  test('the toll goes on while the utility is down: two instances of one file', async (t) => {
    const world = await city(t);
    await world.fault('utility', 'down');
    assert.equal((await world.get(`/v1/toll/bills?account=${MARIAM.toll}`)).status, 200);
    assert.equal((await world.get(`/v1/${WATER}/bills?account=${MARIAM.bills}`)).status, 502);
  });

  test('an account that nobody has is told from a number that is none', async (t) => {
    const world = await city(t);
    const unknown = await world.get(`/v1/${WATER}/bills?account=2009999999`);
    assertProblem(unknown, 404, 'bills.account-unknown');
    const malformed = await world.get(`/v1/${WATER}/bills?account=12`);
    assert.equal(assertProblem(malformed, 422, 'invalid-input').errors[0].pointer, '/account');
    const item = { id: `${MARIAM.bills}.1999-01` };
    const reply = await world.post('/v1/payments', { method: 'card', items: [line(item)] }, { key: 'k' });
    assertProblem(reply, 404, 'bills.bill-unknown');
  });
});
