// SPDX-License-Identifier: Apache-2.0
// Refunds by the operator's command: what was seen, four eyes, and events that no agency takes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';

import { Agency, ITEM } from './agency.mjs';
import { city, line, MARIAM, owner } from './city.mjs';
import { bin, CARD, run, until } from './world.mjs';

async function paid(t, config = {}) {
  const world = await city(t, { owing: true, config });
  const { token, bills: [bill] } = await owner(world);
  const payment = await world.startPayment([line(bill)], { token });
  await world.giveCard(payment, CARD.pays);
  await world.settled(payment.payment, { token });
  return { world, token, bill, id: payment.payment, amount: bill.amount.amount };
}

const refused = async (world, code, pattern, ...args) => {
  const reply = await world.tryMedina(...args);
  assert.equal(reply.code, code, `${args.join(' ')}: ${reply.stdout}${reply.output}`);
  assert.match(reply.output, pattern);
};

describe('medina money refund', () => {
  test('gives a part back to the card, once, and says what is left', async (t) => {
    const { world, token, id, amount } = await paid(t);
    assert.match(await world.medina('money', 'payment', id), new RegExp(`refundable ${amount}`));
    const order = ['money', 'refund', id, '1', '500', '--seen', `${amount}`, '--reason', 'billed-twice'];
    assert.match(await world.medina(...order), /refund \S+ approved/);
    await refused(world, 1, /can be refunded of the line, not/, ...order); // the same again
    await until('the card has it', async () => (await world.payment(id, token)).refunded?.amount === 500);
    assert.match(await world.medina('money', 'payment', id), new RegExp(`refunded 500, refundable ${amount - 500}`));
    assert.equal(world.sums().charged, amount - 500);
    assert.match(await world.medina('money', 'verify'), /all of it agrees/);
  });

  test('wants what was seen, a reason, a line that is there, and not more than is left', async (t) => {
    const { world, id, amount } = await paid(t);
    const order = (line, fils, ...more) => ['money', 'refund', id, line, fils, ...more];
    const seen = ['--seen', `${amount}`, '--reason', 'test'];
    await refused(world, 2, /needs --seen/, ...order('1', '5', '--reason', 'test'));
    await refused(world, 2, /needs --reason/, ...order('1', '5', '--seen', '5'));
    await refused(world, 1, /no such line/, ...order('2', '5', ...seen));
    await refused(world, 1, /not left/, ...order('1', `${amount + 1}`, ...seen));
    await refused(world, 1, /names a payment/, ...order('1', '0', ...seen));
    await refused(world, 2, /does not know "-5"/, ...order('1', '-5', ...seen));
    await refused(world, 1, /no such payment/, 'money', 'refund', 'nonsense', '1', '5', ...seen);
    await refused(world, 1, /no such payment/, 'money', 'payment', 'nonsense');
    assert.equal(world.sums().charged, amount);
  });

  test('waits, when it is large, and whoever asked cannot approve it', async (t) => {
    const { world, id, amount } = await paid(t, { money: { refund_alone: 100 } });
    const asked = await world.medina('money', 'refund', id, '1', '101', '--seen', `${amount}`, '--reason', 'goodwill');
    const [, refund] = /refund (\S+) waits for the approval/.exec(asked);
    assert.match(await world.medina('money', 'refunds'), new RegExp(`${refund} +101 AED of ${id} line 1 .*goodwill`));
    await refused(world, 1, /somebody else has to approve/, 'money', 'approve', refund);
    assert.equal(world.sums().charged, amount);
    assert.match(await world.medina('money', 'decline', refund), /declined/);
    await refused(world, 1, /no refund with this id waits/, 'money', 'approve', refund);
    assert.match(await world.medina('money', 'refunds'), /no refund waits/);
  });

  test('a group that the machine does not have is refused before anything starts', async (t) => {
    const world = await city(t);
    world.config = { money: { approvers: 'no-such-group-here' } };
    world.writeConfig();
    const reply = await run('medinad', ['--config', world.configFile]);
    assert.notEqual(reply.code, 0);
    assert.match(`${reply.stdout}${reply.output}`, /money\.approvers: this machine has no group "no-such-group-here"/);
  });

  test('is approved by a member of the group, who can do nothing else',
    { skip: process.getuid() !== 0 && 'needs root, to be two people' }, async (t) => {
      const group = execFileSync('id', ['-gn', 'nobody'], { encoding: 'utf8' }).trim();
      const { world, token, id, amount } = await paid(t, { money: { refund_alone: 100, approvers: group } });
      execFileSync('chmod', ['711', world.folder]);
      const asked = await world.medina('money', 'refund', id, '1', '300', '--seen', `${amount}`, '--reason', 'goodwill');
      const [, refund] = /refund (\S+) waits/.exec(asked);
      const nobody = (...args) => execFileSync('setpriv', ['--reuid=nobody', '--regid', group, '--init-groups', '--',
        `${bin}/medina`, '--socket', `${world.folder}/data/medinad.sock`, ...args], { encoding: 'utf8', stdio: 'pipe' });
      for (const forbidden of [['plugin', 'list'], ['money', 'verify'], ['wallet', 'credit', MARIAM.bills, '5', 'x']])
        assert.throws(() => nobody(...forbidden), /only root and the user/);
      assert.match(nobody('money', 'approve', refund), /approved/);
      await until('the card has it', async () => (await world.payment(id, token)).refunded?.amount === 300);
    });
});

describe('medina money events', () => {
  test('shows what an agency did not take in time, and tries it again', async (t) => {
    const world = await city(t, { owing: true, config: { money: { event_ms: 1000 } } });
    const agency = await Agency.open(t, world);
    agency.posting = 'down';
    const token = await world.signIn(MARIAM.phone);
    const payment = await world.startPayment([ITEM], { token });
    await world.giveCard(payment, CARD.pays);
    const list = () => world.medina('money', 'events');
    await until('it is given up', async () => /1 are given up/.test(await list()));
    assert.match(await list(), new RegExp(`payment.captured of ${payment.payment} for harbour`));
    const { messages: [message] } = (await world.get('/v1/inbox', { token })).json;
    assert.equal(message.kind, 'payment.waiting');
    await refused(world, 1, /no dead event/, 'money', 'replay', 'nonsense');
    agency.posting = 'well';
    assert.match(await world.medina('money', 'replay', 'all'), /1 events are tried again/);
    await world.settled(payment.payment, { token });
    assert.match(await list(), /^0 events wait/);
  });
});
