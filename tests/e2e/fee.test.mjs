// SPDX-License-Identifier: Apache-2.0
// The city's fee on a payment: shown before, charged with it, kept by the city and not the agency.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city, line, MARIAM, owner, WATER } from './city.mjs';
import { bin, CARD, request, run } from './world.mjs';

const tariff = { '*': { card: { fixed: 100, basis_points: 50 } }, [WATER]: { wallet: { fixed: 25 } } };

describe('a fee of the city', () => {
  test('is on the review, in the total, on the receipt, and not the agency\'s', async (t) => {
    const world = await city(t, { owing: true, config: { tariff, paths: { web: join(bin, '../web') } } });
    const [{ id, amount: { amount } }] = await world.payable(WATER, MARIAM.bills);
    const fee = 100 + Math.round(amount * 50 / 10000);
    const query = new URLSearchParams({ item: `instance=${WATER}&item=${id}` });
    const words = (fils) => (fils / 100).toLocaleString('en', { minimumFractionDigits: 2 });
    for (const [language, word] of [['en', 'plus a service fee of'], ['ar', 'رسوم خدمة']]) {
      const review = await request(`${world.url}/${language}/pay?${query}`);
      assert.ok(review.text.includes(word) && review.text.includes(words(fee)), review.text);
    }
    const payment = await world.startPayment([line({ id })]);
    assert.equal(payment.total.amount, amount + fee);
    assert.equal(payment.lines[0].fee.amount, fee);
    await world.giveCard(payment, CARD.pays);
    const paid = await world.settled(payment.payment);
    const sums = world.sums();
    assert.equal(sums.charged, amount + fee);
    const receipt = await request(`${world.url}/en/payments/${payment.payment}/receipt`);
    assert.ok(receipt.text.includes('Service fee') && receipt.text.includes(words(fee)));
    assert.equal((await world.get(`/v1/receipts/${paid.receipt}?code=${paid.receipt_code}`)).json.total.amount, amount + fee);
    assert.match(await world.medina('money', 'verify'), /all of it agrees/);
  });

  test('is the wallet\'s own for the wallet', async (t) => {
    const world = await city(t, { owing: true, config: { tariff } });
    const { token, bills: [bill] } = await owner(world);
    const { json: { account } } = await world.get('/v1/session', { token });
    await world.medina('wallet', 'credit', account, '1000000', 'salary');
    const paid = await world.startPayment([line(bill)], { token, method: 'wallet' });
    assert.equal(paid.total.amount, bill.amount.amount + 25);
    await world.settled(paid.payment, { token });
    const { json: { balance } } = await world.get('/v1/wallet', { token });
    assert.equal(balance.amount, 1000000 - bill.amount.amount - 25);
  });

  test('that nobody can charge keeps the host from starting, and says where', async (t) => {
    const world = await city(t);
    world.config = { tariff: { water: { card: { percent: 2 } } } };
    world.writeConfig();
    const reply = await run('medinad', ['--config', world.configFile]);
    assert.notEqual(reply.code, 0);
    assert.match(reply.output, /tariff\.water\.card: percent is not known/);
  });
});
