// SPDX-License-Identifier: Apache-2.0
// Bills that are paid by themselves: announced in the inbox and by SMS, never before the notice is
// over, never more than was said or agreed to, never twice, and given up when they are due.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { Clock } from './clock.mjs';
import { city, MARIAM, OMAR } from './city.mjs';
import { Reader, WEB } from './fines.mjs';
import { assertProblem, plugin, until } from './world.mjs';

const DAY_S = 24 * 3600;
const ACCOUNT = '2100000001';
const LOOK_MS = 150;
const PATH = `/v1/automatic/harbour/${ACCOUNT}`;

/** A postpaid agency with bills of one account, which hands out its codes to nobody but the test. */
class Harbour {
  static async open(t, world) {
    const agency = new Harbour();
    Object.assign(agency, { world, bills: [], asked: 0, postings: [], down: false });
    agency.server = http.createServer((asked, reply) => {
      const pieces = [];
      asked.on('data', (piece) => pieces.push(piece));
      asked.on('end', () => {
        const [status, value] = agency.#answer(asked, pieces.length ? JSON.parse(Buffer.concat(pieces)) : {});
        reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      });
    });
    await new Promise((done) => agency.server.listen(0, '127.0.0.1', done));
    t.after(() => {
      agency.server.closeAllConnections();
      agency.server.close();
    });
    const file = join(world.folder, 'harbour.json');
    const backend_url = `http://127.0.0.1:${agency.server.address().port}`;
    writeFileSync(file, JSON.stringify({ kind: 'postpaid', backend_url }));
    await world.medina('plugin', 'load', plugin('bills'), '--as', 'harbour', '--config', file);
    return agency;
  }

  owe(total, due, id = '2026-01') {
    this.bills.push({ id, issued: '2026-01-01', due, total, status: 'due', lines: [], readings: [] });
    return this.bills.at(-1);
  }

  #answer(asked, body) {
    if (this.down) return [503, {}];
    if (asked.url === `/accounts/${ACCOUNT}/codes`) return [202, { sent: '•••' }];
    if (asked.url === `/accounts/${ACCOUNT}/codes/verify`)
      return [200, { account: ACCOUNT, name: { en: 'Harbour berth', ar: 'مرسى' } }];
    if (asked.url === `/accounts/${ACCOUNT}/bills`) {
      this.asked++;
      return [200, { account: ACCOUNT, name: { en: 'A', ar: 'أ' }, name_masked: { en: 'A', ar: 'أ' }, bills: this.bills }];
    }
    if (asked.url === '/payments') return this.#post(body);
    const bill = this.bills.find(({ id }) => asked.url === `/accounts/${ACCOUNT}/bills/${id}`);
    return bill ? [200, { account: ACCOUNT, bill, history: [] }] : [404, {}];
  }

  #post(posting) {
    const bill = this.bills.find(({ id }) => id === posting.bill);
    this.postings.push(posting);
    bill.status = 'paid';
    bill.paid_reference ??= posting.reference;
    return bill.paid_reference === posting.reference ? [201, { bill }] : [409, {}];
  }

  /** Rounds that began after now have asked and what they did is done. */
  async round(times = 3) {
    const seen = this.asked + times;
    await until('some rounds', () => this.asked >= seen);
  }
}

/** A citizen whose account is linked and whose wallet holds that much. */
async function harbour(t, { fils = 100_000, config = {}, before } = {}) {
  const clock = new Clock(t);
  const world = await city(t, {
    owing: true,
    plugins: false,
    env: clock.env,
    config: { ...config, money: { wallet: true, automatic_look_ms: LOOK_MS, ...config.money } },
  });
  const agency = await Harbour.open(t, world);
  const token = await world.signIn(MARIAM.phone);
  await before?.(world, agency, token);
  await world.post('/v1/harbour/link', { account: ACCOUNT }, { token });
  const linked = await world.post('/v1/harbour/confirm', { account: ACCOUNT, code: '123456' }, { token });
  assert.equal(linked.status, 200, linked.text);
  const { json: { account } } = await world.get('/v1/session', { token });
  if (fils) await world.medina('wallet', 'credit', account, String(fils), 'salary');
  return { world, clock, agency, token, account };
}

const agree = (world, token, terms, options = {}) =>
  world.api('PUT', PATH, { token, body: { method: 'wallet', ...terms }, ...options });
const dayIn = (clock, days) => clock.day('Asia/Dubai', clock.now() + days * DAY_S * 1000);
const balance = async (world, token) => (await world.get('/v1/wallet', { token })).json.balance.amount;
const kinds = async (world, token, prefix = 'automatic.') =>
  (await world.get('/v1/inbox', { token })).json.messages.filter(({ kind }) => kind.startsWith(prefix)).reverse();
const told = (world, token, count) =>
  until(`${count} messages`, async () => {
    const list = await kinds(world, token);
    return list.length >= count && list;
  });
const texts = async (world, word) =>
  (await world.messages(MARIAM.phone)).filter(({ text }) => text.includes(word));

describe('automatic payment', () => {
  test('a bill is announced by inbox and SMS, paid when the notice is over and not before, and once', async (t) => {
    const { world, clock, agency, token } = await harbour(t);
    agency.owe(12_345, dayIn(clock, 4));
    agency.owe(500, dayIn(clock, 20), '2026-02'); // not yet
    const agreed = await agree(world, token, { limit: 20_000, days: 3 });
    assert.equal(agreed.status, 200, agreed.text);
    assert.equal(agreed.json.active, true);
    assert.deepEqual(agreed.json.limit, { amount: 20_000, currency: 'AED' });

    const [notice] = await told(world, token, 1);
    const date = dayIn(clock, 3);
    assert.equal(notice.kind, 'automatic.notice');
    assert.deepEqual(notice.values.amount, { amount: 12_345, currency: 'AED' });
    assert.deepEqual(notice.values.date, { date });
    assert.equal(notice.values.account, ACCOUNT);
    const [text] = await until('the text message', async () => {
      const found = await texts(world, '123.45');
      return found.length && found;
    });
    assert.ok(text.text.includes(date) && text.text.includes(ACCOUNT) && text.text.includes('/en/account/automatic'), text.text);

    clock.forward(3 * DAY_S - 600);
    await agency.round();
    assert.equal(await balance(world, token), 100_000, 'not before the notice is over');
    clock.forward(1200);
    await until('it is paid', async () => (await balance(world, token)) === 87_655);
    const [payment] = (await world.get('/v1/payments', { token })).json.payments;
    await world.settled(payment.payment, { token });
    assert.ok(payment.receipt);
    await agency.round();
    clock.forward(2 * DAY_S);
    await agency.round();
    assert.equal(await balance(world, token), 87_655);
    assert.equal(agency.postings.length, 1);
    assert.equal((await kinds(world, token)).length, 1, 'one notice');
    assert.equal((await texts(world, '123.45')).length, 1, 'one text message');
    const { items } = (await world.get(PATH, { token })).json;
    assert.deepEqual(items.map(({ item, state }) => [item, state]), [[`${ACCOUNT}.2026-01`, 'paid']]);
    assert.match(await world.medina('money', 'verify'), /all of it agrees/);
  });

  test('an amount that rose is announced anew, and one over the limit is told and left', async (t) => {
    const { world, clock, agency, token } = await harbour(t);
    const bill = agency.owe(10_000, dayIn(clock, 4));
    await agree(world, token, { limit: 20_000 });
    await told(world, token, 1);
    bill.total = 15_000;
    const [, again] = await told(world, token, 2);
    assert.deepEqual(again.values.amount, { amount: 15_000, currency: 'AED' });
    clock.forward(DAY_S);
    bill.total = 15_001;
    await told(world, token, 3);
    clock.forward(3 * DAY_S - 600);
    await agency.round();
    assert.equal(await balance(world, token), 100_000, 'the last notice counts');
    bill.total = 20_001;
    const over = (await told(world, token, 4))[3];
    assert.equal(over.kind, 'automatic.over-limit');
    assert.deepEqual(over.values.limit, { amount: 20_000, currency: 'AED' });
    clock.forward(4 * DAY_S);
    await agency.round();
    assert.equal(await balance(world, token), 100_000);
    assert.equal((await kinds(world, token)).length, 4, 'it is told once');
    bill.total = 9_000;
    const last = (await told(world, token, 5))[4];
    assert.equal(last.kind, 'automatic.notice');
    clock.forward(3 * DAY_S + 60);
    await until('the smaller amount is paid', async () => (await balance(world, token)) === 91_000);
  });

  test('an empty wallet is told of, tried again daily until the bill is due, and given up', async (t) => {
    const { world, clock, agency, token } = await harbour(t, { fils: 0 });
    agency.owe(12_345, dayIn(clock, 4));
    await agree(world, token, { limit: 20_000, days: 3 }, { language: 'ar' });
    await told(world, token, 1);
    const words = [];
    for (const count of [2, 3]) {
      clock.forward((count === 2 ? 3 : 1) * DAY_S + 60);
      const found = await told(world, token, count);
      words.push(found.at(-1).kind);
      await agency.round();
      assert.equal((await kinds(world, token)).length, count, 'once a day');
    }
    assert.deepEqual(words, ['automatic.failed', 'automatic.given-up']);
    await until('both in Arabic', async () => (await texts(world, 'تعذّر')).length === 2);
    const { json: { account } } = await world.get('/v1/session', { token });
    await world.medina('wallet', 'credit', account, '50000', 'late');
    clock.forward(DAY_S);
    await agency.round();
    assert.equal(await balance(world, token), 50_000, 'given up is given up');
  });

  test('money that comes in time is taken by the next daily try', async (t) => {
    const { world, clock, agency, token, account } = await harbour(t, { fils: 100 });
    agency.owe(12_345, dayIn(clock, 5));
    await agree(world, token, { limit: 20_000, days: 3 });
    await told(world, token, 1);
    clock.forward(3 * DAY_S + 60);
    const [, failed] = await told(world, token, 2);
    assert.equal(failed.kind, 'automatic.failed');
    await world.medina('wallet', 'credit', account, '50000', 'salary-2');
    await agency.round();
    assert.equal(await balance(world, token), 50_100, 'tomorrow, as it was said');
    clock.forward(DAY_S + 60);
    await until('it is paid', async () => (await balance(world, token)) === 50_100 - 12_345);
  });

  test('stopped, unlinked or paid in another way, nothing is taken', async (t) => {
    const { world, clock, agency, token } = await harbour(t);
    const bill = agency.owe(10_000, dayIn(clock, 4));
    await agree(world, token, { limit: 20_000 });
    await told(world, token, 1);
    await agree(world, token, { limit: 20_000, active: false });
    clock.forward(5 * DAY_S);
    await agree(world, token, { limit: 20_000 });
    await told(world, token, 2); // a new notice, although the old one is over
    await agency.round();
    assert.equal(await balance(world, token), 100_000);

    const paid = await world.startPayment([{ instance: 'harbour', item: `${ACCOUNT}.2026-01` }], { token, method: 'wallet' });
    await world.settled(paid.payment, { token });
    clock.forward(4 * DAY_S);
    await agency.round();
    assert.equal(await balance(world, token), 90_000, 'paid by hand, once');
    assert.deepEqual((await world.get(PATH, { token })).json.items, []);

    Object.assign(bill, { status: 'due', id: '2026-03', due: dayIn(clock, 4), paid_reference: undefined });
    await told(world, token, 3);
    assert.equal((await world.api('DELETE', `/v1/links/harbour/${ACCOUNT}`, { token })).status, 204);
    clock.forward(5 * DAY_S);
    await until('the order ended with the link', async () => (await world.get(PATH, { token })).status === 404);
    assert.equal(await balance(world, token), 90_000);
  });

  test('a host that dies between notice and payment, or after it, pays once', async (t) => {
    const { world, clock, agency, token } = await harbour(t);
    agency.owe(10_000, dayIn(clock, 4));
    await agree(world, token, { limit: 20_000 });
    await told(world, token, 1);
    await world.crashAndRestart();
    await agency.round();
    assert.equal((await kinds(world, token)).length, 1, 'not announced twice');
    clock.forward(3 * DAY_S + 60);
    await until('it is paid', async () => (await balance(world, token)) === 90_000);
    await world.crashAndRestart();
    await until('the agency has it', () => agency.postings.length);
    await agency.round();
    agency.bills[0].status = 'due'; // the agency has lost it
    await agency.round();
    assert.equal(await balance(world, token), 90_000);
    assert.match(await world.medina('money', 'verify'), /all of it agrees/);
  });

  test('the text message is in the language that was chosen, whatever the order was agreed to in; activity tells who paid', async (t) => {
    const { world, clock, agency, token } = await harbour(t);
    const chosen = await world.api('PUT', '/v1/profile', { token, body: { language: 'ar' } });
    assert.equal(chosen.status, 200, chosen.text);
    agency.owe(12_345, dayIn(clock, 4));
    assert.equal((await agree(world, token, { limit: 20_000, days: 3 }, { language: 'en' })).status, 200);
    const [text] = await until('the text message', async () => {
      const found = await texts(world, '123.45');
      return found.length && found;
    });
    assert.ok(text.text.includes('سيُدفع') && text.text.includes('/ar/account/automatic'), text.text);
    clock.forward(3 * DAY_S + 600);
    await until('it is paid', async () => (await balance(world, token)) === 87_655);
    const [paid] = (await world.get('/v1/activity?kind=payment', { token })).json.lines;
    assert.deepEqual([paid.kind, paid.by, paid.instance, paid.amount.amount], ['payment.made', 'automatic', 'harbour', 12_345]);
  });

  test('only the owner of a linked account agrees, and only to what makes sense', async (t) => {
    const { world, agency, token } = await harbour(t);
    assertProblem(await world.get(PATH), 401, 'not-signed-in');
    assertProblem(await world.get(PATH, { token }), 404, 'not-found');
    for (const terms of [{}, { limit: 0 }, { limit: -5 }, { limit: 1.5 }, { limit: '5' }, { limit: 5, days: 0 },
      { limit: 5, days: 15 }, { limit: 5, days: '3' }, { limit: 5, method: 'card' }, { limit: 5, active: 1 }])
      assertProblem(await agree(world, token, terms), 422, 'invalid-input');
    const other = await world.signIn(OMAR.phone);
    assertProblem(await agree(world, other, { limit: 500 }), 404, 'not-found');
    for (const path of ['/v1/automatic/harbour/2100000002', `/v1/automatic/nobody/${ACCOUNT}`])
      assertProblem(await world.api('PUT', path, { token, body: { method: 'wallet', limit: 5 } }), 404, 'not-found');
    assert.equal((await agree(world, token, { limit: 500 })).status, 200);
    assertProblem(await world.get(PATH, { token: other }), 404, 'not-found');
    assertProblem(await world.api('DELETE', PATH, { token: other }), 404, 'not-found');
    await agency.round();
    assert.equal((await world.api('DELETE', PATH, { token })).status, 204);
    assertProblem(await world.api('DELETE', PATH, { token }), 404, 'not-found');
  });

  test('the page of My account agrees to it and stops it, in both languages', async (t) => {
    const { world, token } = await harbour(t, { config: WEB });
    const page = await new Reader(world).signIn(MARIAM);
    await page.open('/account/automatic');
    assert.ok(page.text.includes('Automatic payment') && page.text.includes('I agree'), page.text);
    await page.send('/account/automatic', { limit: '0', days: '3', do: 'agree' });
    assert.equal(page.status, 422, page.text);
    page.language = 'ar';
    await page.open('/account/automatic');
    assert.ok(page.text.includes('الدفع التلقائي'), page.text);
    await page.send('/account/automatic', { limit: '١٢٥٠٫٥٠', days: '٤', do: 'agree' });
    assert.equal(page.status, 200, page.text);
    const { json } = await world.get(PATH, { token });
    assert.deepEqual([json.limit.amount, json.days, json.active], [125_050, 4, true]);
    await page.send('/account/automatic', { do: 'stop' });
    assertProblem(await world.get(PATH, { token }), 404, 'not-found');
  });
});
