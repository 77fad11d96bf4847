// SPDX-License-Identifier: Apache-2.0
// The end of a day: agencies are paid what the ledger says, and ledger, provider and bank agree or
// each difference has a name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { Clock } from './clock.mjs';
import { city, line, MARIAM, owner, WATER } from './city.mjs';
import { CARD, root, until } from './world.mjs';

const IBAN = {
  city: 'AE070331234567890123456',
  water: 'AE460090000000123456789',
};

const BOOKS = {
  settlement: { debtor_name: 'City Treasury & Sons', debtor_iban: IBAN.city, grace_ms: 60_000 },
};

/** A city with bank accounts whose clock can be set ahead. */
async function treasury(t, { settlement = {}, agencies = {}, ...options } = {}) {
  const clock = new Clock(t);
  const world = await city(t, {
    ...options,
    env: clock.env,
    config: {
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
      const { Program } = await import('./world.mjs');
      const program = new Program('medinad', ['--config', file]);
      const { code } = await program.end();
      assert.equal(code, 2, program.output);
      assert.match(program.output, new RegExp(`${section}\\.`));
    }
  });
});
