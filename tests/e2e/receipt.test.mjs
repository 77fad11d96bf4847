// SPDX-License-Identifier: Apache-2.0
// A receipt that anybody who holds it can have checked, and nobody else.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city, line, MARIAM, owner, WATER } from './city.mjs';
import { assertProblem, bin, CARD, request } from './world.mjs';

const web = join(bin, '../web');

async function paidBill(t) {
  const world = await city(t, { config: { paths: { web } } });
  const { token, bills: [bill] } = await owner(world);
  const payment = await world.startPayment([line(bill)], { token });
  await world.giveCard(payment, CARD.pays);
  return { world, token, bill, paid: await world.settled(payment.payment, { token }) };
}

describe('a receipt', () => {
  test('is checked with its number and code, by anybody, and tells nothing of the payer', async (t) => {
    const { world, bill, paid } = await paidBill(t);
    assert.match(paid.receipt_code, /^[0-9A-HJKMNP-TV-Z]{10}$/);
    const reply = await world.get(`/v1/receipts/${paid.receipt}?code=${paid.receipt_code}`);
    assert.equal(reply.status, 200);
    assert.deepEqual(reply.json, {
      receipt: paid.receipt, state: 'paid', paid: paid.paid, total: bill.amount,
      lines: [{ instance: 'water-electricity', amount: bill.amount, refunded: { amount: 0, currency: 'AED' } }],
    });
    const typed = paid.receipt_code.toLowerCase().replace(/(.{5})/, '$1-').replaceAll('0', 'o').replaceAll('1', 'l');
    assert.equal((await world.get(`/v1/receipts/${paid.receipt}?code=${typed}`)).status, 200, 'as people type it');
    for (const language of ['en', 'ar']) {
      const page = await request(`${world.url}/${language}/verify?number=${paid.receipt}&code=${paid.receipt_code}`);
      assert.equal(page.status, 200);
      assert.ok(page.text.includes(paid.receipt) && page.text.includes('class="notice success"'));
      for (const secret of [paid.payment, bill.account, MARIAM.bills, 'Mariam', MARIAM.phone])
        assert.ok(!page.text.includes(secret), secret);
    }
  });

  test('is not found with one wrong character, and the answer does not say which', async (t) => {
    const { world, paid } = await paidBill(t);
    const other = paid.receipt_code.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'));
    const wrong = [[paid.receipt, other], [paid.receipt, ''], [paid.receipt, `${paid.receipt_code}0`],
      [paid.receipt.replace(/-(\d)$/, (_, digit) => `-${(Number(digit) + 1) % 10}`), paid.receipt_code],
      ['260301-01-000017-4', paid.receipt_code], ['%00', 'x'], ['\'--', '\'--']];
    const answers = new Set();
    for (const [number, code] of wrong) {
      const reply = await world.get(`/v1/receipts/${encodeURIComponent(number)}?code=${encodeURIComponent(code)}`);
      assertProblem(reply, 404, 'not-found');
      answers.add(JSON.stringify({ ...reply.json, instance: undefined }));
      const query = new URLSearchParams({ number, code });
      const page = await request(`${world.url}/en/verify?${query}`);
      assert.equal(page.status, 404, `${query}`);
      assert.ok(page.text.includes('No receipt has this number and code'));
    }
    assert.equal(answers.size, 1);
  });

  test('is kept as a file that is whole in itself', async (t) => {
    const world = await city(t, { config: { paths: { web } } });
    const [payable] = await world.payable(WATER, MARIAM.bills);
    const payment = await world.startPayment([line(payable)]); // of nobody: whoever has its id may see it
    await world.giveCard(payment, CARD.pays);
    const paid = await world.settled(payment.payment);
    for (const language of ['en', 'ar']) {
      const path = `${world.url}/${language}/payments/${payment.payment}/receipt`;
      assert.ok((await request(path)).text.includes(`/${language}/payments/${payment.payment}/receipt/file`));
      const file = await request(`${path}/file`);
      assert.equal(file.status, 200);
      assert.equal(file.headers['content-disposition'], `attachment; filename="${paid.receipt}.html"`);
      assert.equal(file.headers['cache-control'], 'no-store');
      assert.ok(file.text.includes(paid.receipt) && file.text.includes('class="qr"'));
      assert.ok(!/\ssrc=|<link|<script|\/assets\//.test(file.text), 'it fetches nothing');
    }
    assert.equal((await request(`${world.url}/en/payments/nothing/receipt/file`)).status, 404);
  });

  test('leads from its QR code to the check, and from paper by a short address', async (t) => {
    const world = await city(t, { config: { paths: { web } } });
    const [bill] = await world.payable(WATER, MARIAM.bills);
    const { payment, redirect } = await world.startPayment([line(bill)]);
    await world.giveCard({ payment, redirect }, CARD.pays);
    const paid = await world.settled(payment);
    const page = await request(`${world.url}/en/payments/${payment}/receipt`);
    assert.equal(page.status, 200);
    const link = `/en/verify?number=${paid.receipt}&amp;code=${paid.receipt_code}`;
    assert.ok(page.text.includes(link), page.text.slice(0, 3000));
    const short = await request(`${world.url}/verify`, { headers: { 'accept-language': 'ar' } });
    assert.equal(short.status, 303);
    assert.match(short.headers.location, /\/ar\/verify$/);
    assert.equal((await request(`${world.url}/ar/verify`)).status, 200);
  });
});
