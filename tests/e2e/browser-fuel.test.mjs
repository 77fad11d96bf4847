// SPDX-License-Identifier: Apache-2.0
// A fill in a real browser: from the code on the pump to what was paid, its progress coming by
// itself with JavaScript and by looking again without.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowser, visit } from './browser.mjs';
import { PUMP, rounded, Station } from './fuel.mjs';
import { CARD, until } from './world.mjs';

after(closeBrowser);

const WORDS = {
  en: {
    pump: `Pump ${PUMP}`, fill: 'Fill up here', form: 'Fill up', grade: 'Special 95', limit: /^Limit in litres/,
    follow: `Your fill at pump ${PUMP}`, filling: 'Hang the nozzle up when you have enough.', again: 'Look again', pay: 'Pay the selected', paid: 'You pay',
  },
  ar: {
    pump: `المضخة ${PUMP}`, fill: 'املأ الخزان هنا', form: 'تعبئة الوقود', grade: 'خصوصي 95', limit: /^الحد باللتر/,
    follow: `تعبئتك من المضخة ${PUMP}`, filling: 'أعد المسدس إلى مكانه عندما تكتفي.', again: 'تحديث', pay: 'دفع المحدد', paid: 'المبلغ المستحق عليك',
  },
};

/** From the pump's QR to the authorized card. */
async function authorizes(visitor, own) {
  const { words } = visitor;
  await visitor.tab();
  await visitor.go(`/fuel/pump?code=${PUMP}`);
  await visitor.sees(own.pump);
  await visitor.follows(own.fill);
  await visitor.signsIn();
  await visitor.sees(own.form);
  await visitor.page.getByLabel(own.grade, { exact: true }).check();
  await visitor.types(own.limit, '50');
  await visitor.page.keyboard.press('Enter');
  await visitor.sees(own.form);
  await visitor.presses(own.pay);
  await visitor.sees(words.review);
  await visitor.confirms();
  await visitor.givesCard(CARD.pays);
}

async function station(world) {
  const made = new Station();
  made.world = world;
  await world.loadFuel();
  return made;
}

for (const [language, javascript] of [['en', true], ['ar', true], ['ar', false]])
  test(`a fill, ${language}, JavaScript ${javascript ? 'on' : 'off'}`, async (t) => {
    await visit(t, { language, javascript, width: javascript ? 1280 : 360 }, async (visitor, world) => {
      const own = WORDS[language];
      const at = await station(world);
      await at.drives({ lift_ms: 1_000, flow_ml: 6_000 });
      await authorizes(visitor, own);
      await visitor.page.waitForURL(/\/fuel\/follow\?item=/);
      await visitor.sees(own.follow);
      if (javascript) {
        await visitor.page.evaluate(() => (window.loadedOnce = true));
        await visitor.reads(own.filling);
        await visitor.reads(own.paid);
        assert.equal(await visitor.page.evaluate(() => window.loadedOnce), true, 'the page was never loaded again');
        await visitor.seesAgain(own.follow);
        await visitor.reads(own.paid);
      } else {
        await until('what is paid is shown', async () => {
          if (await visitor.page.getByText(own.paid, { exact: true }).count()) return true;
          await visitor.follows(own.again);
          await visitor.sees(own.follow);
          return false;
        }, 30_000);
      }
      const [fill] = Object.values(world.books().fuel);
      const amount = rounded(38_250, fill.price);
      await until('it is settled', () => Object.values(world.books().fuel)[0].settled === amount);
      // The agency has booked it a moment before it has said so.
      await until('it is received, once', async () => (await visitor.paidCount()) === 1);
    });
  });
