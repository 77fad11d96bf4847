// SPDX-License-Identifier: Apache-2.0
// Traffic fines: who sees what, what they cost today, paying one, some or all, and what is not
// charged. Beside what each test asserts, city.mjs holds all of them to this: the provider took
// exactly what the agencies were posted.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import {
  COMPANY_FILE, department, fine, FINES, fineOwner, finesCity, MARIAM_FILE, ofFine, OMAR_FILE, PLATE,
  query, Reader, SARA_FILE, WEB,
} from './fines.mjs';
import { assertProblem, CARD, uniqueKey, until } from './world.mjs';

const byPlate = (world, plate = PLATE, options = {}) => world.get(`/v1/fines/plate?${query(plate)}`, options);
const amounts = (items) => Object.fromEntries(items.map((item) => [item.id, item.amount.amount]));

/** Paid by card, and what came of it. */
async function pay(world, ids, token) {
  const payment = await world.startPayment(ids.map(fine), { token });
  await world.giveCard(payment, CARD.pays);
  return world.settled(payment.payment, { token });
}

// What Mariam's five fines cost: 35 % off within 60 days, 25 % within a year, nothing off what is
// excluded, what is older, and what another authority collects.
const COSTS = {
  7000000101: 39_000, 7000000102: 30_000, 7000000103: 200_000, 7000000104: 80_000, 7000000105: 30_000,
};

describe('finding fines', () => {
  test('a plate alone shows amounts and dates, and nothing of place, article, points or owner', async (t) => {
    const world = await finesCity(t);
    const reply = await byPlate(world);
    assert.equal(reply.status, 200, reply.text);
    const { 7000000104: other, ...mine } = COSTS;
    assert.deepEqual(amounts(reply.json.items), mine, 'the motorcycle has a plate of its own');
    assert.ok(other);
    for (const item of reply.json.items) {
      assert.deepEqual(Object.keys(item).sort(), ['amount', 'id', 'pay', 'rows', 'title']);
      assert.deepEqual(item.rows.map((row) => row.label.en), ['Date']);
    }
    for (const word of ['Gate Road', 'speed', 'limit', 'points', 'Mariam', MARIAM_FILE.file])
      assert.ok(!reply.text.includes(word), word);
    assert.equal(reply.headers['cache-control'], 'no-store');
  });

  test('by licence and by traffic file too; a plate of the Gulf has no code', async (t) => {
    const world = await finesCity(t);
    assert.equal((await world.get('/v1/fines/licence?licence=1234567')).json.items.length, 5);
    assert.equal((await world.get(`/v1/fines/file?account=${OMAR_FILE.file}`)).json.items.length, 2);
    const gulf = await byPlate(world, { source: 'QA', category: 'private', plate: '88120' });
    assert.deepEqual(amounts(gulf.json.items), { 7000000113: 70_000 });
    assertProblem(await byPlate(world, { ...PLATE, plate: '1' }), 404, 'fines.plate-unknown');
    assertProblem(await byPlate(world, { ...PLATE, plate: '123456' }), 422, 'invalid-input');
  });

  test('who tries plates one after the other is slowed down; others and the same person\'s other services are not', async (t) => {
    const world = await finesCity(t);
    for (let i = 0; i < 10; i++) assert.notEqual((await byPlate(world, { ...PLATE, plate: `${i}` })).status, 429);
    const refused = await byPlate(world);
    assertProblem(refused, 429, 'too-many-requests');
    assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 7);
    assert.equal((await world.get('/v1/fines/licence?licence=1234567')).status, 200);
    const token = await world.signIn(OMAR_FILE.phone);
    assert.equal((await byPlate(world, PLATE, { token })).status, 200, 'a citizen is counted as such');
    const page = new Reader(world);
    await page.open(`/fines/plate?${query(PLATE)}`);
    assert.equal(page.status, 404, 'this city has no pages');
  });

  test('the limit holds on the pages too, whatever the visitor does with cookies', async (t) => {
    const world = await finesCity(t, { config: WEB });
    for (let i = 0; i < 10; i++) await new Reader(world).open(`/fines/plate?${query(PLATE)}`);
    const page = await new Reader(world).open(`/fines/plate?${query(PLATE)}`);
    assert.equal(page.status, 429);
    assertProblem(await byPlate(world), 429, 'too-many-requests');
  });

  test('nobody has the department send code after code to somebody\'s telephone', async (t) => {
    const world = await finesCity(t);
    const token = await world.signIn(OMAR_FILE.phone);
    const ask = () => world.post('/v1/fines/link', { account: MARIAM_FILE.file }, { token });
    for (let i = 0; i < 5; i++) assert.equal((await ask()).status, 200);
    const refused = await ask();
    assertProblem(refused, 429, 'too-many-requests');
    assert.ok(Number(refused.headers['retry-after']) > 600);
    assert.equal((await world.messages(MARIAM_FILE.phone)).length, 5);
  });

  test('the owner, verified by the department\'s code, sees everything; nobody else does', async (t) => {
    const world = await finesCity(t);
    const owner = await fineOwner(world);
    const { json: mine } = await world.get('/v1/fines/mine', { token: owner });
    assert.deepEqual(amounts(mine.items), COSTS);
    const [first] = mine.items;
    assert.equal(first.title.en, 'Up to 30 km/h over the limit');
    assert.equal(first.subtitle.en, 'Gate Road, towards the creek');
    assert.equal(first.was.amount, 60_000);
    const detail = await world.get('/v1/fines/fine?number=7000000103', { token: owner });
    assert.equal(detail.json.type, 'detail');
    const rows = Object.fromEntries(detail.json.sections.flatMap(({ rows }) => rows).map(({ label, value }) => [label.en, value]));
    assert.equal(rows['Black points'].number, 12);
    assert.equal(rows['Vehicle held'].number, 30);
    assert.equal(rows.Place.en, 'Desert Ring, exit 14');
    const photo = await world.get('/v1/fines/photo?number=7000000103', { token: owner });
    assert.equal(Buffer.from(photo.json.data, 'base64').subarray(1, 4).toString(), 'PNG');
    assertProblem(await world.get('/v1/fines/photo?number=7000000104', { token: owner }), 404, 'fines.no-photo');
    const plain = (await byPlate(world, PLATE, { token: owner })).json.items;
    assert.equal(plain[0].subtitle.en, 'Gate Road, towards the creek', 'also by the plate');
    const stranger = await world.signIn(OMAR_FILE.phone);
    assertProblem(await world.get('/v1/fines/fine?number=7000000103', { token: stranger }), 403, 'fines.not-yours');
    assertProblem(await world.get('/v1/fines/fine?number=7000000103'), 401, 'not-signed-in');
    assertProblem(await world.get('/v1/fines/photo?number=7000000103', { token: stranger }), 403, 'fines.not-yours');
    assertProblem(await world.post('/v1/fines/dispute', { number: '7000000103', text: 'not mine at all' }, { token: stranger }), 403, 'fines.not-yours');
    assertProblem(await world.post('/v1/fines/confirm', { account: MARIAM_FILE.file, code: '000000' }, { token: stranger }), 422, 'fines.code-expired');
    assertProblem(await world.get('/v1/fines/quote?item=7000000101'), 404, 'not-found');
  });
});

describe('discounts', () => {
  test('an operator brings other rules; a file with a mistake is refused whole, with its place', async (t) => {
    const world = await finesCity(t);
    const file = join(world.folder, 'rules.json');
    const rule = { authority: 'hill-roads', from: '2020-01-01', to: '2039-12-31', days_from: 0, days_to: 60, percent: 50 };
    writeFileSync(file, JSON.stringify({ rules: [rule, { ...rule, percent: 101 }] }));
    const refused = await world.tryMedina('plugin', 'data', FINES, file);
    assert.equal(refused.code, 1, refused.output);
    assert.match(refused.output, /rules\[1\]\.percent: must be a whole number from 1 to 100/);
    assert.equal(amounts((await byPlate(world)).json.items)['7000000101'], 39_000);
    writeFileSync(file, JSON.stringify({ rules: [rule] }));
    await world.medina('plugin', 'data', FINES, file);
    const now = amounts((await byPlate(world)).json.items);
    assert.equal(now['7000000101'], 60_000);
    assert.equal(now['7000000105'], 15_000);
    const paid = await pay(world, ['7000000105']);
    assert.equal(paid.total.amount, 15_000);
  });

  test('the day that counts is the city\'s', async (t) => {
    // The offence was on a date of the city; in one of these zones it is another day there now.
    for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
      const world = await finesCity(t, { config: { city: { zone } } });
      const file = join(world.folder, 'rules.json');
      const today = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date());
      const rule = { authority: 'coast-police', from: today, to: today, days_from: 0, days_to: 36500, percent: 10 };
      writeFileSync(file, JSON.stringify({ rules: [rule] }));
      await world.medina('plugin', 'data', FINES, file);
      const shown = amounts((await byPlate(world)).json.items)['7000000101'];
      const after = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date());
      if (today === after) assert.equal(shown, 54_000, zone);
    }
  });
});

describe('paying fines', () => {
  test('some fines, one payment: each is settled at the department under its discount', async (t) => {
    const world = await finesCity(t);
    const token = await fineOwner(world);
    const paid = await pay(world, ['7000000101', '7000000102', '7000000103'], token);
    assert.equal(paid.total.amount, 269_000);
    assert.equal(paid.lines.length, 3);
    for (const [number, percent] of [['7000000101', 35], ['7000000102', 25], ['7000000103', 0]]) {
      const record = ofFine(world, number);
      assert.equal(record.status, 'paid');
      assert.equal(record.paid_amount, Math.round(record.amount * (100 - percent) / 100));
    }
    const { json } = await world.get('/v1/fines/mine', { token });
    const open = json.items.filter((item) => item.pay);
    assert.deepEqual(open.map((item) => item.id), ['7000000104', '7000000105']);
    assert.equal(json.items.length, 5, 'the owner still sees what is paid');
    const again = await world.post('/v1/payments', { method: 'card', items: [fine('7000000101')] }, { key: uniqueKey() });
    assertProblem(again, 409, 'already-paid');
  });

  test('anybody may pay by the plate, and learns nothing more from the payment', async (t) => {
    const world = await finesCity(t);
    const paid = await pay(world, ['7000000106', '7000000107']);
    assert.equal(paid.total.amount, 100_000 + 19_500);
    assert.doesNotMatch(JSON.stringify(paid), /light|Library|limit|10234568/);
  });

  test('what the linked files owe is on the host\'s list of what is due', async (t) => {
    const world = await finesCity(t);
    const token = await fineOwner(world, OMAR_FILE);
    const { json } = await world.get('/v1/fines/due', { token });
    assert.deepEqual(amounts(json.items), { 7000000106: 100_000, 7000000107: 19_500 });
    assert.deepEqual((await world.get('/v1/fines/due', { token: await world.signIn(SARA_FILE.phone) })).json.items, []);
  });

  test('an offence paid elsewhere meanwhile is not charged: before the payment', async (t) => {
    const world = await finesCity(t);
    await department(world, 'fines/7000000101/paid-elsewhere');
    const refused = await world.post('/v1/payments', { method: 'card', items: [fine('7000000101')] }, { key: uniqueKey() });
    assertProblem(refused, 409, 'already-paid');
  });

  test('an offence paid elsewhere meanwhile is not charged: between the review and the card', async (t) => {
    const world = await finesCity(t);
    const payment = await world.startPayment([fine('7000000101'), fine('7000000102')]);
    await department(world, 'fines/7000000101/paid-elsewhere');
    await world.giveCard(payment, CARD.pays);
    const paid = await until('one fine is paid, the other let go', async () => {
      const now = await world.payment(payment.payment);
      return now.state === 'captured' && now.lines.every((line) => line.delivered !== false) && now;
    });
    assert.deepEqual(paid.lines.map((line) => line.state), ['released', 'paid']);
    assert.equal(world.sums().charged, 30_000);
    assert.equal(ofFine(world, '7000000101').paid_reference, 'COUNTER-1');
  });

  test('the department is down when it is told of a payment: it is told until it takes it, once', async (t) => {
    const backend = await Backend.open(t);
    const world = await finesCity(t, { backend: backend.url, owing: true });
    backend.down = 2;
    const payment = await world.startPayment([fine('7000000201')]);
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment);
    assert.equal(backend.down, 0);
    assert.deepEqual(backend.taken.map(({ reference }) => reference), [`${payment.payment}.1`]);
  });

  test('one fine that the department finally refuses is refunded, the other stays paid', async (t) => {
    const backend = await Backend.open(t);
    const world = await finesCity(t, { backend: backend.url, owing: true });
    backend.refuse = '7000000201';
    const payment = await world.startPayment([fine('7000000201'), fine('7000000202')]);
    await world.giveCard(payment, CARD.pays);
    const paid = await until('the refused one is given back', async () => {
      const now = await world.payment(payment.payment);
      return now.lines.some((line) => line.state === 'refunded') && now;
    });
    assert.deepEqual(paid.lines.map((line) => line.state), ['refunded', 'paid']);
    assert.equal(world.sums().charged, 40_000);
    assert.deepEqual(backend.taken.map(({ fine: number, amount }) => [number, amount]), [['7000000202', 40_000]]);
  });
});

/** A department of its own for the moment between the capture and the posting. */
class Backend {
  static async open(t) {
    const backend = new Backend();
    backend.refuse = '';
    backend.down = 0; // so many postings find nobody
    backend.taken = [];
    const server = http.createServer((asked, reply) => backend.#serve(asked, reply));
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    backend.url = `http://127.0.0.1:${server.address().port}`;
    return backend;
  }

  #record(number) {
    const by = this.taken.find((one) => one.fine === number);
    return {
      number, file: '10234567', status: by ? 'paid' : 'due', date: '2026-01-05', offence: 'belt', authority: 'nobody',
      amount: 40_000, points: 4, article: { en: 'Belt', ar: 'حزام' }, place: { en: 'Here', ar: 'هنا' }, paid_reference: by?.reference,
    };
  }

  #serve(asked, reply) {
    const pieces = [];
    asked.on('data', (piece) => pieces.push(piece));
    asked.on('end', () => {
      const answer = (status, value) => reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      const number = /^\/fines\/(\d+)$/.exec(asked.url)?.[1];
      if (number) return answer(200, { fine: this.#record(number) });
      const posting = JSON.parse(Buffer.concat(pieces));
      if (this.down > 0) return answer(503, { down: this.down-- });
      if (posting.fine === this.refuse) return answer(409, {});
      this.taken.push(posting);
      return answer(201, { paid: this.#record(posting.fine) });
    });
  }
}

describe('who was driving', () => {
  test('the points go to the driver that the owner names, when that driver confirms', async (t) => {
    const world = await finesCity(t);
    const token = await fineOwner(world);
    const name = (licence, number = '7000000103') => world.post('/v1/fines/driver', { number, licence }, { token });
    assertProblem(await name('999'), 422, 'fines.licence-unknown');
    assertProblem(await name('2345678', '7000000101'), 422, 'fines.no-points-to-move');
    assert.equal((await name('2345678')).status, 200);
    assert.match((await world.messages(OMAR_FILE.phone))[0].text, /named as the driver in N\d+/);
    assertProblem(await name('3456789'), 422, 'fines.no-points-to-move');
    await department(world, 'nominations/N00000001/answer', { confirm: false });
    assert.equal((await name('3456789')).status, 200, 'another one after a refusal');
    await department(world, 'nominations/N00000002/answer', { confirm: true });
    const { text } = await world.get('/v1/fines/fine?number=7000000103', { token });
    assert.match(text, /The driver you named has confirmed/);
    assert.equal(ofFine(world, '7000000103').driver, '3456789');
  });
});

describe('instalments', () => {
  test('from AED 5,000 all fines of a file become a plan: a quarter down, the rest by months', async (t) => {
    const world = await finesCity(t);
    const token = await fineOwner(world, SARA_FILE);
    const offer = await world.get(`/v1/fines/plan-offer?account=${SARA_FILE.file}`, { token });
    assert.equal(offer.json.sections[0].rows[0].value.amount, 650_000);
    assert.equal(offer.json.sections[1].table.rows.length, 7);
    const made = await world.post('/v1/fines/plan', { account: SARA_FILE.file }, { token });
    assert.equal(made.json.reference, 'P00000001');
    const refused = await world.post('/v1/payments', { method: 'card', items: [fine('7000000108')] }, { key: uniqueKey() });
    assertProblem(refused, 409, 'already-paid');
    let { json: due } = await world.get('/v1/fines/due', { token });
    assert.deepEqual(amounts(due.items), { 'P00000001.1': 162_500 });
    assert.equal((await pay(world, ['P00000001.1'], token)).total.amount, 162_500);
    ({ json: due } = await world.get('/v1/fines/due', { token }));
    assert.deepEqual(due.items.map((item) => item.id), ['P00000001.2']);
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Dubai' }).format(new Date());
    assert.ok(due.items[0].due > today, 'the next is due later');
    await pay(world, [2, 3, 4, 5, 6, 7].map((index) => `P00000001.${index}`), token);
    for (const number of ['7000000108', '7000000109', '7000000110']) assert.equal(ofFine(world, number).status, 'paid');
    assert.equal(world.sums().charged, 650_000, 'to the last fils');
  });

  test('below the sum there are none; a company\'s is higher; and not for somebody else\'s file', async (t) => {
    const world = await finesCity(t);
    for (const person of [MARIAM_FILE, COMPANY_FILE]) {
      const token = await fineOwner(world, person);
      const offer = await world.get(`/v1/fines/plan-offer?account=${person.file}`, { token });
      assert.equal(offer.json.actions, undefined);
      assertProblem(await world.post('/v1/fines/plan', { account: person.file }, { token }), 422, 'fines.too-little-for-a-plan');
      assertProblem(await world.get(`/v1/fines/plan-offer?account=${SARA_FILE.file}`, { token }), 403, 'fines.not-yours');
      assertProblem(await world.get(`/v1/fines/plans?account=${SARA_FILE.file}`, { token }), 403, 'fines.not-yours');
    }
  });
});

const WORDS = {
  en: { mine: 'My fines', place: 'Gate Road, towards the creek', paid: 'Paid', photo: /The photo of the offence/ },
  ar: { mine: 'مخالفاتي', place: 'طريق البوابة باتجاه الخور', paid: 'مدفوعة', photo: /صورة المخالفة/ },
};

describe('the pages', () => {
  for (const language of ['en', 'ar'])
    test(`from the plate to the receipt, without JavaScript (${language})`, async (t) => {
      const words = WORDS[language];
      const world = await finesCity(t, { config: WEB });
      const page = new Reader(world, language);
      await page.open('/fines');
      assert.equal(page.status, 200);
      await page.open(`/fines/plate?${query(PLATE)}`);
      assert.ok(!page.text.includes(words.place), 'a stranger sees no place');
      await page.signIn(MARIAM_FILE);
      await page.linkFile(MARIAM_FILE);
      await page.open('/fines/mine');
      assert.ok(page.text.includes(words.mine) && page.text.includes(words.place), page.text.slice(0, 800));
      const chosen = page.html.match(/name="item" value="([^"]*)"/g).slice(0, 2)
        .map((part) => /value="([^"]*)"/.exec(part)[1].replaceAll('&amp;', '&'));
      await page.send('/pay', { item: chosen });
      assert.match(page.path, /\/pay\?/);
      await page.send('/pay/confirm', { method: 'card' });
      assert.equal(page.status, 303);
      await world.giveCard({ redirect: page.location }, CARD.pays);
      await until('both are settled', () => ['7000000101', '7000000102'].every((number) => ofFine(world, number).status === 'paid'));
      await page.open('/fines/mine');
      assert.ok(page.text.includes(words.paid));
      await page.open('/fines/fine?number=7000000101');
      assert.equal(page.status, 200);
      assert.ok(page.text.includes(words.place));
      const photo = /<img src="([^"]*photo[^"]*)" alt="([^"]+)"/.exec(page.html);
      assert.match(photo[2], words.photo);
      await page.open(photo[1].slice(3));
      assert.equal(page.status, 200);
      assert.equal(page.headers['content-type'], 'image/png');
      assert.equal(page.headers['x-content-type-options'], 'nosniff');
      assert.equal(page.headers['cache-control'], 'no-store');
      const stranger = await new Reader(world, language).signIn(OMAR_FILE);
      await stranger.open(photo[1].slice(3));
      assert.equal(stranger.status, 403);
      await new Reader(world, language).open(photo[1].slice(3)).then(({ path }) => assert.match(path, /sign-in/));
    });
});
