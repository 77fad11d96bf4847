// SPDX-License-Identifier: Apache-2.0
// What an amount is for the eye, the ear, the clipboard and paper: a sign that is drawn on the left
// of the number in both languages, and the currency's name in the language's own order.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { closeBrowser, visit } from './browser.mjs';
import { MARIAM, WATER } from './city.mjs';

after(closeBrowser);

const AMOUNT = { en: /^AED [\d,]+\.\d\d$/, ar: /^[\d,]+\.\d\d درهم$/ };

/** What would be copied of the first amount, and where its sign and its digits stand. */
const lookAt = (page) => page.evaluate(() => {
  const amount = document.querySelector('main .amount .sum');
  const sign = amount.querySelector('.dirham').getBoundingClientRect();
  const digits = document.createRange();
  const number = [...amount.childNodes].find((node) => /\d/.test(node.data ?? ''));
  digits.setStart(number, number.data.search(/\d/));
  digits.setEnd(number, number.data.trimEnd().length);
  getSelection().selectAllChildren(amount);
  return {
    copied: getSelection().toString(), shown: amount.innerText,
    sign: [sign.left, sign.width, sign.height], digits: digits.getBoundingClientRect().left,
    lines: digits.getClientRects().length,
  };
});

describe('an amount', () => {
  for (const language of ['en', 'ar'])
    test(`has a sign to see, a name to hear and to copy, and words on paper, ${language}`, async (t) => {
      await visit(t, { language }, async (visitor) => {
        const page = await visitor.tab();
        await visitor.go(`/${WATER}/bills?account=${MARIAM.bills}`);
        await visitor.sees(visitor.words.bills);
        const { copied, shown, sign: [left, width, height], digits, lines } = await lookAt(page);
        assert.match(copied, AMOUNT[language]);
        assert.equal(shown, copied);
        assert.ok(width > 8 && height > 8, 'the sign is drawn');
        const gap = digits - (left + width);
        assert.ok(gap >= 1 && gap < 10, `${gap} pixels after the sign stands the number`);
        assert.equal(lines, 1);

        const heard = await page.locator('main .amount').first().ariaSnapshot();
        assert.match(heard.replace(/^- text: "?|"$/gm, '').trim(), AMOUNT[language]);

        await page.emulateMedia({ media: 'print' });
        const name = page.locator('main .amount .sum .hidden').first();
        const { width: printed } = await name.boundingBox();
        assert.ok(printed > 10, 'the name stands on paper');
        assert.equal(await page.locator('.dirham').first().isVisible(), false);
      });
    });
});
