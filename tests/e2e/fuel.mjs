// SPDX-License-Identifier: Apache-2.0
// A citizen at a filling station: orders, pays, and drives as a test says (sdk/sandbox/fuel.h).
import assert from 'node:assert/strict';

import { city, MARIAM } from './city.mjs';
import { CARD, request, until } from './world.mjs';

export const PUMP = 'MRN-03';
const QUICK = { lift_ms: 0, tank_ml: 38_250, flow_ml: 100_000 }; // the tank is full in a moment

export const rounded = (millilitres, price) => Math.floor((millilitres * price + 500) / 1000);

export class Station {
  /** A city with the network, and somebody signed in. options: of the city; settings: of the plugin. */
  static async open(t, { options = {}, settings = {} } = {}) {
    const station = new Station();
    station.world = await city(t, { plugins: false, ...options });
    await station.world.loadFuel(settings);
    station.token = await station.world.signIn(MARIAM.phone);
    station.price = await station.#priceNow('special-95');
    return station;
  }

  async #priceNow(grade) {
    const { months } = (await request(`${this.world.sandboxUrl}/fuel/prices`)).json;
    const now = new Date(Date.now() + 4 * 3600_000).toISOString().slice(0, 7);
    return months.find((one) => one.month === now).prices[grade];
  }

  /** What the driver and the pump do from the next release on. */
  async drives(orders = {}, pump = PUMP) {
    const body = JSON.stringify({ ...QUICK, ...orders });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const reply = await request(`${this.world.sandboxUrl}/fuel/pumps/${pump}/driver`, { method: 'PUT', headers, body });
    assert.equal(reply.status, 200, reply.text);
  }

  tryOrder(input = {}, token = this.token) {
    const limit = 'limit_litres' in input || 'limit_amount' in input ? {} : { limit_amount: 15_000 };
    return this.world.post('/v1/fuel/order', { code: PUMP, grade: 'special-95', ...limit, ...input }, { token });
  }

  /** The item to pay for. */
  async orders(input) {
    const reply = await this.tryOrder(input);
    assert.equal(reply.status, 200, reply.text);
    return reply.json.items[0];
  }

  /** Orders and has the card authorized; the payment, with its item. */
  async begins(input, options = {}) {
    const item = await this.orders(input);
    const lines = [{ instance: 'fuel', item: item.id }];
    const payment = await this.world.startPayment(lines, { token: this.token, ...options });
    if (payment.redirect) assert.equal((await this.world.giveCard(payment, CARD.pays)).status, 303);
    return { ...payment, item };
  }

  payment({ payment }) {
    return this.world.payment(payment, this.token);
  }

  /** The payment once it has ended, and its events have arrived. */
  async ended(payment, ms = 30_000) {
    const over = await until('the payment has ended', async () => {
      const now = await this.payment(payment);
      return !['created', 'authorized'].includes(now.state) && now;
    }, ms);
    await until('its events have arrived', async () => /^medina_outbox_waiting 0$/m.test(await this.world.medina('metrics')), ms);
    return over.state === 'captured' ? this.world.settled(payment.payment, { token: this.token }) : over;
  }

  fill({ payment }) {
    return this.world.books().fuel?.[`${payment}.1`];
  }

  /** What the network says of it now. */
  async reading({ payment }) {
    return (await request(`${this.world.sandboxUrl}/fuel/authorizations/${payment}.1`)).json;
  }

  pumps(payment, state = 'filling') {
    return until(`the pump is ${state}`, async () => (await this.reading(payment)).state === state);
  }

  async follows({ item }, token = this.token) {
    return this.world.get(`/v1/fuel/follow?item=${item.id}`, { token });
  }

  /** What the provider holds and has taken for it. */
  charge() {
    const [intent, ...more] = Object.values(this.world.books().intents);
    assert.equal(more.length, 0);
    return intent;
  }

  /** The payment took exactly that, everywhere it is written: the city, the provider, the network. */
  async took(payment, amount) {
    const over = await this.ended(payment);
    assert.equal(over.state, amount ? 'captured' : over.state, over.reason);
    if (amount) assert.equal((over.captured ?? over.total).amount, amount);
    const intent = this.charge();
    assert.deepEqual([intent.status, intent.amount_received, intent.amount_capturable],
      amount ? ['succeeded', amount, 0] : ['canceled', 0, 0]);
    assert.equal(this.fill(payment)?.settled ?? 0, amount);
    if (!amount) assert.notEqual(over.state, 'captured');
    await this.world.medina('money', 'verify');
    return over;
  }
}

