// SPDX-License-Identifier: Apache-2.0
// Paying, and everything that can go wrong with it. Beside what each test asserts, city.mjs holds
// all of them to this: the provider took exactly what the agencies were posted.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';

import { Agency, ITEM } from './agency.mjs';
import { city, line, MARIAM, OMAR, owner, WATER } from './city.mjs';
import { assertProblem, CARD, uniqueKey, until, WEBHOOK_SECRET } from './world.mjs';

const bookOf = (world, item) => {
  const [account, month] = item.id.split('.');
  return world.books().utility[account].bills.find((bill) => bill.id === month);
};

const order = (items) => ({ method: 'card', items });

describe('paying by card', () => {
  test('a bill is paid on the provider\'s page, and the agency says it is settled', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    assert.equal(payment.state, 'created');
    assert.deepEqual(payment.total, bill.amount);
    const back = await world.giveCard(payment, CARD.pays);
    assert.equal(back.status, 303);
    assert.equal(back.headers.location, `${world.url}/en/payments/${payment.payment}`);
    const paid = await world.settled(payment.payment, { token });
    assert.match(paid.receipt, /^\d{6}-\d{2}-\d{6}-\d$/);
    assert.equal(bookOf(world, bill).status, 'paid');
    const left = await world.payable(WATER, MARIAM.bills, token);
    assert.ok(!left.some((item) => item.id === bill.id));
    assert.equal(world.assertBooksAgree(), bill.amount.amount);
  });

  test('anybody may pay by number, and whoever holds the payment\'s id sees it', async (t) => {
    const world = await city(t);
    const [bill] = await world.payable(WATER, MARIAM.bills);
    const payment = await world.startPayment([line(bill)]);
    await world.giveCard(payment, CARD.pays);
    const paid = await world.settled(payment.payment);
    assert.ok(!JSON.stringify(paid).includes('Mariam'));
  });

  test('a payment of a citizen is nobody else\'s to see or to cancel', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const { payment } = await world.startPayment([line(bill)], { token });
    const other = await world.signIn(OMAR.phone);
    for (const stranger of [undefined, other]) {
      assertProblem(await world.get(`/v1/payments/${payment}`, { token: stranger }), 404, 'not-found');
      const cancelled = await world.api('POST', `/v1/payments/${payment}/cancel`, { token: stranger });
      assertProblem(cancelled, 404, 'not-found');
    }
    assert.deepEqual((await world.get('/v1/payments', { token: other })).json.payments, []);
    assert.equal((await world.get('/v1/payments', { token })).json.payments.length, 1);
    assertProblem(await world.get('/v1/payments'), 401, 'not-signed-in');
  });

  test('a declined card charges nothing, and another card may be given', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    for (const card of [CARD.declined, CARD.poor, '1234']) {
      const page = await world.giveCard(payment, card);
      assert.equal(page.status, 402);
      assert.equal((await world.payment(payment.payment, token)).state, 'created');
      assert.equal(world.sums().charged, 0);
    }
    assert.equal((await world.giveCard(payment, CARD.pays)).status, 303);
    await world.settled(payment.payment, { token });
  });

  test('the bank\'s question is answered with yes', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    const asked = await world.giveCard(payment, CARD.asks);
    assert.equal(asked.status, 303);
    assert.match(asked.headers.location, /\/challenge$/);
    assert.equal((await world.answerBank(payment, 'pass')).status, 303);
    await world.settled(payment.payment, { token });
  });

  test('the bank\'s question is answered with no: nothing is charged, another card may be given', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    await world.giveCard(payment, CARD.asks);
    assert.equal((await world.answerBank(payment, 'fail')).status, 402);
    assert.equal((await world.payment(payment.payment, token)).state, 'created');
    assert.equal((await world.giveCard(payment, CARD.pays)).status, 303);
    await world.settled(payment.payment, { token });
  });

  test('the bank\'s question is left open: the item is free again once the payment is cancelled', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const abandoned = await world.startPayment([line(bill)], { token });
    await world.giveCard(abandoned, CARD.asks);
    const items = [line(bill)];
    const again = await world.post('/v1/payments', order(items), { token, key: uniqueKey() });
    assertProblem(again, 409, 'already-paid');
    const cancelled = await world.api('POST', `/v1/payments/${abandoned.payment}/cancel`, { token });
    assert.equal(cancelled.json.state, 'voided', cancelled.text);
    await world.answerBank(abandoned, 'pass');
    assert.equal(world.sums().charged, 0, 'the page of a cancelled payment takes no money');
    const payment = await world.startPayment(items, { token });
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token });
    const old = await world.payment(abandoned.payment, token);
    assert.equal(old.state, 'voided');
    assert.equal(old.lines[0].state, 'released');
  });

  test('a payment that is through cannot be cancelled any more', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token });
    const reply = await world.api('POST', `/v1/payments/${payment.payment}/cancel`, { token });
    assert.equal(reply.json.state, 'captured', reply.text);
  });

  test('the tab is closed at the bank: the provider\'s word is enough', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    await world.giveCard(payment, CARD.asks);
    assert.equal((await world.answerBank(payment, 'stay')).status, 200);
    // Nobody asks the host about it, and by itself it would look after ten seconds.
    await until('the agency has it', () => bookOf(world, bill).status === 'paid', 8000);
    await world.settled(payment.payment, { token });
  });

  test('the tab is closed and the provider\'s word is lost: the host asks by itself', async (t) => {
    const world = await city(t);
    await world.fault('webhooks', 'down');
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    await world.giveCard(payment, CARD.asks);
    await world.answerBank(payment, 'stay');
    await until('the agency has it', () => bookOf(world, bill).status === 'paid', 60_000);
    await world.settled(payment.payment, { token });
  });

  test('the provider\'s word is lost and the citizen comes back: asking moves it on', async (t) => {
    const world = await city(t);
    await world.fault('webhooks', 'down');
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    await world.giveCard(payment, CARD.pays);
    assert.equal((await world.payment(payment.payment, token)).state, 'captured');
    await world.settled(payment.payment, { token });
  });

  test('a provider that does not answer is named, nothing is charged and the item stays free', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const key = uniqueKey();
    for (const mode of ['down', 'wrong']) {
      await world.fault('provider', mode);
      const reply = await world.post('/v1/payments', order([line(bill)]), { token, key });
      assertProblem(reply, 502, 'provider-unavailable');
    }
    await world.fault('provider', 'none');
    // The same key: a refusal is not an answer to be repeated.
    const payment = await world.startPayment([line(bill)], { token, key });
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token });
  });

  test('an event that the provider did not sign, or signed long ago, is refused', async (t) => {
    const world = await city(t, { plugins: false });
    const body = JSON.stringify({ id: 'evt_1', type: 'payment_intent.succeeded', data: { object: {} } });
    const now = Math.floor(Date.now() / 1000);
    const sign = (second, secret) => {
      const hash = createHmac('sha256', secret).update(`${second}.${body}`).digest('hex');
      return `t=${second},v1=${hash}`;
    };
    const send = (signature) =>
      world.post('/v1/provider/card/events', body, { headers: { 'stripe-signature': signature } });
    for (const bad of [sign(now, 'another'), sign(now - 3600, WEBHOOK_SECRET), '', 't=,v1=', 'nonsense'])
      assertProblem(await send(bad), 403, 'forbidden');
    const unknown = '/v1/provider/nobody/events';
    assertProblem(await world.post(unknown, body), 404, 'not-found');
  });
});

describe('one item is paid once', () => {
  test('from two tabs, also when it is paid already', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    const attempt = (options) => world.post('/v1/payments', order([line(bill)]), { key: uniqueKey(), ...options });
    assertProblem(await attempt({ token }), 409, 'already-paid');
    assertProblem(await attempt(), 409, 'already-paid');
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token });
    assertProblem(await attempt({ token }), 409, 'already-paid');
    const stale = await world.giveCard(payment, CARD.pays);
    assert.notEqual(stale.status, 303, 'the back button leads to a page that is over');
  });

  test('of many orders at the same moment one is taken', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const orders = Array.from({ length: 12 }, () =>
      world.post('/v1/payments', order([line(bill)]), { token, key: uniqueKey() }),
    );
    const statuses = (await Promise.all(orders)).map((reply) => reply.status).sort();
    assert.deepEqual(statuses, [201, ...Array(11).fill(409)]);
  });

  test('an item named twice in one order is refused', async (t) => {
    const world = await city(t);
    const [bill] = await world.payable(WATER, MARIAM.bills);
    const twice = order([line(bill), line(bill)]);
    const reply = await world.post('/v1/payments', twice, { key: uniqueKey() });
    assert.ok([409, 422].includes(reply.status), reply.text);
    await world.startPayment([line(bill)]);
  });

  test('one payment covers items of several agencies, and each gets its own', async (t) => {
    const world = await city(t);
    const { token, bills } = await owner(world);
    const [topUp] = await world.payable('toll', MARIAM.toll, token);
    const items = [...bills.map((bill) => line(bill)), line(topUp, 'toll')];
    const payment = await world.startPayment(items, { token });
    const total = [...bills, topUp].reduce((all, item) => all + item.amount.amount, 0);
    assert.equal(payment.total.amount, total);
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token });
    assert.equal(world.assertBooksAgree(), total);
  });

  test('a top-up is paid once though two tabs chose two amounts for it', async (t) => {
    const world = await city(t);
    const token = await world.signIn(MARIAM.phone);
    const before = world.books().toll[MARIAM.toll].balance;
    const [topUp] = await world.payable('toll', MARIAM.toll, token);
    const of = (amount) => ({ ...line(topUp, 'toll'), amount });
    const payment = await world.startPayment([of(7550)], { token });
    const other = () => world.post('/v1/payments', order([of(10000)]), { token, key: uniqueKey() });
    assertProblem(await other(), 409, 'already-paid');
    await world.giveCard(payment, CARD.pays);
    const settled = await world.settled(payment.payment, { token });
    assert.equal(settled.total.amount, 7550);
    const { balance, next_top_up } = world.books().toll[MARIAM.toll];
    assert.equal(balance - before, 7550);
    assert.equal(next_top_up, 2);
    assertProblem(await other(), 409, 'already-paid');
    const [next] = await world.payable('toll', MARIAM.toll, token);
    await world.startPayment([line(next, 'toll')], { token });
  });

  test('an amount that was seen or chosen is paid, or nothing is', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const [topUp] = await world.payable('toll', MARIAM.toll, token);
    const { least, most } = topUp.pay;
    const pays = (item, amount) =>
      world.post('/v1/payments', order([{ ...item, amount }]), { token, key: uniqueKey() });
    for (const amount of [least - 1, most + 1])
      assertProblem(await pays(line(topUp, 'toll'), amount), 409, 'amount-refused');
    for (const amount of [bill.amount.amount - 1, bill.amount.amount + 1])
      assertProblem(await pays(line(bill), amount), 409, 'amount-refused');
    for (const amount of [0, -1, '5000', 50.5, null])
      assertProblem(await pays(line(topUp, 'toll'), amount), 422, 'invalid-input');
    assert.equal((await pays(line(bill), bill.amount.amount)).status, 201);
    assert.equal((await pays(line(topUp, 'toll'), least)).status, 201);
  });

  test('wherever the host is killed, the payment ends as one payment', async (t) => {
    const world = await city(t);
    const { token } = await owner(world);
    for (const pause of [0, 20, 50, 100]) {
      const [topUp] = await world.payable('toll', MARIAM.toll, token);
      const payment = await world.startPayment([line(topUp, 'toll')], { token });
      const card = world.giveCard(payment, CARD.pays);
      // Not to wait for anything: to hit another place each time.
      await new Promise((done) => setTimeout(done, pause));
      await world.crashAndRestart();
      assert.equal((await card).status, 303);
      await until('the plugins are back', async () =>
        (await world.get(`/v1/toll/bills?account=${MARIAM.toll}`)).status === 200);
      await world.settled(payment.payment, { token, ms: 60_000 });
      world.assertBooksAgree();
    }
  });
});

describe('Idempotency-Key', () => {
  test('the same key and body bring the same bytes, also after it is paid', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const key = uniqueKey();
    const ask = () => world.post('/v1/payments', order([line(bill)]), { token, key });
    const first = await ask();
    assert.equal(first.status, 201);
    assert.equal(first.headers['idempotent-replayed'], undefined);
    assert.equal(first.headers.location, `/v1/payments/${first.json.payment}`);
    const second = await ask();
    await world.giveCard(await world.payment(first.json.payment, token), CARD.pays);
    await world.settled(first.json.payment, { token });
    await world.crashAndRestart();
    for (const reply of [second, await ask()]) {
      assert.equal(reply.status, 201);
      assert.equal(reply.text, first.text);
      assert.equal(reply.headers['idempotent-replayed'], 'true');
      assert.equal(reply.headers.location, first.headers.location);
    }
  });

  test('the same key with another body is refused', async (t) => {
    const world = await city(t);
    const { token, bills } = await owner(world);
    const key = uniqueKey();
    await world.startPayment([line(bills[0])], { token, key });
    const reply = await world.post('/v1/payments', order([line(bills[1])]), { token, key });
    assertProblem(reply, 422, 'key-reused');
  });

  test('a key is one citizen\'s own', async (t) => {
    const world = await city(t);
    const { token, bills } = await owner(world);
    const other = await world.signIn(OMAR.phone);
    const key = uniqueKey();
    const mine = await world.startPayment([line(bills[0])], { token, key });
    const theirs = await world.startPayment([line(bills[1])], { token: other, key });
    assert.notEqual(mine.payment, theirs.payment);
  });

  test('no key, an empty one or one too long is refused', async (t) => {
    const world = await city(t);
    const [bill] = await world.payable(WATER, MARIAM.bills);
    const body = order([line(bill)]);
    assertProblem(await world.post('/v1/payments', body), 400, 'key-missing');
    assertProblem(await world.post('/v1/payments', body, { headers: { 'idempotency-key': '' } }), 400, 'key-missing');
    const long = await world.post('/v1/payments', body, { key: 'k'.repeat(256) });
    assertProblem(long, 422, 'invalid-input');
    await world.startPayment([line(bill)], { key: 'k'.repeat(255) });
  });

  test('the same call at the same moment makes one payment', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const key = uniqueKey();
    const calls = Array.from({ length: 8 }, () =>
      world.post('/v1/payments', order([line(bill)]), { token, key }),
    );
    const replies = await Promise.all(calls);
    const made = replies.filter((reply) => reply.status === 201);
    assert.ok(made.length >= 1);
    assert.equal(new Set(made.map((reply) => reply.text)).size, 1);
    for (const reply of replies)
      if (reply.status !== 201) assertProblem(reply, 409, 'in-flight');
    assert.equal((await world.get('/v1/payments', { token })).json.payments.length, 1);
  });
});

describe('an agency that fails', () => {
  test('while it is asked for the price: nothing begins', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const key = uniqueKey();
    const ask = () => world.post('/v1/payments', order([line(bill)]), { token, key });
    for (const mode of ['down', 'wrong']) {
      await world.fault('utility', mode);
      assertProblem(await ask(), 502, 'bills.agency-unavailable');
    }
    await world.fault('utility', 'slow', 60_000);
    const slow = await ask();
    assert.ok([502, 504].includes(slow.status), slow.text);
    assert.deepEqual((await world.get('/v1/payments', { token })).json.payments, []);
    await world.fault('utility', 'none');
    const payment = await world.startPayment([line(bill)], { token, key });
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token });
  });

  for (const posting of ['down', 'wrong'])
    test(`while it is told of the payment (${posting}): paid, waiting, and delivered when it is back`, async (t) => {
      const world = await city(t, { owing: true });
      const agency = await Agency.open(t, world);
      agency.posting = posting;
      const payment = await world.startPayment([ITEM]);
      await world.giveCard(payment, CARD.pays);
      await until('it was tried twice', () => agency.seen.length >= 2);
      const waiting = await world.payment(payment.payment);
      assert.equal(waiting.state, 'captured');
      assert.equal(waiting.lines[0].delivered, false, 'paid, waiting for the agency');
      assert.ok(waiting.receipt);
      agency.posting = 'well';
      await world.settled(payment.payment);
      assert.equal(world.sums().charged, agency.posted);
      assert.equal(new Set(agency.seen.map(({ reference }) => reference)).size, 1);
      for (const { key, reference } of agency.seen) assert.equal(key, reference);
    });

  test('that took it and did not say so is told again, under the same reference', async (t) => {
    const world = await city(t, { owing: true });
    const agency = await Agency.open(t, world);
    agency.posting = 'hang-up';
    const payment = await world.startPayment([ITEM]);
    await world.giveCard(payment, CARD.pays);
    await until('it has taken it', () => agency.paidBy);
    agency.posting = 'well';
    await world.settled(payment.payment);
    assert.equal(world.sums().charged, agency.posted);
  });

  test('that was down when the host was killed is told by the next one', async (t) => {
    const world = await city(t, { owing: true });
    const agency = await Agency.open(t, world);
    agency.posting = 'down';
    const payment = await world.startPayment([ITEM]);
    await world.giveCard(payment, CARD.pays);
    await until('it was tried', () => agency.seen.length >= 1);
    await world.crashAndRestart();
    agency.posting = 'well';
    await world.settled(payment.payment, { ms: 60_000 });
    assert.equal(world.sums().charged, agency.posted);
  });

  test('that refuses what was paid: the money is given back', async (t) => {
    const world = await city(t, { owing: true });
    const agency = await Agency.open(t, world);
    agency.posting = 'refuse';
    const payment = await world.startPayment([ITEM]);
    await world.giveCard(payment, CARD.pays);
    const over = await world.settled(payment.payment, { state: 'refunded' });
    assert.deepEqual(over.refunded, over.total);
    assert.equal(world.sums().charged, 0);
    // The item is free again, and this time the agency takes it.
    agency.posting = 'well';
    const second = await world.startPayment([ITEM]);
    await world.giveCard(second, CARD.pays);
    await world.settled(second.payment);
    assert.equal(world.sums().charged, agency.posted);
  });

  for (const [quoting, reason] of [['dearer', 'amount-changed'], ['settled', 'not-owed']])
    test(`that says otherwise once the card was given (${reason}): nothing is charged`, async (t) => {
      const world = await city(t, { owing: true });
      const agency = await Agency.open(t, world);
      const payment = await world.startPayment([ITEM]);
      agency.quoting = quoting;
      await world.giveCard(payment, CARD.pays);
      const over = await world.settled(payment.payment, { state: 'voided' });
      assert.equal(over.reason, reason);
      assert.equal(over.lines[0].state, 'released');
      assert.equal(world.sums().charged, 0);
      assert.equal(agency.seen.length, 0);
    });

  test('that cannot say, once the card was given: the money is held, not taken, until it can', async (t) => {
    const world = await city(t, { owing: true });
    const agency = await Agency.open(t, world);
    const payment = await world.startPayment([ITEM]);
    agency.quoting = 'down';
    await world.giveCard(payment, CARD.pays);
    const held = await until('the card holds it', async () => {
      const now = await world.payment(payment.payment);
      return now.state === 'authorized' && now;
    });
    assert.equal(held.receipt, undefined);
    assert.equal(world.sums().charged, 0);
    agency.quoting = 'well';
    await world.settled(payment.payment, { ms: 60_000 });
    assert.equal(world.sums().charged, agency.posted);
  });
});

describe('paying from the wallet', () => {
  test('an empty wallet pays nothing', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const wallet = await world.get('/v1/wallet', { token });
    assert.deepEqual(wallet.json.balance, { amount: 0, currency: 'AED' });
    const body = { method: 'wallet', items: [line(bill)] };
    assertProblem(await world.post('/v1/payments', body, { token, key: uniqueKey() }), 402, 'insufficient-funds');
    await world.startPayment([line(bill)], { token });
  });

  test('a wallet is somebody\'s: one signs in first', async (t) => {
    const world = await city(t);
    const [bill] = await world.payable(WATER, MARIAM.bills);
    const body = { method: 'wallet', items: [line(bill)] };
    assertProblem(await world.post('/v1/payments', body, { key: uniqueKey() }), 401, 'not-signed-in');
  });

  test('where the city has no wallets it is no method', async (t) => {
    const world = await city(t, { config: { money: { wallet: false } } });
    const { token, bills: [bill] } = await owner(world);
    const body = { method: 'wallet', items: [line(bill)] };
    const reply = await world.post('/v1/payments', body, { token, key: uniqueKey() });
    assert.equal(assertProblem(reply, 422, 'invalid-input').errors[0].pointer, '/method');
  });

  test('a funded wallet pays a bill once, and its operator funds it once', async (t) => {
    // owing: what the wallet pays, the card provider never sees.
    const world = await city(t, { owing: true });
    const { token, bills: [bill] } = await owner(world);
    const { account } = (await world.get('/v1/session', { token })).json;
    const fund = String(bill.amount.amount + 500);
    await world.medina('wallet', 'credit', account, fund, 'book-1');
    await world.medina('wallet', 'credit', account, fund, 'book-1');
    const body = { method: 'wallet', items: [line(bill)] };
    const key = uniqueKey();
    const first = await world.post('/v1/payments', body, { token, key });
    assert.equal(first.status, 201);
    assert.equal(first.json.state, 'captured');
    const again = await world.post('/v1/payments', body, { token, key });
    assert.equal(again.text, first.text);
    assertProblem(await world.post('/v1/payments', body, { token, key: uniqueKey() }), 409, 'already-paid');
    await world.settled(first.json.payment, { token });
    const wallet = await world.get('/v1/wallet', { token });
    assert.equal(wallet.json.balance.amount, 500);
    assert.deepEqual(world.sums(), { charged: 0, posted: bill.amount.amount });
    assert.notEqual((await world.tryMedina('wallet', 'credit', account, '-5', 'book-2')).code, 0);
  });
});

describe('civil time', () => {
  // 25 hours apart: whatever the moment, their dates differ.
  const far = { config: { city: { zone: 'Pacific/Kiritimati' } }, env: { TZ: 'Pacific/Pago_Pago' } };
  const dateIn = (zone, moment) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(moment);

  test('a receipt is dated in the city\'s zone, never in the machine\'s', async (t) => {
    const world = await city(t, far);
    const [bill] = await world.payable(WATER, MARIAM.bills);
    const payment = await world.startPayment([line(bill)]);
    await world.giveCard(payment, CARD.pays);
    const { receipt, paid } = await world.settled(payment.payment);
    const date = dateIn('Pacific/Kiritimati', new Date(paid));
    assert.equal(receipt.slice(0, 6), date.slice(2).replaceAll('-', ''));
  });

  test('a bill is overdue by the city\'s calendar', async (t) => {
    const world = await city(t, far);
    for (const { id, due, badge } of await world.payable(WATER, MARIAM.bills)) {
      const before = due < dateIn('Pacific/Kiritimati', new Date());
      assert.equal(badge.title.en, before ? 'Overdue' : 'Due', `${id} due ${due}`);
    }
  });
});
