// SPDX-License-Identifier: Apache-2.0
// Nothing about a person is in what the host prints or counts: city.mjs looks after every flow;
// here the flows fail on purpose, for it is failures that talk too much.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { city, line, MARIAM, OMAR, owner, WATER } from './city.mjs';
import { assertNothingPersonal, findPersonal } from './personal.mjs';
import { CARD, plugin, raw, uniqueKey } from './world.mjs';

test('the search finds what it looks for', () => {
  for (const text of ['to +971501234567', 'account=2001234567', 'of Mariam', 'code 123456.'])
    assert.equal(findPersonal(text, ['123456']).length, 1, text);
  assert.deepEqual(findPersonal('medina_store_commit_nanoseconds_total 81234569', ['123456']), []);
});

test('nothing personal is printed or counted when everything fails', async (t) => {
  const world = await city(t);
  const { token, bills: [bill] } = await owner(world);
  const pay = () => world.post('/v1/payments', { method: 'card', items: [line(bill)] }, { token, key: uniqueKey() });
  for (const target of ['sms', 'utility', 'provider'])
    for (const mode of ['down', 'wrong']) {
      await world.fault(target, mode);
      await world.post('/v1/sign-in/code', { phone: OMAR.phone });
      await world.get(`/v1/${WATER}/bills?account=${MARIAM.bills}`, { token });
      await world.post(`/v1/${WATER}/link`, { account: MARIAM.bills }, { token });
      const begun = await pay();
      if (begun.status === 201) await world.api('POST', `/v1/payments/${begun.json.payment}/cancel`, { token });
      await world.fault(target, 'none');
    }
  await world.get(`/v1/${WATER}/${MARIAM.bills}`, { token: `${token}x` });
  await world.post('/v1/sign-in', { challenge: MARIAM.phone, code: MARIAM.bills });
  await raw(world.port, `GET /v1/${MARIAM.bills} HTTP/9 ${MARIAM.phone}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  for (const { pid } of await world.plugins()) process.kill(pid, 'SIGKILL');
  await world.crashAndRestart();
  await assertNothingPersonal(world);
});

test('nothing personal is printed or counted of a payment, and no card number reaches the host', async (t) => {
  const world = await city(t);
  const { token, bills: [bill] } = await owner(world);
  const payment = await world.startPayment([line(bill)], { token });
  await world.giveCard(payment, CARD.declined);
  await world.giveCard(payment, CARD.asks);
  await world.answerBank(payment, 'pass');
  await world.settled(payment.payment, { token });
  await world.medina('plugin', 'unload', WATER);
  await world.medina('plugin', 'load', plugin('hello'));
  await assertNothingPersonal(world);
});
