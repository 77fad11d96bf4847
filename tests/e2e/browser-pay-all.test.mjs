// SPDX-License-Identifier: Apache-2.0
// Everything that is due in one payment, from home to the receipt, and what one agency refuses of it.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Agency, ITEM } from './agency.mjs';
import { closeBrowser, visit } from './browser.mjs';
import { WATER } from './city.mjs';
import { CARD } from './world.mjs';

after(closeBrowser);

const coded = ({ instance, item }) => encodeURIComponent(`instance=${instance}&item=${item}`);

describe('all that is due', () => {
  for (const javascript of [true, false])
    test(`is paid at once from home, JavaScript ${javascript ? 'on' : 'off'}`, async (t) => {
      await visit(t, { javascript, language: 'ar' }, async (visitor) => {
        await visitor.isOwner();
        await visitor.go('/');
        await visitor.sees(visitor.words.home);
        const ticks = visitor.page.getByRole('checkbox');
        assert.ok(await ticks.count() > 0);
        assert.equal(await ticks.count(), await visitor.page.getByRole('checkbox', { checked: true }).count());
        await visitor.presses('دفع المحدد');
        await visitor.sees(visitor.words.review);
        await visitor.confirms();
        await visitor.givesCard(CARD.pays);
        await visitor.isPaid();
        await visitor.follows(visitor.words.seeReceipt);
        await visitor.sees(visitor.words.receipt);
      });
    });

  test('but for what one agency refuses: the rest is taken, and each line says how it stands', async (t) => {
    await visit(t, {}, async (visitor, world) => {
      const agency = await Agency.open(t, world);
      await visitor.isOwner();
      await visitor.go(`/pay?item=${coded({ instance: WATER, item: visitor.item })}&item=${coded(ITEM)}`);
      await visitor.sees(visitor.words.review);
      await visitor.confirms();
      agency.quoting = 'settled'; // paid at its counter meanwhile
      await visitor.givesCard(CARD.pays);
      await visitor.page.waitForURL(/\/payments\//);
      await visitor.sees('Paid in part');
      const [bill, refused] = await visitor.page.getByRole('main').getByRole('listitem').all();
      assert.match(await bill.innerText(), /Paid/);
      assert.match(await refused.innerText(), /It is not owed any more/);
      await visitor.seesAgain('Paid in part');
      await visitor.page.goBack();
      await visitor.page.goForward();
      await visitor.sees('Paid in part');
      assert.equal(agency.posted, 0);
    });
  });
});
