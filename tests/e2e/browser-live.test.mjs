// SPDX-License-Identifier: Apache-2.0
// A payment that is being decided while one looks: with a script the page follows by itself and
// keeps the reader's place; without one it says when it was made and offers to look again. Neither
// ever reloads by itself.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowser, visit } from './browser.mjs';
import { CARD, until } from './world.mjs';

after(closeBrowser);

const OWN = {
  en: { again: 'Check again', asOf: /As of \d\d:\d\d:\d\d/ },
  ar: { again: 'تحقّق مرة أخرى', asOf: /\d\d:\d\d:\d\d/ },
};

/** The agency takes so long to accept that the citizen is back before it has. */
async function waitsForTheAgency(visitor, world) {
  await visitor.isOwner();
  await visitor.reviewsABill();
  await visitor.confirms();
  await world.fault('utility', 'slow', 4_000);
  await visitor.givesCard(CARD.pays);
  await visitor.page.waitForURL(/\/payments\//);
  await visitor.page.locator('main[data-check]').waitFor(); // being decided, or not with the agency yet
  assert.match(await visitor.page.getByRole('main').innerText(), OWN[visitor.language].asOf);
}

for (const language of ['en', 'ar'])
  test(`the page of a payment follows it without a reload, ${language}`, async (t) => {
    await visit(t, { language }, async (visitor, world) => {
      await waitsForTheAgency(visitor, world);
      const { page } = visitor;
      await page.evaluate(() => (window.loadedOnce = true));
      await page.getByRole('link', { name: OWN[language].again }).focus();
      await world.fault('utility', 'none');
      await visitor.heading(visitor.words.paid).waitFor();
      assert.equal(await page.evaluate('window.loadedOnce'), true, 'the page was not loaded again');
      assert.equal(await page.evaluate('document.activeElement.tagName'), 'MAIN', 'the reader is still at the content');
      assert.equal(await page.getByRole('status').innerText(), visitor.words.paid, 'it is read out');
      assert.equal(await page.locator('[data-check]').count(), 0, 'it is not asked for any more');
    });
  });

test('without JavaScript it is asked for by hand, and never reloads', async (t) => {
  await visit(t, { javascript: false }, async (visitor, world) => {
    await waitsForTheAgency(visitor, world);
    assert.equal(await visitor.page.locator('meta[http-equiv]').count(), 0);
    await world.fault('utility', 'none');
    const waits = async () => !await visitor.heading(visitor.words.paid).count();
    await until('looking again shows that it is paid', async () => {
      if (!await waits()) return true;
      await visitor.follows(OWN.en.again);
      return false;
    });
    await visitor.sees(visitor.words.paid);
  });
});
