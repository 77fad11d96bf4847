// SPDX-License-Identifier: Apache-2.0
// Cards that the citizen lets the payment provider keep.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { city, line, MARIAM, OMAR, owner } from './city.mjs';
import { Reader, WEB } from './fines.mjs';
import { assertProblem, CARD, request, submit, uniqueKey } from './world.mjs';

const keep = (payment, number) =>
  submit(payment.redirect, { number, expiry: '12/30', cvc: '123', keep: 'yes' });
const kept = async (world, token) => {
  const reply = await world.get('/v1/cards', { token });
  assert.equal(reply.status, 200, reply.text);
  return reply.json.cards;
};
const remove = (world, card, token) => world.api('DELETE', `/v1/cards/${card}`, { token });
const ON = { wallet: true, top_up: true, wallet_cap: 200_000 };

async function topUp(world, token) {
  const reply = await world.post('/v1/wallet/top-up', { amount: 1_000 }, { token, key: uniqueKey() });
  assert.equal(reply.status, 201, reply.text);
  return reply.json;
}

describe('kept cards', () => {
  test('a card is kept on the provider\'s page, seen, paid with again, and removed', async (t) => {
    const world = await city(t);
    const { token, bills } = await owner(world);
    assert.deepEqual(await kept(world, token), []);
    const first = await world.startPayment([line(bills[0])], { token });
    assert.equal((await keep(first, CARD.pays)).status, 303);
    await world.settled(first.payment, { token });
    const [card, ...others] = await kept(world, token);
    assert.deepEqual(others, []);
    assert.deepEqual({ ...card, card: '' }, { card: '', brand: 'visa', last4: '4242', expires: '2030-12' });
    assert.ok(!JSON.stringify(world.books().payment_methods).includes(CARD.pays), 'no number is kept');

    const second = await world.startPayment([line(bills[1])], { token });
    const page = await request(second.redirect);
    assert.ok(page.text.includes(`value="${card.card}"`), page.text);
    assert.equal((await submit(second.redirect, { kept: card.card })).status, 303);
    await world.settled(second.payment, { token });
    assert.equal(world.assertBooksAgree(), bills[0].amount.amount + bills[1].amount.amount);

    assert.equal((await remove(world, card.card, token)).status, 204);
    assert.deepEqual(await kept(world, token), []);
    assertProblem(await remove(world, card.card, token), 404, 'not-found');
  });

  test('are nobody else\'s to see, to pay with or to remove', async (t) => {
    const world = await city(t, { plugins: false, owing: true, config: { money: ON } });
    const mariam = await world.signIn(MARIAM.phone), omar = await world.signIn(OMAR.phone);
    const first = await topUp(world, mariam);
    await keep(first, CARD.pays);
    await world.settled(first.payment, { token: mariam });
    const [{ card }] = await kept(world, mariam);
    const other = await topUp(world, omar);
    assert.ok(!(await request(other.redirect)).text.includes(card));
    assert.equal((await submit(other.redirect, { kept: card })).status, 402);
    assert.deepEqual(await kept(world, omar), []);
    assertProblem(await remove(world, card, omar), 404, 'not-found');
    assertProblem(await world.get('/v1/cards'), 401, 'not-signed-in');
    assertProblem(await remove(world, card), 401, 'not-signed-in');
    assert.equal((await kept(world, mariam)).length, 1);
    const plain = await topUp(world, mariam);
    await world.giveCard(plain, CARD.asks);
    await world.answerBank(plain, 'pass');
    await world.settled(plain.payment, { token: mariam });
    assert.equal((await kept(world, mariam)).length, 1, 'a card that nobody asked to keep is not kept');
  });

  test('who pays anonymously is offered to keep none', async (t) => {
    const world = await city(t);
    const [bill] = await world.payable('water-electricity', MARIAM.bills);
    const payment = await world.startPayment([line(bill)]);
    assert.ok(!(await request(payment.redirect)).text.includes('name="keep"'));
    await keep(payment, CARD.pays);
    await world.settled(payment.payment);
    assert.equal(world.books().customers, undefined);
    assert.equal(world.books().payment_methods, undefined);
  });

  test('a provider that is down is said to be; the page of My account is still there', async (t) => {
    const world = await city(t, { plugins: false, owing: true, config: { ...WEB, money: ON, provider: { cards_timeout_ms: 500 } } });
    const token = await world.signIn(MARIAM.phone);
    const page = await new Reader(world).signIn(MARIAM);
    await page.open('/account/cards');
    assert.ok(page.text.includes('No cards are kept'), page.text);
    const payment = await topUp(world, token);
    await keep(payment, CARD.pays);
    await world.settled(payment.payment, { token });
    const [{ card }] = await kept(world, token);
    for (const mode of ['down', 'wrong']) {
      await world.fault('provider', mode);
      assertProblem(await world.get('/v1/cards', { token }), 502, 'provider-unavailable');
      assertProblem(await remove(world, card, token), 502, 'provider-unavailable');
      await page.open('/account/cards');
      assert.equal(page.status, 200);
      assert.ok(page.text.includes('The payment provider does not answer'), page.text);
    }
    await world.fault('provider', 'slow', 3_000);
    assertProblem(await world.get('/v1/cards', { token }), 502, 'provider-unavailable');
    await world.fault('provider', 'none');
    await page.open('/account/cards');
    assert.match(page.text, /visa •••• 4242/);
    await page.send('/account/cards');
    assert.ok(page.text.includes('No cards are kept'), page.text);
    assert.deepEqual(await kept(world, token), []);
  });
});
