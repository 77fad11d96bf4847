// SPDX-License-Identifier: Apache-2.0
// What the city tells a citizen about payments, in the inbox.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Agency, ITEM } from './agency.mjs';
import { city, line, MARIAM, OMAR, owner } from './city.mjs';
import { assertProblem, CARD, until } from './world.mjs';

const messages = async (world, token) => (await world.get('/v1/inbox', { token })).json;

describe('the inbox', () => {
  test('tells the payer, and nobody else, once the agency has confirmed', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    assert.deepEqual(await messages(world, token), { messages: [], unseen: 0 });
    const payment = await world.startPayment([line(bill)], { token });
    await world.giveCard(payment, CARD.pays);
    const paid = await world.settled(payment.payment, { token });
    const { messages: [message, ...more], unseen } = await messages(world, token);
    assert.equal(unseen, 1);
    assert.deepEqual(more, []);
    assert.equal(message.kind, 'payment.captured');
    assert.equal(message.seen, false);
    assert.deepEqual(message.values, { payment: payment.payment, receipt: paid.receipt, amount: bill.amount });
    const other = await world.signIn(OMAR.phone);
    assert.deepEqual(await messages(world, other), { messages: [], unseen: 0 });
    assertProblem(await world.get('/v1/inbox'), 401, 'not-signed-in');

    for (const until of [undefined, 7, 'yesterday'])
      assertProblem(await world.post('/v1/inbox/seen', { until }, { token }), 422, 'invalid-input');
    await world.post('/v1/inbox/seen', { until: message.at }, { token: other });
    assert.equal((await messages(world, token)).unseen, 1, 'another cannot mark mine');
    const marked = await world.post('/v1/inbox/seen', { until: message.at }, { token });
    assert.deepEqual(marked.json, { seen: 1 });
    assert.equal((await messages(world, token)).unseen, 0);
  });

  test('tells of a refund when the agency would not take what was paid', async (t) => {
    const world = await city(t, { owing: true });
    const agency = await Agency.open(t, world);
    const token = await world.signIn(MARIAM.phone);
    agency.posting = 'refuse';
    const payment = await world.startPayment([ITEM], { token });
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token, state: 'refunded' });
    const found = await until('the refund is told', async () =>
      (await messages(world, token)).messages.find(({ kind }) => kind === 'payment.refunded'));
    assert.deepEqual(found.values.amount, payment.total);
    assert.equal(found.values.payment, payment.payment);
  });
});
