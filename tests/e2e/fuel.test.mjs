// SPDX-License-Identifier: Apache-2.0
// Contactless fuel, whatever happens at the pump: the money is right to the fils in the city's books,
// at the provider and at the network. city.mjs holds every test to that, too.
import assert from 'node:assert/strict';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { OMAR } from './city.mjs';
import { Clock } from './clock.mjs';
import { PUMP, rounded, Station } from './fuel.mjs';
import { assertProblem, bin, CARD, PROVIDER_KEY, request, root, uniqueKey, until } from './world.mjs';

// Each in a city of its own, and they mostly wait.
const AT_ONCE = { concurrency: 3 };

const order = (item) => ({ method: 'card', items: [{ instance: 'fuel', item }] });

describe('what is taken', AT_ONCE, () => {
  test('is what was pumped, and the rest of the limit is released', async (t) => {
    const station = await Station.open(t);
    await station.drives({ tank_ml: 38_250 });
    const payment = await station.begins();
    assert.deepEqual(payment.total, { amount: 15_000, currency: 'AED' });
    assert.equal(payment.hold, true);
    const amount = rounded(38_250, station.price);
    const over = await station.took(payment, amount);
    assert.ok(amount < 15_000);
    assert.equal(over.lines[0].delivered, true);
    assert.match(over.receipt, /^\d{6}-/);
    const { json } = await station.follows(payment);
    assert.equal(json.state, 'done');
    assert.equal(json.live, undefined);
    assert.deepEqual(json.sections[0].rows[1].value, { amount, currency: 'AED' });
  });

  test('is the limit in dirhams when the tank takes more, never above it', async (t) => {
    const station = await Station.open(t);
    await station.drives({ tank_ml: 90_000 });
    const payment = await station.begins({ limit_amount: 5_001 });
    const pumped = Math.floor((5_001 * 1000) / station.price);
    await station.took(payment, rounded(pumped, station.price));
    assert.ok(rounded(pumped, station.price) <= 5_001);
  });

  test('is exactly the litres asked for', async (t) => {
    const station = await Station.open(t);
    await station.drives({ tank_ml: 90_000 });
    const payment = await station.begins({ limit_litres: 7 });
    assert.equal(payment.total.amount, 7 * station.price);
    await station.took(payment, 7 * station.price);
  });

  test('is less when the nozzle is hung up early, to the millilitre', async (t) => {
    const station = await Station.open(t);
    await station.drives({ tank_ml: 5_123 });
    await station.took(await station.begins(), rounded(5_123, station.price));
  });

  test('is nothing when the nozzle is hung up at once', async (t) => {
    const station = await Station.open(t);
    await station.drives({ tank_ml: 0 });
    const payment = await station.begins();
    const over = await station.took(payment, 0);
    assert.equal(over.lines[0].state, 'released');
    assert.equal((await station.follows(payment)).json.state, 'cancelled');
  });

  test('is what there was until the citizen stops the pump', async (t) => {
    const station = await Station.open(t);
    await station.drives({ flow_ml: 2_000 });
    const payment = await station.begins();
    await station.pumps(payment);
    const input = { item: payment.item.id };
    assert.equal((await station.world.post('/v1/fuel/stop', input, { token: station.token })).status, 200);
    const { millilitres, price } = await station.reading(payment);
    assert.ok(millilitres < 38_250);
    await station.took(payment, rounded(millilitres, price));
    assertProblem(await station.world.post('/v1/fuel/stop', input, { token: station.token }), 422, 'fuel.nothing-to-stop');
  });

  test('comes from the wallet in the same way', async (t) => {
    const station = await Station.open(t, { options: { owing: true } }); // the provider sees none of it
    const { world, token } = station;
    const balance = async () => (await world.get('/v1/wallet', { token })).json.balance.amount;
    const { account } = (await world.get('/v1/session', { token })).json;
    await world.medina('wallet', 'credit', account, '20000', 'test');
    await station.drives({ flow_ml: 10_000 });
    const payment = await station.begins({ limit_litres: 50 }, { method: 'wallet' });
    await station.pumps(payment);
    assert.equal(await balance(), 20_000 - 50 * station.price, 'the limit is held');
    const over = await station.ended(payment);
    const amount = rounded(38_250, station.price);
    assert.equal(over.captured.amount, amount);
    assert.equal(await balance(), 20_000 - amount);
    assert.equal(station.fill(payment).settled, amount);
    const more = await station.orders({ limit_litres: 50 });
    const poor = await world.post('/v1/payments', { ...order(more.id), method: 'wallet' }, { token, key: uniqueKey() });
    assertProblem(poor, 402, 'insufficient-funds');
  });
});

describe('nothing is taken', AT_ONCE, () => {
  test('when the pump is out of order by the time it is to be released', async (t) => {
    const station = await Station.open(t);
    const item = await station.orders();
    await station.drives({ offline: true });
    const payment = await station.world.startPayment([{ instance: 'fuel', item: item.id }], { token: station.token });
    await station.world.giveCard(payment, CARD.pays);
    const over = await station.took({ ...payment, item }, 0);
    assert.equal(over.reason, 'offline');
    assert.match((await station.follows({ item })).json.next.en, /out of order/);
  });

  test('when somebody else is at the pump', async (t) => {
    const station = await Station.open(t);
    const item = await station.orders();
    await station.drives({ lift_ms: 60_000 });
    const other = await station.begins();
    await station.pumps(other, 'released');
    const payment = await station.world.startPayment([{ instance: 'fuel', item: item.id }], { token: station.token });
    await station.world.giveCard(payment, CARD.pays);
    const over = await station.ended(payment);
    assert.equal(over.reason, 'busy');
    await station.world.post('/v1/fuel/stop', { item: other.item.id }, { token: station.token });
    await station.ended(other);
    assert.equal(station.world.sums().charged, 0);
  });

  test('when the citizen walks away, and the pump is free again', async (t) => {
    const station = await Station.open(t);
    await station.drives({ lift_ms: -1, start_within_ms: 1_500 });
    const payment = await station.begins();
    await station.pumps(payment, 'released');
    const busy = await station.world.get(`/v1/fuel/pump?code=${PUMP}`);
    assert.equal(busy.json.badge.title.en, 'Busy');
    const over = await station.took(payment, 0);
    assert.equal(over.reason, 'nothing-taken');
    assert.equal((await station.world.get(`/v1/fuel/pump?code=${PUMP}`)).json.badge.title.en, 'Free');
    assert.match((await station.follows(payment)).json.next.en, /not lifted in time/);
  });

  test('when the pump is lost before a drop has flowed; what had flowed is paid', async (t) => {
    const station = await Station.open(t);
    await station.drives({ lift_ms: 5_000, offline_ms: 300 });
    await station.took(await station.begins(), 0);
    const other = await Station.open(t);
    await other.drives({ flow_ml: 10_000, offline_ms: 1_000 });
    await other.took(await other.begins(), rounded(10_000, other.price));
  });

  test('when the card is declined: the pump hears nothing of it', async (t) => {
    const station = await Station.open(t);
    const item = await station.orders();
    const payment = await station.world.startPayment([{ instance: 'fuel', item: item.id }], { token: station.token });
    assert.equal((await station.world.giveCard(payment, CARD.declined)).status, 402);
    assert.equal((await station.payment(payment)).state, 'created');
    const cancelled = await station.world.api('POST', `/v1/payments/${payment.payment}/cancel`, { token: station.token });
    assert.equal(cancelled.json.state, 'voided');
    await station.ended(payment);
    assert.equal(station.fill(payment), undefined);
    assert.equal((await station.follows({ item })).json.state, 'active');
  });
});

const SHORT = { config: { money: { wallet: true, hold_ms: 2_500 } } };

describe('the network bears', AT_ONCE, () => {
  /** Nothing was taken, and the network's books name all that it gave as its loss. */
  async function lost(station, payment) {
    await station.took(payment, 0);
    const { millilitres, loss, settled, incident } = await until('the network has booked it', async () => {
      const reading = await station.reading(payment);
      return reading.incident && reading;
    });
    assert.ok(millilitres > 0);
    assert.equal(loss, rounded(millilitres, station.price));
    assert.equal(settled, 0);
    assert.equal(incident.kind, 'not-collected');
    assert.equal(incident.loss, loss);
  }

  test('what it gave while it was silent until the hold ran out', async (t) => {
    const station = await Station.open(t, { options: SHORT });
    await station.drives({ flow_ml: 1_000 });
    const payment = await station.begins();
    await station.pumps(payment);
    await station.world.fault('fuel', 'down');
    const waits = await station.follows(payment);
    assert.match(waits.json.next.en, /does not answer/);
    const over = await until('it is released', async () => {
      const now = await station.payment(payment);
      return now.state !== 'authorized' && now;
    });
    assert.equal(over.reason, 'hold-expired');
    await station.world.fault('fuel', 'none');
    await lost(station, payment);
    const reading = await station.reading(payment);
    assert.equal(reading.state, 'finished', 'the pump was stopped');
  });

  test('nothing when it never heard of the fill', async (t) => {
    const station = await Station.open(t, { options: SHORT });
    const item = await station.orders();
    await station.world.fault('fuel', 'down');
    const payment = await station.world.startPayment([{ instance: 'fuel', item: item.id }], { token: station.token });
    await station.world.giveCard(payment, CARD.pays);
    await until('it is released', async () => (await station.payment(payment)).state !== 'authorized' && station.charge().status === 'canceled');
    await station.world.fault('fuel', 'none');
    await station.took({ ...payment, item }, 0);
    assert.equal(station.fill(payment), undefined);
  });

  test('what it gave when the card\'s authorization was gone by the end', async (t) => {
    const station = await Station.open(t);
    await station.drives({ flow_ml: 10_000 });
    const payment = await station.begins();
    await station.pumps(payment);
    const headers = { authorization: `Bearer ${PROVIDER_KEY}` };
    const url = `${station.world.sandboxUrl}/v1/payment_intents/${station.charge().id}/cancel`;
    assert.equal((await request(url, { method: 'POST', headers })).status, 200);
    await lost(station, payment);
  });

  test('what is pumped beyond the authorized sum', async (t) => {
    const station = await Station.open(t);
    await station.drives({ tank_ml: 90_000, overrun_ml: 1_500 });
    const payment = await station.begins({ limit_litres: 10 });
    await station.took(payment, 10 * station.price);
    const loss = rounded(11_500, station.price) - 10 * station.price;
    const reading = await station.reading(payment);
    assert.equal(reading.loss, loss);
    assert.equal(reading.incident.kind, 'overrun');
    assert.equal(reading.incident.loss, loss);
  });
});

describe('a pump whose amount is not litres × price', AT_ONCE, () => {
  for (const [off, taken, incident] of [[1, 1, false], [-1, -1, false], [2, 0, true], [500, 0, true], [-300, -300, true]])
    test(`by ${off} fils: ${incident ? 'an incident, and the lesser is taken' : 'is within its rounding'}`, async (t) => {
      const station = await Station.open(t);
      await station.drives({ tank_ml: 20_000, amount_off: off });
      const payment = await station.begins();
      const expected = rounded(20_000, station.price);
      await station.took(payment, expected + taken);
      const reading = await station.reading(payment);
      assert.equal(reading.incident?.kind, incident ? 'amount-differs' : undefined);
      const logs = await station.world.medina('plugin', 'logs', 'fuel');
      assert.equal(/incident amount-differs at pump MRN-03/.test(logs), incident);
      if (incident) {
        assert.equal(reading.incident.stated, expected + off);
        assert.equal(reading.incident.expected, expected);
        assert.match((await station.follows(payment)).json.next.en, /lower amount/);
      }
    });

  test('at all (nonsense) is not believed: it is asked again', async (t) => {
    const station = await Station.open(t);
    await station.drives({ tank_ml: 3_000 });
    await station.world.fault('fuel', 'none');
    const item = await station.orders();
    await station.world.fault('fuel', 'wrong');
    const payment = await station.world.startPayment([{ instance: 'fuel', item: item.id }], { token: station.token });
    await station.world.giveCard(payment, CARD.pays);
    await until('it is authorized', async () => (await station.payment(payment)).state === 'authorized');
    await station.world.fault('fuel', 'none');
    await station.took({ ...payment, item }, rounded(3_000, station.price));
  });
});

describe('a price', AT_ONCE, () => {
  test('is the one that was agreed, though another is in force by the time of the fill', async (t) => {
    const station = await Station.open(t);
    await station.drives({ tank_ml: 10_000 });
    const agreed = await station.orders();
    const file = join(station.world.folder, 'prices.json');
    const document = JSON.parse(readFileSync(join(root, 'plugins/fuel/prices.json'), 'utf8'));
    for (const { prices } of document.months) prices['special-95'] += 100;
    writeFileSync(file, JSON.stringify(document));
    await station.world.medina('plugin', 'data', 'fuel', file);
    const payment = await station.world.startPayment([{ instance: 'fuel', item: agreed.id }], { token: station.token });
    await station.world.giveCard(payment, CARD.pays);
    await station.took({ ...payment, item: agreed }, 10 * station.price);
    const later = await station.orders({ limit_litres: 10 });
    assert.equal(later.amount.amount, 10 * (station.price + 100));
  });

  test('holds over a month\'s end: authorized in one month, pumped in the next', async (t) => {
    const clock = new Clock(t);
    const [year, month] = clock.day().split('-').map(Number);
    clock.forward(Math.floor((Date.UTC(year, month, 1) - 4 * 3600_000 - clock.now()) / 1000) - 30);
    const station = await Station.open(t, { options: { env: clock.env } });
    await station.drives({ flow_ml: 1_000 });
    const left = await station.orders();
    const payment = await station.begins();
    await station.pumps(payment);
    assert.equal(clock.day().slice(0, 7), `${year}-${String(month).padStart(2, '0')}`);
    clock.forward(60);
    assert.notEqual(Number(clock.day().split('-')[1]), month);
    await station.took(payment, rounded(38_250, station.price));
    // What was ordered before midnight is paid for after it, at the price that was shown.
    await station.drives({ tank_ml: 10_000 });
    const late = await station.world.startPayment([{ instance: 'fuel', item: left.id }], { token: station.token });
    await station.world.giveCard(late, CARD.pays);
    const over = await station.ended(late);
    assert.equal((over.captured ?? over.total).amount, 10 * station.price);
  });

  test('file that is wrong is refused whole, with the place', async (t) => {
    const station = await Station.open(t);
    const file = join(station.world.folder, 'wrong.json');
    const month = (name) => ({ month: name, prices: { 'super-98': 1, 'special-95': 2, 'e-plus-91': 3, diesel: 4 } });
    for (const [months, words] of [
      [[month('2026-01'), month('2026-03')], /2026-03: must be the month after 2026-01/],
      [[{ ...month('2026-01'), prices: { 'super-98': 2.7 } }], /2026-01, prices, super-98/],
      [[month('2026-13')], /month: must be like/],
      [[], /months: one or more/],
    ]) {
      writeFileSync(file, JSON.stringify({ months }));
      const { code, output } = await station.world.tryMedina('plugin', 'data', 'fuel', file);
      assert.notEqual(code, 0);
      assert.match(output, words);
    }
    await station.orders();
  });
});

describe('a fill goes on', () => {
  test('over a swap of the plugin, and nobody\'s stream ends', async (t) => {
    const { Events } = await import('./events.mjs');
    const station = await Station.open(t);
    await station.drives({ flow_ml: 5_000 });
    const payment = await station.begins();
    const headers = { authorization: `Bearer ${station.token}` };
    const events = await Events.open(t, `${station.world.url}/v1/fuel/follow/stream?item=${payment.item.id}`, headers);
    assert.equal(events.status, 200);
    const litres = () => events.results.map((result) => result.sections[0].rows[0].value.number);
    await until('litres are counted', () => litres().some((number) => number > 0));
    const bytes = readFileSync(join(bin, '../plugins/fuel.so'));
    bytes.write('"version": "1.1.0"', bytes.indexOf('"version": "1.0.0"'));
    const file = join(station.world.folder, 'fuel-next.so');
    writeFileSync(file, bytes);
    await station.world.medina('plugin', 'load', file, '--as', 'fuel');
    const before = events.results.length;
    await until('more litres after the swap', () => events.results.length > before);
    await station.took(payment, rounded(38_250, station.price));
    await events.end();
    const grown = litres().slice(1); // the first was asked for, and what follows was on its way already
    assert.deepEqual(grown, grown.toSorted((a, b) => a - b), 'litres only grow');
    assert.ok(new Set(litres()).size > 3, String(litres()));
    assert.equal(events.results.at(-1).state, 'done');
    const steps = events.results.map((result) => result.steps.filter((step) => step.state === 'done').length);
    assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
  });

  test('over a crash of the host', async (t) => {
    const station = await Station.open(t);
    await station.drives({ flow_ml: 10_000 });
    const payment = await station.begins();
    await station.pumps(payment);
    await station.world.crashAndRestart();
    await station.took(payment, rounded(38_250, station.price));
  });

  test('for one payment only, and releases one pump', async (t) => {
    const station = await Station.open(t);
    await station.drives({ lift_ms: 1_000 });
    const payment = await station.begins();
    const again = await station.world.post('/v1/payments', order(payment.item.id), { token: station.token, key: uniqueKey() });
    assertProblem(again, 409, 'already-paid');
    await station.took(payment, rounded(38_250, station.price));
    assert.equal(Object.keys(station.world.books().fuel).length, 1);
    const late = await station.world.post('/v1/payments', order(payment.item.id), { token: station.token, key: uniqueKey() });
    assertProblem(late, 409, 'already-paid');
  });
});

describe('at the pump', AT_ONCE, () => {
  test('a station near a place says what is free, and a pump what it sells', async (t) => {
    const station = await Station.open(t);
    const { world } = station;
    await station.drives({ offline: true });
    const near = (await world.get('/v1/fuel/stations?latitude=25.0780&longitude=55.1390')).json;
    assert.equal(near.type, 'places');
    const [first, second] = near.places;
    assert.equal(first.title.en, 'Marina Walk');
    assert.ok(first.distance < 100 && second.distance > first.distance);
    assert.equal(first.badge.title.en, '5 free');
    const diesel = (await world.get('/v1/fuel/stations?grade=diesel&latitude=25.0780&longitude=55.1390')).json;
    assert.equal(diesel.places[0].rows[0].value.number, 3);
    const pumps = (await world.get(`/v1/fuel/station?station=${first.id}`)).json;
    assert.deepEqual(pumps.items.map((item) => item.badge.title.en), ['Free', 'Free', 'Out of order', 'Free', 'Free', 'Free']);
    const pump = (await world.get('/v1/fuel/pump?code=mrn-01')).json;
    assert.deepEqual(pump.actions[0].input, { code: 'MRN-01' });
    assert.equal(pump.sections[1].table.rows[1][1].amount, station.price);
    assert.equal((await world.get(`/v1/fuel/pump?code=${PUMP}`)).json.actions.length, 0);
    const prices = (await world.get('/v1/fuel/prices')).json;
    assert.equal(prices.sections[1].chart.series.length, 4);
  });

  test('what cannot be is refused, in words', async (t) => {
    const station = await Station.open(t);
    const { world } = station;
    const refused = async (input, status, code) => assertProblem(await station.tryOrder(input), status, code);
    await refused({ code: 'ZZZ-99' }, 404, 'fuel.no-such-pump');
    await refused({ code: 'MRN-02', grade: 'diesel' }, 422, 'fuel.not-sold');
    await refused({ limit_amount: 5_000, limit_litres: 10 }, 422, 'fuel.one-limit');
    await refused({ limit_amount: 50_001 }, 422, 'fuel.limit-too-high');
    await refused({ limit_litres: 400 }, 422, 'fuel.limit-too-high');
    await refused({ limit_amount: 499 }, 422, 'invalid-input');
    await refused({ code: 'nonsense' }, 422, 'invalid-input');
    await refused({ grade: 'kerosene' }, 422, 'invalid-input');
    assertProblem(await world.post('/v1/fuel/order', { code: PUMP, grade: 'diesel' }, { token: station.token }), 422, 'fuel.not-sold');
    assertProblem(await station.tryOrder({}, null), 401, 'not-signed-in');
    await station.drives({ offline: true });
    await refused({}, 422, 'fuel.pump-offline');
    await world.fault('fuel', 'down');
    await refused({}, 502, 'fuel.network-silent');
    assertProblem(await world.get('/v1/fuel/stations'), 502, 'fuel.network-silent');
    await world.fault('fuel', 'none');
    assertProblem(await world.get('/v1/fuel/station?station=nowhere'), 404, 'fuel.no-such-station');
  });

  test('another\'s fill is none: to see, to watch, to stop, or to decide on', async (t) => {
    const station = await Station.open(t);
    const { world } = station;
    await station.drives({ lift_ms: 2_000 });
    const payment = await station.begins();
    const other = await world.signIn(OMAR.phone);
    const item = payment.item.id;
    for (const path of [`/v1/fuel/follow?item=${item}`, `/v1/fuel/follow/stream?item=${item}`]) {
      assertProblem(await world.get(path, { token: other }), 404, 'fuel.no-such-order');
      assertProblem(await world.get(path), 401, 'not-signed-in');
    }
    assertProblem(await world.post('/v1/fuel/stop', { item }, { token: other }), 404, 'fuel.no-such-order');
    const accept = { item, payment: payment.payment, line: 1, authorized: 15_000 };
    for (const token of [undefined, other, station.token])
      assertProblem(await world.post('/v1/fuel/accept', accept, { token }), 404, 'not-found');
    await station.took(payment, rounded(38_250, station.price));
  });

  test('an order that was left lying is not to be paid any more', async (t) => {
    const station = await Station.open(t, { settings: { offer_seconds: 1 } });
    const pay = (item) => station.world.post('/v1/payments', order(item), { token: station.token, key: uniqueKey() });
    const { id } = await station.orders();
    const owed = async () => (await station.world.get(`/v1/fuel/quote?item=${id}`)).json.owed;
    assert.equal(await owed(), true);
    await until('it is too old', async () => !(await owed()));
    assertProblem(await pay(id), 409, 'already-paid');
    assertProblem(await pay('fuel.000000000000000000000000'), 404, 'fuel.no-such-order');
  });
});

test('a payment on hold says where to follow it, and the payment ends by the agency alone', async (t) => {
  const station = await Station.open(t);
  await station.drives({ flow_ml: 10_000 });
  const payment = await station.begins();
  await station.pumps(payment);
  const held = await station.payment(payment);
  assert.equal(held.state, 'authorized');
  assert.deepEqual(held.follow, { instance: 'fuel', operation: 'follow', input: { item: payment.item.id } });
  const cancelled = await station.world.api('POST', `/v1/payments/${payment.payment}/cancel`, { token: station.token });
  assertProblem(cancelled, 409, 'conflict');
  await station.took(payment, rounded(38_250, station.price));
  assert.equal((await station.payment(payment)).follow, undefined);
});
