// SPDX-License-Identifier: Apache-2.0
// One payment for several agencies: each accepts its own part, what is accepted is taken once.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { Agency, ITEM } from './agency.mjs';
import { city, line, MARIAM, WATER } from './city.mjs';
import { bin, CARD, request } from './world.mjs';

const config = { paths: { web: join(bin, '../web') } };

async function two(t, settings = {}) {
  const world = await city(t, { owing: true, config: { ...config, ...settings } });
  const agency = await Agency.open(t, world);
  const [bill] = await world.payable(WATER, MARIAM.bills);
  const payment = await world.startPayment([line(bill), ITEM]);
  return { world, agency, bill, payment };
}

async function expectInPart({ world, agency, bill, payment }, reason, language, words) {
  const paid = await world.settled(payment.payment, { delivered: false });
  assert.deepEqual(paid.captured, bill.amount);
  assert.deepEqual(paid.lines.map((one) => [one.state, one.reason]), [['paid', undefined], ['released', reason]]);
  assert.equal(world.sums().charged, bill.amount.amount);
  assert.equal(agency.posted, 0);
  assert.deepEqual(agency.seen, []);
  const page = await request(`${world.url}/${language}/payments/${payment.payment}`);
  assert.ok(page.text.includes(words), page.text);
  const receipt = await request(`${world.url}/${language}/payments/${payment.payment}/receipt`);
  assert.equal(receipt.status, 200);
  assert.match(await world.medina('money', 'verify'), /all of it agrees/);
}

describe('one payment for two agencies', () => {
  test('is taken once when both accept, and has one receipt', async (t) => {
    const { world, agency, bill, payment } = await two(t);
    await world.giveCard(payment, CARD.pays);
    const paid = await world.settled(payment.payment);
    assert.equal(world.sums().charged, paid.total.amount);
    assert.equal(agency.posted, paid.total.amount - bill.amount.amount);
    const receipt = await world.get(`/v1/receipts/${paid.receipt}?code=${paid.receipt_code}`);
    assert.deepEqual(receipt.json.lines.map(({ instance }) => instance), [WATER, 'harbour']);
  });

  test('leaves out what was paid elsewhere meanwhile', async (t) => {
    const both = await two(t);
    both.agency.quoting = 'settled';
    await both.world.giveCard(both.payment, CARD.pays);
    await expectInPart(both, 'not-owed', 'en', 'It is not owed any more');
  });

  test('leaves out what has another amount by now, and offers it again', async (t) => {
    const both = await two(t);
    both.agency.quoting = 'dearer';
    await both.world.giveCard(both.payment, CARD.pays);
    await expectInPart(both, 'amount-changed', 'ar', 'تغيّر المبلغ');
    const page = await request(`${both.world.url}/ar/payments/${both.payment.payment}`);
    assert.ok(page.text.includes('/ar/pay?item=instance%3Dharbour'), page.text);
  });

  test('does not wait for ever for an agency that is down', async (t) => {
    const both = await two(t, { money: { quote_patience_ms: 1500 } });
    both.agency.quoting = 'down';
    await both.world.giveCard(both.payment, CARD.pays);
    await expectInPart(both, 'agency-unavailable', 'en', 'did not answer in time');
  });
});
