// SPDX-License-Identifier: Apache-2.0
// What is a citizen's own: activity, profile, devices, favourites, and the end of an account.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city, line, MARIAM, OMAR, owner, WATER } from './city.mjs';
import { Reader, WEB } from './fines.mjs';
import { assertProblem, CARD, request, submit, uniqueKey, until } from './world.mjs';

const NEW_NUMBER = '+971521234599';
const kinds = (lines) => lines.map(({ kind }) => kind);
const activity = async (world, token, query = '') => {
  const reply = await world.get(`/v1/activity${query}`, { token });
  assert.equal(reply.status, 200, reply.text);
  return reply.json.lines;
};
const credit = async (world, token, amount) => {
  const { json: { account } } = await world.get('/v1/session', { token });
  await world.medina('wallet', 'credit', account, String(amount), uniqueKey());
};

/** Signs in as a client that calls itself that. */
async function signInAs(world, phone, device) {
  const challenge = await world.askCode(phone);
  const code = await world.newestCode(phone);
  const reply = await world.post('/v1/sign-in', { challenge, code, device });
  assert.equal(reply.status, 201, reply.text);
  world.secrets.add(phone).add(reply.json.token);
  return reply.json.token;
}

/** Rows of a CSV file (RFC 4180). */
function parseCsv(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
    if (end === '') break;
  }
  return rows.filter((row) => row.length > 1);
}

describe('activity', () => {
  test('tells who signed in, linked, paid, failed to pay and unlinked, newest first and to nobody else', async (t) => {
    const world = await city(t, { owing: true });
    const { token, bills } = await owner(world);
    await credit(world, token, 500_000);
    const paid = await world.startPayment([line(bills[0])], { token, method: 'wallet' });
    const left = await world.startPayment([line(bills[1])], { token });
    assert.equal((await world.post(`/v1/payments/${left.payment}/cancel`, {}, { token })).status, 200);
    const card = await world.startPayment([line(bills[1])], { token });
    await world.giveCard(card, CARD.pays);
    await world.settled(card.payment, { token });
    assert.equal((await world.api('DELETE', `/v1/links/${WATER}/${MARIAM.bills}`, { token })).status, 204);

    const lines = await activity(world, token);
    assert.deepEqual(kinds(lines), ['link.removed', 'payment.made', 'payment.cancelled', 'payment.made', 'wallet.credited',
      'service.submitted', 'link.added', 'session.started', 'account.made']);
    assert.deepEqual(lines.map(({ number }) => number), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const [, byCard, , byWallet, credited, submitted, linked] = lines;
    assert.deepEqual([byCard.payment, byCard.amount, byCard.by], [card.payment, bills[1].amount, 'citizen']);
    assert.deepEqual([byWallet.payment, byWallet.amount, byWallet.instance], [paid.payment, bills[0].amount, WATER]);
    assert.deepEqual([credited.by, credited.amount.amount], ['operator', 500_000]);
    assert.deepEqual([submitted.instance, submitted.operation, linked.instance], [WATER, 'confirm', WATER]);
    assert.ok(!JSON.stringify(lines).includes(MARIAM.bills), 'no number of an account at an agency');

    assert.deepEqual(kinds(await activity(world, token, '?kind=payment&limit=2')), ['payment.made', 'payment.cancelled']);
    assert.deepEqual(kinds(await activity(world, token, '?kind=payment&before=7')), ['payment.made']);
    assert.deepEqual(await activity(world, token, `?until=${lines.at(-1).at}`), []);
    const soon = new Date(Date.now() + 60_000).toISOString();
    assert.deepEqual(await activity(world, token, `?from=${soon}`), []);
    for (const query of ['?kind=pay', '?from=yesterday', '?until=x', '?before=0', '?limit=201'])
      assertProblem(await world.get(`/v1/activity${query}`, { token }), 422, 'invalid-input');
    assertProblem(await world.get('/v1/activity'), 401, 'not-signed-in');
    const other = await world.signIn(OMAR.phone);
    assert.deepEqual(kinds(await activity(world, other)), ['session.started', 'account.made']);
  });

  test('tells of top-up and redemption, of a kept card that is removed, and of automatic payment', async (t) => {
    const money = { wallet: true, top_up: true, wallet_cap: 200_000 };
    const world = await city(t, { owing: true, config: { money } });
    const { token } = await owner(world);
    const begun = await world.post('/v1/wallet/top-up', { amount: 5_000 }, { token, key: uniqueKey() });
    await submit(begun.json.redirect, { number: CARD.pays, expiry: '12/30', cvc: '123', keep: 'yes' });
    await world.settled(begun.json.payment, { token });
    await world.post('/v1/wallet/redeem', {}, { token, key: uniqueKey() });
    await world.settled(begun.json.payment, { token, state: 'refunded' });
    const [{ card }] = (await world.get('/v1/cards', { token })).json.cards;
    await world.api('DELETE', `/v1/cards/${card}`, { token });
    const path = `/v1/automatic/${WATER}/${MARIAM.bills}`;
    await world.api('PUT', path, { token, body: { method: 'wallet', limit: 90_000 } });
    await world.api('DELETE', path, { token });
    const lines = await activity(world, token, '?limit=5');
    assert.deepEqual(kinds(lines), ['automatic.stopped', 'automatic.agreed', 'card.removed', 'wallet.redeemed', 'wallet.topped-up']);
    assert.deepEqual([lines[4].payment, lines[4].amount.amount, lines[3].amount.amount], [begun.json.payment, 5_000, 5_000]);
  });

  test('is read, searched, paged and taken along as a file, in both languages', async (t) => {
    const world = await city(t, { owing: true, config: WEB });
    const { token, bills: [bill] } = await owner(world);
    await credit(world, token, 500_000);
    await world.startPayment([line(bill)], { token, method: 'wallet' });
    const stranger = await request(`${world.url}/en/activity.csv`);
    assert.equal(stranger.status, 303);
    await signInAs(world, MARIAM.phone, '=HYPERLINK("http://evil.example","x")');
    const page = await new Reader(world).signIn(MARIAM);
    await page.open('/activity');
    for (const words of ['Payment', 'Water and electricity', 'Account linked', "The city's staff"])
      assert.ok(page.text.includes(words), words);
    await page.open('/activity?q=payment%20water');
    assert.ok(page.text.includes('Payment') && !page.html.includes('Account linked'), page.text);
    await page.open('/activity?kind=session');
    assert.ok(!page.html.includes('Account linked'), page.text);
    await page.open('/activity?q=nothing-has-this-word');
    assert.ok(page.text.includes('Nothing was found'), page.text);
    await page.open('/activity?from=2026-02-30');
    assert.equal(page.status, 422);
    await page.open('/activity?from=2030-01-01');
    assert.ok(page.text.includes('Nothing was found'), page.text);
    await page.open('/activity?to=٢٠٣٠-٠١-٠١');
    assert.ok(page.text.includes('Account linked'), page.text);

    for (const [language, head, paid] of [['en', 'Time', 'Payment'], ['ar', 'الوقت', 'دفع']]) {
      page.language = language;
      await page.open('/activity.csv');
      assert.equal(page.headers['content-type'], 'text/csv; charset=utf-8');
      assert.match(page.headers['content-disposition'], /^attachment; filename="activity-\d{4}-\d\d-\d\d\.csv"$/);
      assert.equal(page.headers['cache-control'], 'no-store');
      assert.ok(page.html.startsWith('\uFEFF'), 'Excel reads Arabic');
      const [names, ...rows] = parseCsv(page.html.slice(1));
      assert.deepEqual([names.length, names[0]], [7, head]);
      const row = rows.find(([, what]) => what === paid);
      assert.equal(row[5], (bill.amount.amount / 100).toFixed(2));
      assert.equal(row[6], 'AED');
      for (const cell of rows.flat()) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
      assert.ok(rows.some(([, , , by]) => by.includes('=HYPERLINK("http://evil.example","x")')), 'and nothing is lost');
    }
    for (let i = 0; i < 55; i++) await world.api('PUT', '/v1/profile', { token, body: { language: i % 2 ? 'ar' : 'en' } });
    page.language = 'en';
    await page.open('/activity');
    const older = /href="\/en(\/activity\?before=\d+)"/.exec(page.html)[1];
    const shown = page.html.match(/<li class="item">/g).length;
    assert.equal(shown, 50);
    await page.open(older);
    assert.ok(page.text.includes('Account made'), page.text);
  });

  test('a file’s cell that would be a formula gets an apostrophe', async (t) => {
    const world = await city(t, { plugins: false, config: WEB });
    const first = await signInAs(world, MARIAM.phone, 'first');
    const second = await signInAs(world, MARIAM.phone, '=1+1');
    const { json: { sessions } } = await world.get('/v1/sessions', { token: first });
    const { session } = sessions.find(({ device }) => device === '=1+1');
    assert.equal((await world.api('DELETE', `/v1/sessions/${session}`, { token: first })).status, 204);
    assertProblem(await world.get('/v1/session', { token: second }), 401, 'not-signed-in');
    const page = await new Reader(world).signIn(MARIAM);
    await page.open('/activity.csv');
    const row = parseCsv(page.html.slice(1)).find(([, what]) => what === 'Device signed out');
    assert.equal(row[2], "'=1+1");
    assert.equal(row[3], 'You, first');
  });
});

describe('the profile', () => {
  test('a language that was chosen is followed by the address without one', async (t) => {
    const world = await city(t, { plugins: false, config: WEB });
    const page = await new Reader(world).signIn(MARIAM);
    const root = () => request(`${world.url}/`, {
      headers: { 'accept-language': 'en', cookie: [...page.cookies].map((pair) => pair.join('=')).join('; ') },
    });
    assert.equal((await root()).headers.location, '/en/');
    await page.open('/account/profile');
    assert.ok(page.text.includes('•••') && !page.html.includes(MARIAM.phone), page.text);
    await page.send('/account/profile', { language: 'ar' });
    assert.equal(page.path, '/ar/account/profile?done=saved');
    assert.ok(page.text.includes('حُفظت لغتك'), page.text);
    assert.equal((await root()).headers.location, '/ar/');
    const token = await world.signIn(MARIAM.phone);
    assert.equal((await world.get('/v1/profile', { token })).json.language, 'ar');
    for (const language of ['fr', 5, undefined])
      assertProblem(await world.api('PUT', '/v1/profile', { token, body: { language } }), 422, 'invalid-input');
    await page.open('/account/profile');
    await page.send('/account/profile', { language: 'fr' });
    assert.equal(page.status, 422);
  });

  test('the number changes with a code to the old and one to the new; both are told', async (t) => {
    const world = await city(t, { plugins: false, config: { ...WEB, sign_in: { sends_per_address: 1_000_000, sends_per_number: 20 } } });
    const page = await new Reader(world).signIn(MARIAM);
    world.secrets.add(NEW_NUMBER);
    const { json: before } = await world.get('/v1/session', { token: await world.signIn(MARIAM.phone) });
    await page.open('/account/number/change');
    assert.equal(page.path, '/en/account/number', 'no code was asked for');
    await page.send('/account/number');
    assert.equal(page.path, '/en/account/number/change');
    await page.send('/account/number/change', { code: '000000', phone: NEW_NUMBER });
    assert.equal(page.status, 422);
    assert.ok(page.text.includes('The code is not right'), page.text);
    const code = await world.newestCode(MARIAM.phone);
    await page.send('/account/number/change', { code, phone: '12' });
    assert.ok(page.text.includes('This is not a mobile number'), page.text);
    await page.send('/account/number/change', { code, phone: MARIAM.phone });
    assert.ok(page.text.includes('This is already your number'), page.text);
    await page.send('/account/number/change', { code, phone: NEW_NUMBER });
    assert.equal(page.path, '/en/account/number/confirm');
    await page.send('/account/number/confirm', { code: '000000' });
    assert.ok(page.text.includes('The code is not right'), page.text);
    await page.send('/account/number/confirm', { code: await world.newestCode(NEW_NUMBER) });
    assert.equal(page.path, '/en/account/profile?done=changed');
    for (const number of [MARIAM.phone, NEW_NUMBER]) {
      const [{ text }] = await world.messages(number);
      assert.match(text, /number of your account .* is now/);
    }
    const { json: after } = await world.get('/v1/session', { token: await world.signIn(NEW_NUMBER) });
    assert.equal(after.account, before.account);
    const { json: anew } = await world.get('/v1/session', { token: await world.signIn(MARIAM.phone) });
    assert.notEqual(anew.account, before.account, 'the old number is nobody’s');
  });

  test('a number with an account of its own is not taken over, and a code is good for one thing only', async (t) => {
    const world = await city(t, { plugins: false, config: { ...WEB, sign_in: { sends_per_address: 1_000_000, sends_per_number: 20 } } });
    await world.signIn(OMAR.phone);
    const page = await new Reader(world).signIn(MARIAM);
    await page.open('/account/number');
    await page.send('/account/number');
    const code = await world.newestCode(MARIAM.phone);
    // The code to change the number does not delete the account.
    await page.open('/account/delete/confirm');
    await page.send('/account/delete/confirm', { code, agreed: 'yes' });
    assert.equal(page.status, 410, page.text);
    await page.open('/account/number/change');
    await page.send('/account/number/change', { code, phone: OMAR.phone });
    await page.send('/account/number/confirm', { code: await world.newestCode(OMAR.phone) });
    assert.equal(page.status, 409);
    assert.ok(page.text.includes('has an account of its own'), page.text);
    assert.match((await world.get('/v1/profile', { token: await world.signIn(MARIAM.phone) })).json.phone, /67$/);
  });
});

describe('devices', () => {
  test('are named, this one is marked; one, the others or all are signed out', async (t) => {
    const world = await city(t, { plugins: false, config: { ...WEB, sign_in: { sends_per_address: 1_000_000, sends_per_number: 20 } } });
    const app = await signInAs(world, MARIAM.phone, 'Medina for Android');
    const page = await new Reader(world).signIn(MARIAM);
    const other = await new Reader(world, 'ar').signIn(MARIAM);
    await page.open('/account/devices');
    assert.ok(page.text.includes('Medina for Android') && page.text.includes('This device'), page.text);
    assert.equal(page.html.match(/name="session"/g).length, 2, 'no button at this one');

    const omar = await new Reader(world).signIn(OMAR);
    const session = /name="session" value="([^"]+)"/.exec(page.html)[1];
    await omar.open('/account/devices');
    await omar.send('/account/devices', { session, do: '' });
    assert.equal(omar.status, 404, 'another’s session');
    assertProblem(await world.api('DELETE', `/v1/sessions/${session}`, { token: await world.signIn(OMAR.phone) }), 404, 'not-found');

    await page.send('/account/devices', { do: 'others' });
    assert.ok(page.text.includes('All other devices are signed out'), page.text);
    assertProblem(await world.get('/v1/session', { token: app }), 401, 'not-signed-in');
    await other.open('/account');
    assert.match(other.path, /sign-in/);
    await page.open('/account');
    assert.equal(page.path, '/en/account');
    await page.open('/account/devices');
    await page.send('/account/devices', { do: 'all' });
    await page.open('/account');
    assert.match(page.path, /sign-in/);
    const token = await signInAs(world, MARIAM.phone, 'again');
    assert.deepEqual(kinds(await activity(world, token, '?kind=session&limit=3')), ['session.started', 'session.removed', 'session.removed']);
    assert.deepEqual((await world.api('DELETE', '/v1/sessions', { token })).json, { ended: 0 });
  });

  test('a browser is called by its name and no more is kept of it', async (t) => {
    const world = await city(t, { plugins: false, config: WEB });
    const headers = { 'user-agent': 'Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36' };
    const page = new Reader(world);
    await page.open('/sign-in');
    const form = page.form('/sign-in');
    const csrf = form.fields.find(({ name }) => name === 'csrf').value;
    const send = async (path, fields) => {
      const body = new URLSearchParams({ csrf, next: '/', ...fields }).toString();
      const cookie = [...page.cookies].map((pair) => pair.join('=')).join('; ');
      const reply = await request(world.url + path, {
        method: 'POST', body,
        headers: { ...headers, cookie, 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) },
      });
      for (const one of reply.headers['set-cookie'] ?? []) page.cookies.set(...one.split(';')[0].split(/=(.*)/).slice(0, 2));
      return reply;
    };
    world.secrets.add(MARIAM.phone);
    await send('/en/sign-in', { phone: MARIAM.phone });
    assert.equal((await send('/en/sign-in/code', { code: await world.newestCode(MARIAM.phone) })).status, 303);
    await page.open('/account/devices');
    assert.ok(page.text.includes('Chrome on Android') && !page.html.includes('SM-S921B'), page.text);
    page.language = 'ar';
    await page.open('/account/devices');
    assert.ok(page.text.includes('Chrome على Android'), page.text);
  });
});

describe('favourites and recent services', () => {
  test('are shown at home only when there are any, and only one’s own', async (t) => {
    const world = await city(t, { config: WEB });
    const page = await new Reader(world).signIn(MARIAM);
    await page.open('/');
    assert.ok(!page.text.includes('Favourites') && !page.text.includes('Recently used'), page.text);
    await page.open(`/${WATER}`);
    await page.send('/account/favourites', { do: 'add', instance: WATER });
    assert.ok(page.text.includes('Remove from favourites'), page.text);
    await page.open('/');
    assert.ok(page.text.includes('Favourites') && !page.text.includes('Recently used'), page.text);
    await page.open('/pharmacies/find');
    await page.open('/');
    assert.ok(page.text.includes('Recently used'), page.text);
    await page.open(`/${WATER}`);
    await page.send('/account/favourites', { do: 'remove', instance: WATER });
    await page.open('/');
    assert.ok(!page.text.includes('Favourites'), page.text);
    const stranger = new Reader(world);
    await stranger.open(`/${WATER}`);
    assert.ok(!stranger.html.includes('/account/favourites'));

    const token = await world.signIn(MARIAM.phone);
    const put = (instance) => world.api('PUT', `/v1/favourites/${instance}`, { token });
    assert.deepEqual([(await put('toll')).status, (await put('toll')).status], [204, 204]);
    assertProblem(await put('nobody'), 404, 'not-found');
    assert.deepEqual((await world.get('/v1/favourites', { token })).json.favourites.map(({ instance }) => instance), ['toll']);
    assert.equal((await world.api('DELETE', '/v1/favourites/toll', { token })).status, 204);
    assert.deepEqual((await world.get('/v1/favourites', { token })).json.favourites, []);
    assertProblem(await world.get('/v1/favourites'), 401, 'not-signed-in');
  });
});

/** Whether any file of the store holds the text, anywhere. */
const stored = (world, text) => readdirSync(join(world.folder, 'data'))
  .filter((name) => name.startsWith('medina.db'))
  .filter((name) => readFileSync(join(world.folder, 'data', name)).includes(Buffer.from(text)));

describe('deleting an account', () => {
  test('erases what is a person’s to the last byte, keeps payments under an id that is nobody’s', async (t) => {
    const money = { wallet: true, top_up: true, wallet_cap: 200_000 };
    const world = await city(t, { config: { ...WEB, money, sign_in: { sends_per_address: 1_000_000, sends_per_number: 20 } } });
    const token = await signInAs(world, MARIAM.phone, 'a telephone of hers');
    await world.linkAccount(token, WATER, MARIAM.bills, MARIAM.phone);
    const [bill] = await world.payable(WATER, MARIAM.bills, token);
    const payment = await world.startPayment([line(bill)], { token });
    await submit(payment.redirect, { number: CARD.pays, expiry: '12/30', cvc: '123', keep: 'yes' });
    const paid = await world.settled(payment.payment, { token });
    await until('the inbox has it', async () => (await world.get('/v1/inbox', { token })).json.unseen === 1);
    await world.api('PUT', '/v1/favourites/toll', { token });
    await world.api('PUT', `/v1/automatic/${WATER}/${MARIAM.bills}`, { token, body: { method: 'wallet', limit: 90_000 } });
    const { json: { account } } = await world.get('/v1/session', { token });
    const reading = await new Reader(world).signIn(MARIAM);
    const page = await new Reader(world).signIn(MARIAM);
    await world.linkAccount(token, 'toll', MARIAM.toll, MARIAM.phone);
    const [{ id: message }] = (await world.get('/v1/inbox', { token })).json.messages;
    const told = `{"payment":"${message}","receipt":`; // as the inbox keeps it
    const traces = [MARIAM.phone.slice(1), MARIAM.phone.slice(4), MARIAM.toll, told, 'a telephone of hers'];
    for (const trace of traces) assert.ok(stored(world, trace).length > 0, `${trace} is there before`);

    await page.open('/account/delete');
    assert.ok(page.text.includes('stay for 5 years'), page.text);
    await page.send('/account/delete');
    assert.equal(page.path, '/en/account/delete/confirm');
    const code = await world.newestCode(MARIAM.phone);
    assert.match((await world.messages(MARIAM.phone))[0].text, /DELETE/);
    await page.send('/account/delete/confirm', { code });
    assert.equal(page.status, 422, 'not ticked');
    await page.send('/account/delete/confirm', { code: '000000', agreed: 'yes' });
    assert.equal(page.status, 422, 'a wrong code');
    await page.send('/account/delete/confirm', { code, agreed: 'yes' });
    assert.equal(page.path, '/en/account/deleted');
    assert.match((await world.messages(MARIAM.phone))[0].text, /has been deleted/);
    assert.deepEqual(world.books().payment_methods ?? {}, {}, 'the provider keeps no card');

    await reading.open('/account');
    assert.match(reading.path, /sign-in/, 'signed out everywhere');
    assertProblem(await world.get('/v1/session', { token }), 401, 'not-signed-in');
    await world.host.stop();
    for (const trace of traces) assert.deepEqual(stored(world, trace), [], trace);
    assert.deepEqual(stored(world, payment.payment), ['medina.db'], 'the payment is there');
    await world.startHost();

    const receipt = await world.get(`/v1/receipts/${paid.receipt}?code=${paid.receipt_code}`);
    assert.equal(receipt.status, 200, 'the receipt can be checked');
    assert.match(await world.medina('money', 'verify'), /all of it agrees/);
    const again = await world.signIn(MARIAM.phone);
    const { json: anew } = await world.get('/v1/session', { token: again });
    assert.notEqual(anew.account, account);
    assert.deepEqual((await world.get('/v1/links', { token: again })).json.links, []);
    assert.deepEqual((await world.get('/v1/inbox', { token: again })).json.messages, []);
    assert.deepEqual((await world.get('/v1/favourites', { token: again })).json.favourites, []);
    assert.deepEqual((await world.get('/v1/payments', { token: again })).json.payments, []);
    assert.deepEqual((await world.get('/v1/cards', { token: again })).json.cards, []);
    assert.deepEqual(kinds(await activity(world, again)), ['session.started', 'account.made']);
    assertProblem(await world.get(`/v1/payments/${payment.payment}`, { token: again }), 404, 'not-found');
  });

  test('is refused while a payment is open or the wallet holds money, and needs its own fresh code', async (t) => {
    const world = await city(t, { config: { ...WEB, sign_in: { sends_per_address: 1_000_000, sends_per_number: 20 } } });
    const { token, bills: [bill] } = await owner(world);
    const ask = () => world.post('/v1/account/deletion/code', {}, { token });
    const end = (body) => world.post('/v1/account/deletion', body, { token });
    const open = await world.startPayment([line(bill)], { token });
    assertProblem(await ask(), 409, 'account-in-use');
    const page = await new Reader(world).signIn(MARIAM);
    await page.open('/account/delete');
    assert.ok(page.text.includes('still under way') && !page.html.includes('button danger'), page.text);
    await world.post(`/v1/payments/${open.payment}/cancel`, {}, { token });
    const asked = await ask();
    assert.equal(asked.status, 202, asked.text);
    const { challenge } = asked.json;
    const code = await world.newestCode(MARIAM.phone);
    await credit(world, token, 700);
    assertProblem(await end({ challenge, code, confirm: true }), 409, 'account-in-use');
    await page.open('/account/delete');
    assert.ok(page.text.includes('money in your wallet'), page.text);
    assert.equal((await world.get('/v1/session', { token })).status, 200, 'it is still there');

    for (const body of [{ code, confirm: true }, { challenge, confirm: true }, { challenge, code }, { challenge, code, confirm: 'yes' }])
      assertProblem(await end(body), 422, 'invalid-input');
    const signIn = await world.askCode(OMAR.phone);
    const other = await world.newestCode(OMAR.phone);
    const { token: omar } = (await world.post('/v1/sign-in', { challenge: signIn, code: other })).json;
    world.secrets.add(omar);
    assertProblem(await world.post('/v1/account/deletion', { challenge, code, confirm: true }, { token: omar }), 410, 'expired-code');
    assertProblem(await world.post('/v1/account/deletion/code', {}), 401, 'not-signed-in');
    const { json } = await world.post('/v1/account/deletion/code', {}, { token: omar });
    const right = await world.newestCode(OMAR.phone);
    const wrong = right === '123456' ? '654321' : '123456';
    assertProblem(await world.post('/v1/account/deletion', { challenge: json.challenge, code: wrong, confirm: true }, { token: omar }), 422, 'wrong-code');
    const gone = await world.post('/v1/account/deletion', { challenge: json.challenge, code: right, confirm: true }, { token: omar });
    assert.equal(gone.status, 204, gone.text);
    assertProblem(await world.get('/v1/session', { token: omar }), 401, 'not-signed-in');
  });
});

test('every form of the account is refused without its token, and its pages without a session', async (t) => {
  const world = await city(t, { plugins: false, config: WEB });
  const page = await new Reader(world).signIn(MARIAM);
  const cookie = [...page.cookies].map((pair) => pair.join('=')).join('; ');
  const paths = ['profile', 'number', 'number/change', 'number/confirm', 'devices', 'delete', 'delete/confirm', 'favourites', 'unlink'];
  for (const path of paths) {
    const body = 'do=all&agreed=yes&csrf=forged';
    const reply = await request(`${world.url}/en/account/${path}`, {
      method: 'POST', body,
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length },
    });
    assert.equal(reply.status, 403, path);
  }
  await page.open('/account');
  assert.equal(page.path, '/en/account', 'still signed in');
  for (const path of ['account', 'account/links', 'account/payments', 'account/wallet', 'account/cards', 'account/automatic',
    'account/profile', 'account/number', 'account/devices', 'account/delete', 'activity', 'activity.csv'])
    assert.match((await request(`${world.url}/en/${path}`)).headers.location, /^\/en\/sign-in\?next=/, path);
});
