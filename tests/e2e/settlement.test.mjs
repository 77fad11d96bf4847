// SPDX-License-Identifier: Apache-2.0
// The end of a day: agencies are paid what the ledger says, and ledger, provider and bank agree or
// each difference has a name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { Agency, ITEM } from './agency.mjs';
import { readOrder, statement } from './bank.mjs';
import { Clock } from './clock.mjs';
import { city, line, MARIAM, owner, WATER } from './city.mjs';
import { CARD, Program, PROVIDER_KEY, request, root, until } from './world.mjs';

const IBAN = {
  city: 'AE070331234567890123456',
  water: 'AE460090000000123456789',
};

const BOOKS = {
  settlement: { debtor_name: 'City Treasury & Sons', debtor_iban: IBAN.city, grace_ms: 60_000 },
};

/** A city with bank accounts whose clock can be set ahead. */
async function treasury(t, { settlement = {}, agencies = {}, config = {}, ...options } = {}) {
  const clock = new Clock(t);
  const world = await city(t, {
    ...options,
    env: clock.env,
    config: {
      ...config,
      settlement: { ...BOOKS.settlement, ...settlement },
      agencies: {
        water: { legal_name: 'Coast Water <and> Electricity', iban: IBAN.water, instances: [WATER] },
        ...agencies,
      },
    },
  });
  const folder = join(world.folder, 'out');
  mkdirSync(folder);
  return { world, clock, folder };
}

async function pay(world, items, token) {
  const payment = await world.startPayment(items, { token });
  await world.giveCard(payment, CARD.pays);
  return world.settled(payment.payment, { token });
}

const settle = async (world, ...args) =>
  JSON.parse(await world.medina('--json', 'money', 'settle', ...args)).days;

const rowsOf = (file) => readFileSync(file, 'utf8').trim().split('\r\n').map((row) => row.split(','));
const fils = (text) => Math.round(Number(text) * 100);

function checkSchema(t, file, schema) {
  const path = join(root, '../shared/vectors/iso20022', schema);
  if (!existsSync(path)) {
    t.diagnostic(`SKIP: ${path} is not there, so ${schema} is not checked`);
    return;
  }
  execFileSync('xmllint', ['--noout', '--nonet', '--schema', path, file], { stdio: 'pipe', timeout: 30_000 });
}

describe('settlement', () => {
  test('what an agency got in a day is paid to its account, once', async (t) => {
    const { world, clock, folder } = await treasury(t);
    const { token, bills: [bill] } = await owner(world);
    const [topUp] = await world.payable('toll', MARIAM.toll, token);
    const paid = await pay(world, [line(bill), line(topUp, 'toll')], token);
    const day = clock.day();

    const early = await world.tryMedina('money', 'settle', '--day', day);
    assert.equal(early.code, 1);
    assert.match(early.output, /is not over/);
    clock.nextDay();
    const [plan] = await settle(world, '--day', day, '--dry-run', '--out', folder);
    assert.equal(plan.planned, true);
    assert.deepEqual(readdirSync(folder), [], 'a dry run writes nothing');
    const skipped = await world.tryMedina('money', 'settle', '--day', clock.day());
    assert.equal(skipped.code, 1, 'a day cannot be skipped');

    const [closed] = await settle(world, '--out', folder);
    assert.equal(closed.payable, bill.amount.amount);
    assert.deepEqual(
      closed.settlements.map(({ instance, captured, payable, remainder }) => [instance, captured, payable, remainder]),
      [
        // No agency is named for the toll: its money waits.
        ['toll', topUp.amount.amount, 0, topUp.amount.amount],
        [WATER, bill.amount.amount, bill.amount.amount, 0],
      ],
    );
    const csv = join(folder, `settlement-${day}.csv`), pain = join(folder, `settlement-${day}.pain.001.xml`);
    checkSchema(t, pain, 'pain.001.001.03.xsd');
    const rows = rowsOf(csv);
    assert.ok(rows.every((row) => row.length === 11), 'every row has the same fields');
    const mine = rows.find((row) => row[2] === WATER && row[6] === 'capture');
    assert.deepEqual([mine[3], mine[4], mine[5], fils(mine[7])], [paid.payment, '1', paid.receipt, bill.amount.amount]);
    assert.match(mine[9], /\+04:00$/, 'instants are the city\'s');
    const xml = readFileSync(pain, 'utf8');
    const { reference } = closed.settlements[1];
    assert.ok(xml.includes(`<EndToEndId>${reference}</EndToEndId>`));
    assert.ok(xml.includes(`<CtrlSum>${(bill.amount.amount / 100).toFixed(2)}</CtrlSum>`));
    assert.ok(xml.includes(`<ReqdExctnDt>${clock.day()}</ReqdExctnDt>`));

    const again = join(world.folder, 'again');
    mkdirSync(again);
    await world.crashAndRestart();
    await settle(world, '--day', day, '--out', again);
    for (const name of readdirSync(folder))
      assert.ok(readFileSync(join(again, name)).equals(readFileSync(join(folder, name))), `${name} is what it was`);
    assert.deepEqual(await settle(world), [], 'nothing is left to settle');
    assert.match(await world.medina('money', 'verify'), /all of it agrees/);
  });

  test('books that do not agree are named, and the command says so with its exit code', async (t) => {
    const { world } = await treasury(t);
    const { token, bills: [bill] } = await owner(world);
    const { payment } = await pay(world, [line(bill)], token);
    await world.host.kill();
    const database = join(world.folder, 'data/medina.db');
    const harm = `UPDATE payment SET captured = captured - 1 WHERE id = '${payment}'`;
    execFileSync('sqlite3', [database, harm], { timeout: 30_000 });
    await world.startHost();
    const { code, output } = await world.tryMedina('money', 'verify');
    assert.equal(code, 1, output);
    assert.match(output, new RegExp(`captured +1 do not keep to it.*${payment}`));
    const json = await world.tryMedina('--json', 'money', 'verify');
    assert.equal(json.code, 1);
    assert.equal(JSON.parse(json.stdout).whole, false);
  });

  test('where a time is named for it, the host closes each day by itself', async (t) => {
    const { world, clock } = await treasury(t, { settlement: { at: '02:00' } });
    const { token, bills: [bill] } = await owner(world);
    await pay(world, [line(bill)], token);
    const day = clock.day();
    const waiting = () => settle(world, '--dry-run');
    clock.nextDay(1);
    assert.equal((await waiting()).length, 1, 'it is over, and not two o\'clock yet');
    clock.nextDay(3);
    await until('both days are closed', async () => (await waiting()).length === 0, 30_000);
    const [closed] = await settle(world, '--day', day);
    assert.equal(closed.payable, bill.amount.amount);
    assert.match(world.hostOutput, new RegExp(`${day} is settled`));
    // The next host goes on with it.
    await world.upgrade();
    clock.nextDay(3);
    await until('the new host closed the next', async () => (await waiting()).length === 0, 60_000);
  });

  test('an account number that cannot be is refused before the host starts', async (t) => {
    const world = await city(t, { plugins: false });
    const file = join(world.folder, 'bad.json');
    const sections = JSON.parse(readFileSync(world.configFile, 'utf8'));
    for (const [section, wrong] of [
      ['settlement', { debtor_name: 'City', debtor_iban: 'AE080331234567890123456' }],
      ['settlement', { at: '25:00' }],
      ['agencies', { water: { legal_name: 'Water', iban: 'AE07033123456789012345', instances: [WATER] } }],
      ['agencies', { water: { iban: IBAN.water } }],
    ]) {
      writeFileSync(file, JSON.stringify({ ...sections, [section]: wrong }));
      const program = new Program('medinad', ['--config', file]);
      const { code } = await program.end();
      assert.equal(code, 2, program.output);
      assert.match(program.output, new RegExp(`${section}\\.`));
    }
  });
});

/** The provider's report of a day, as rows of cells with the header first. */
async function reportOf(world, day) {
  const reply = await request(`${world.sandboxUrl}/v1/reports/balance_transactions?day=${day}`, {
    headers: { authorization: `Bearer ${PROVIDER_KEY}` },
  });
  assert.equal(reply.status, 200, reply.text);
  return reply.text.trim().split('\r\n').map((row) => row.split(','));
}

/** A day with two payments and one that the agency refused, settled; and what the others say of it. */
async function reconciledDay(t) {
  const { world, clock, folder } = await treasury(t, {
    owing: true,
    agencies: { harbour: { legal_name: 'Harbour', iban: 'AE450260001015336968101', instances: ['harbour', 'toll'] } },
  });
  const agency = await Agency.open(t, world);
  agency.posting = 'refuse';
  const refused = await world.startPayment([ITEM]);
  await world.giveCard(refused, CARD.pays);
  await world.settled(refused.payment, { state: 'refunded' });
  const { token, bills: [bill] } = await owner(world);
  const [topUp] = await world.payable('toll', MARIAM.toll, token);
  const paid = [await pay(world, [line(bill)], token), await pay(world, [line(topUp, 'toll')], token)];
  const day = clock.day();
  clock.nextDay();
  await settle(world, '--out', folder);
  const order = readOrder(readFileSync(join(folder, `settlement-${day}.pain.001.xml`), 'utf8'));
  const report = await reportOf(world, day);
  const payout = report.find(([, type]) => type === 'payout');
  const entries = [
    ...order.map(({ reference, fils: sum, day: on }) => ({ fils: -sum, day: on, reference })),
    { fils: -fils(payout[4]), day: clock.day(), text: `STRIPE ${payout[2]}` },
  ];
  return { world, clock, folder, day, order, report, entries, paid, refused };
}

/** The command on these files: {code, ...answer}. */
async function reconcile({ world, folder, day }, report, entries, ...args) {
  const provider = join(folder, 'report.csv'), bank = join(folder, 'camt.xml');
  writeFileSync(provider, report.map((row) => row.join(',')).join('\r\n'));
  writeFileSync(bank, typeof entries === 'string' ? entries : statement(IBAN.city, entries));
  const files = ['--day', day, '--provider', provider, '--bank', bank];
  const { code, stdout, output } = await world.tryMedina('--json', 'money', 'reconcile', ...files, ...args);
  assert.ok(stdout, output);
  return { code, ...JSON.parse(stdout) };
}

const names = ({ differences }) => differences.map((one) => `${one.with} ${one.kind} ${one.about}`);

describe('reconciliation', () => {
  test('ledger, provider and bank agree, and the fees are posted once', async (t) => {
    const all = await reconciledDay(t);
    const { world, folder, report, entries, paid, refused } = all;
    const clean = await reconcile(all, report, entries);
    assert.deepEqual([clean.code, clean.agrees, clean.differences], [0, true, []]);
    checkSchema(t, join(folder, 'camt.xml'), 'camt.053.001.08.xsd');
    const sum = paid.reduce((total, { total: { amount } }) => total + amount, 0);
    assert.deepEqual(clean.ledger, { charged: sum + refused.total.amount, disputed: 0, refunded: -refused.total.amount });
    assert.equal(clean.provider.charged, clean.ledger.charged);
    assert.ok(clean.provider.fees > 0);
    assert.equal(clean.bank.received, sum - clean.provider.fees);
    assert.equal(clean.bank.spent, sum);
    assert.equal(clean.settled, sum);
    assert.equal(clean.posted, 0, 'nothing is posted unasked');
    assert.equal((await reconcile(all, report, entries, '--post')).posted, report.length - 1);
    assert.equal((await reconcile(all, report, entries, '--post')).posted, 0);
    await world.medina('money', 'verify');
  });

  test('each planted difference with the provider is named', async (t) => {
    const all = await reconciledDay(t);
    const { report, entries, paid, refused } = all;
    const at = report.findIndex((row) => row[10] === paid[0].payment);
    const back = report.findIndex(([, type]) => type === 'refund');
    const change = (index, cells) => report.map((row, i) => (i === index ? Object.assign([...row], cells) : row));
    const without = (index) => report.filter((_, i) => i !== index);
    const less = { 4: '1.00', 5: '0.00', 6: '1.00' };
    const before = new Date(Date.parse(`${report[at][8].replace(' ', 'T')}Z`) - 86_400_000);
    const cases = [
      ['provider missing charge', without(at), paid[0].payment],
      ['provider missing refund', without(back), refused.payment],
      ['provider extra charge', [...report, Object.assign([...report[at]], { 0: 'txn_x', 2: 'pi_x', 3: 'pi_x', 10: '' })], ''],
      ['provider wrong-amount charge', change(at, less), paid[0].payment],
      ['provider wrong-amount refund', change(back, { 4: '-1.00', 5: '0.00', 6: '-1.00' }), refused.payment],
      ['provider wrong-day charge', change(at, { 8: before.toISOString().slice(0, 19).replace('T', ' ') }), paid[0].payment],
      ['provider duplicate charge', [...report, report[at]], paid[0].payment],
      ['provider duplicate charge', [...report, Object.assign([...report[at]], { 0: 'txn_again' })], paid[0].payment],
    ];
    for (const [expected, rows, payment] of cases) {
      const found = await reconcile(all, rows, entries);
      assert.equal(found.code, 1, expected);
      assert.deepEqual(names(found), [expected]);
      assert.equal(found.differences[0].payment, payment, expected);
      assert.ok(found.differences[0].next.length > 20);
    }
    const text = await all.world.tryMedina('money', 'reconcile', '--day', all.day,
      '--provider', join(all.folder, 'report.csv'), '--bank', join(all.folder, 'camt.xml'));
    assert.equal(text.code, 1);
    assert.match(text.output, /duplicate with the provider: charge txn_again of payment/);
  });

  test('each planted difference with the bank is named', async (t) => {
    const all = await reconciledDay(t);
    const { report, entries, order } = all;
    const other = (index, part) => entries.map((entry, i) => (i === index ? { ...entry, ...part } : entry));
    const cases = [
      ['bank missing settlement', entries.slice(1), order[0].reference],
      ['bank missing payout', entries.slice(0, -1), report.find(([, type]) => type === 'payout')[2]],
      ['bank extra entry', [...entries, { fils: -700, day: all.clock.day(), reference: 'NOT-OURS' }], 'NOT-OURS'],
      ['bank wrong-amount settlement', other(0, { fils: entries[0].fils - 1 }), order[0].reference],
      ['bank wrong-day settlement', other(1, { day: all.day }), order[1].reference],
      ['bank duplicate settlement', [...entries, entries[0]], order[0].reference],
    ];
    for (const [expected, list, reference] of cases) {
      const found = await reconcile(all, report, list);
      assert.equal(found.code, 1, expected);
      assert.deepEqual(names(found), [expected]);
      assert.equal(found.differences[0].reference, reference);
    }
    // What is not booked yet is not there yet.
    const pending = await reconcile(all, report, other(0, { status: 'PDNG' }));
    assert.deepEqual(names(pending), ['bank missing settlement']);
  });

  test('a bad file is refused with its line, and nothing is changed', async (t) => {
    const all = await reconciledDay(t);
    const { report, entries, world } = all;
    const good = statement(IBAN.city, entries);
    const bomb = '<!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>';
    const bad = [
      [report, good.replace('<Stmt>', '<Stmt><Stmt'), /line \d+/],
      [report, good.slice(0, good.length / 2), /line \d+/],
      [report, good.replace('?>', `?>${bomb}`), /document type/],
      [report, good.replaceAll(IBAN.city, IBAN.water), /another account/],
      [report, good.replaceAll('001.08', '001.02'), /no camt\.053\.001\.08/],
      [report, good.replace(/<Amt Ccy="AED">(\d)/, '<Amt Ccy="AED">9$1'), /do not add up/],
      [report, good.replaceAll('Ccy="AED"', 'Ccy="USD"'), /another currency/],
      [report, '<a>'.repeat(100), /camt/],
      [report.map((row, i) => (i ? row : row.slice(1))), good, /^the provider.s report has no column "id"$/],
      [report.map((row, i) => (i === 2 ? row.slice(1) : row)), good, /line 3.*10 cells/],
      [report.map((row, i) => (i === 1 ? Object.assign([...row], { 4: '1e3' }) : row)), good, /line 2.*amount/],
      [report.map((row, i) => (i === 1 ? Object.assign([...row], { 8: 'today' }) : row)), good, /line 2.*time/],
      [[], good, /empty/],
    ];
    for (const [rows, xml, message] of bad) {
      const answer = await reconcile(all, rows, xml, '--post');
      assert.equal(answer.code, 1, `${message}`);
      assert.match(answer.message, message);
    }
    assert.equal((await reconcile(all, report, entries, '--post')).posted, report.length - 1, 'nothing was posted before');
    for (const args of [['--day', '2026-3-1'], ['--day', '2026-03-01'], []])
      assert.equal((await world.tryMedina('money', 'reconcile', ...args)).code, 2);
  });
});

/** What the citizen's bank does, at the provider; the dispute. */
async function atProvider(world, path, order) {
  const body = JSON.stringify(order);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const reply = await request(`${world.sandboxUrl}${path}`, { method: 'POST', headers, body });
  assert.ok(reply.status < 300, reply.text);
  return reply.json;
}

const disputes = async (world) => JSON.parse(await world.medina('--json', 'money', 'disputes')).disputes;

const disputed = (world, state) =>
  until(`the dispute is ${state}`, async () => {
    const [first] = await disputes(world);
    return first?.state === state && first;
  }, 30_000);

describe('disputes', () => {
  test('the provider\'s word opens and ends one, and the agency that loses it bears it', async (t) => {
    const { world, clock, folder } = await treasury(t, { config: { provider: { dispute_poll_ms: 3_600_000 } } });
    const { token, bills: [bill] } = await owner(world);
    const [topUp] = await world.payable('toll', MARIAM.toll, token);
    const paid = await pay(world, [line(bill), line(topUp, 'toll')], token);
    const { id } = await atProvider(world, '/disputes', { payment: paid.payment, amount: bill.amount.amount });
    const open = await disputed(world, 'open');
    assert.deepEqual([open.dispute, open.payment, open.liable, open.line], [id, paid.payment, WATER, 1]);
    assert.ok(open.fee > 0);
    await atProvider(world, `/disputes/${id}/close`, { outcome: 'lost' });
    await disputed(world, 'lost');
    const day = clock.day();
    clock.nextDay();
    const [{ settlements }] = await settle(world);
    const water = settlements.find(({ instance }) => instance === WATER);
    assert.equal(water.disputed, -bill.amount.amount);
    assert.equal(water.remainder, -open.fee);
    const report = await reportOf(world, day);
    assert.ok(!report.some(([, type]) => type === 'payout'), 'more was taken back than is left');
    const entries = [];
    const { code, differences } = await reconcile({ world, folder, day }, report, entries, '--post');
    assert.deepEqual(differences, []);
    assert.equal(code, 0);
    const moved = await world.medina('money', 'liable', id, '2');
    assert.match(moved, /toll bears it/);
    assert.equal((await world.tryMedina('money', 'liable', id, '3')).code, 1);
    assert.equal((await world.tryMedina('money', 'liable', id, 'x')).code, 1);
    assert.match(await world.medina('money', 'verify'), /all of it agrees/);
  });

  test('when the provider\'s word is lost, the host asks by itself', async (t) => {
    const { world } = await treasury(t, { config: { provider: { dispute_poll_ms: 1000 } } });
    const { token, bills: [bill] } = await owner(world);
    const paid = await pay(world, [line(bill)], token);
    await world.fault('webhooks', 'down');
    const { id } = await atProvider(world, '/disputes', { payment: paid.payment });
    await disputed(world, 'open');
    // What was taken back is not given back on top of it: the provider refuses, the agency keeps it.
    const whole = `${bill.amount.amount}`;
    const refund = ['money', 'refund', paid.payment, '1', '500', '--seen', whole, '--reason', 'goodwill'];
    await world.medina(...refund);
    await until('the refund was refused', async () =>
      (await world.medina('money', 'payment', paid.payment)).includes(`refundable ${whole}`));
    assert.equal((await world.payment(paid.payment, token)).refunded, undefined);
    await atProvider(world, `/disputes/${id}/close`, { outcome: 'won' });
    await disputed(world, 'won');
    await world.fault('webhooks', 'none');
    assert.match(await world.medina('money', 'verify'), /all of it agrees/);
  });
});
