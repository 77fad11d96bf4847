// SPDX-License-Identifier: Apache-2.0
// The wallet filled by card, up to its cap, and emptied to where its money came from.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { city, line, owner, MARIAM } from './city.mjs';
import { Reader, WEB } from './fines.mjs';
import { assertProblem, CARD, uniqueKey, until } from './world.mjs';

const ON = { wallet: true, top_up: true, wallet_cap: 200_000 };
const balance = async (world, token) => (await world.get('/v1/wallet', { token })).json.balance.amount;
const begin = (world, token, amount, key = uniqueKey()) =>
  world.post('/v1/wallet/top-up', { amount }, { token, key });

async function topUp(world, token, amount) {
  const reply = await begin(world, token, amount);
  assert.equal(reply.status, 201, reply.text);
  await world.giveCard(reply.json, CARD.pays);
  return world.settled(reply.json.payment, { token });
}

describe('the wallet', () => {
  test('is filled by card with a receipt, pays, and the rest goes back to its cards', async (t) => {
    const world = await city(t, { owing: true, config: { money: ON } });
    const { token, bills: [bill] } = await owner(world);
    const first = await topUp(world, token, bill.amount.amount);
    assert.ok(first.receipt);
    const second = await topUp(world, token, 5_000);
    assert.equal(await balance(world, token), bill.amount.amount + 5_000);
    const paid = await world.startPayment([line(bill)], { token, method: 'wallet' });
    await world.settled(paid.payment, { token });

    const { json: { account } } = await world.get('/v1/session', { token });
    await world.medina('wallet', 'credit', account, '700', 'gift');
    const key = uniqueKey();
    const back = await world.post('/v1/wallet/redeem', {}, { token, key });
    assert.equal(back.status, 202, back.text);
    assert.deepEqual(back.json.redeemed, { amount: 5_700, currency: 'AED' });
    assert.deepEqual(back.json.payments, [second.payment, first.payment], 'the newest first');
    const again = await world.post('/v1/wallet/redeem', {}, { token, key });
    assert.deepEqual([again.status, again.text], [back.status, back.text]);
    await world.settled(second.payment, { token, state: 'refunded' });
    await until('the provider has it', () =>
      (world.books().refunds ?? []).reduce((sum, { amount }) => sum + amount, 0) === 5_700);
    assert.equal(await balance(world, token), 0);
    assertProblem(await world.post('/v1/wallet/redeem', {}, { token, key: uniqueKey() }), 409, 'nothing-to-redeem');
    assert.match(await world.medina('money', 'verify'), /all of it agrees/);
  });

  test('is not filled where it is off, above the cap, or without what the call needs', async (t) => {
    const world = await city(t, { plugins: false, owing: true, config: { money: ON } });
    const token = await world.signIn(MARIAM.phone);
    assertProblem(await world.post('/v1/wallet/top-up', { amount: 5 }, { key: uniqueKey() }), 401, 'not-signed-in');
    assertProblem(await world.post('/v1/wallet/top-up', { amount: 5 }, { token }), 400, 'key-missing');
    assertProblem(await world.post('/v1/wallet/redeem', {}, { token }), 400, 'key-missing');
    for (const amount of [undefined, 0, -1, 1.5, '5'])
      assertProblem(await begin(world, token, amount), 422, 'invalid-input');
    assertProblem(await begin(world, token, 200_001), 409, 'wallet-full');
    const key = uniqueKey();
    const open = await begin(world, token, 150_000, key);
    assert.equal((await begin(world, token, 150_000, key)).text, open.text, 'one page for one key');
    assertProblem(await begin(world, token, 1, key), 422, 'key-reused');
    assertProblem(await begin(world, token, 50_001), 409, 'wallet-full');
    // Nobody buys a top-up as if it were an agency's item.
    const item = { instance: 'wallet', item: 'x' };
    assertProblem(await world.post('/v1/payments', { method: 'card', items: [item] }, { token, key: uniqueKey() }), 404, 'not-found');
    assert.equal(await balance(world, token), 0);
  });

  test('is not filled by default', async (t) => {
    const world = await city(t, { plugins: false });
    const token = await world.signIn(MARIAM.phone);
    assertProblem(await begin(world, token, 500), 404, 'not-found');
  });

  test('is filled and emptied on the page of My account', async (t) => {
    const world = await city(t, { plugins: false, owing: true, config: { ...WEB, money: ON } });
    const token = await world.signIn(MARIAM.phone);
    const page = await new Reader(world, 'ar').signIn(MARIAM);
    await page.open('/account/wallet');
    assert.ok(page.text.includes('شحن بالبطاقة'), page.text);
    await page.send('/account/top-up', { amount: '١٢٫٥٠' });
    assert.ok(page.location.startsWith(world.sandboxUrl), 'the provider\'s page');
    await world.giveCard({ redirect: page.location }, CARD.pays);
    const [{ payment }] = (await world.get('/v1/payments', { token })).json.payments;
    await world.settled(payment, { token });
    await page.open(`/payments/${payment}/receipt`);
    assert.equal(page.status, 200);
    assert.ok(page.text.includes('شحن المحفظة'), page.text);
    await page.open('/account/wallet');
    await page.send('/account/redeem');
    assert.equal(page.status, 200, page.text);
    await world.settled(payment, { token, state: 'refunded' });
    assert.equal(await balance(world, token), 0);
    await page.open('/account/wallet');
    assert.ok(!page.html.includes('/account/redeem'), 'nothing to give back');
  });
});
