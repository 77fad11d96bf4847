// SPDX-License-Identifier: Apache-2.0
// Nothing that somebody has typed is lost: not when the language is switched in the middle, not
// when the session ends before the form is sent.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { closeBrowser, visit, WORDS } from './browser.mjs';
import { MARIAM, WATER } from './city.mjs';
import { CARD } from './world.mjs';

after(closeBrowser);

const inOther = (visitor) => {
  const { page, words } = visitor;
  visitor.language = visitor.language === 'en' ? 'ar' : 'en';
  visitor.words = WORDS[visitor.language];
  return page.getByRole('button', { name: words.other }).click();
};

for (const javascript of [true, false])
  describe(`a form half filled in, JavaScript ${javascript ? 'on' : 'off'}`, () => {
    test('is the same in the other language, calls nothing, and the enter key sends it', async (t) => {
      await visit(t, { javascript }, async (visitor, world) => {
        const page = await visitor.tab();
        await visitor.go(`/sign-in?next=/${WATER}/link`);
        await visitor.types(visitor.words.phone, MARIAM.phone);
        await inOther(visitor);
        await visitor.sees(visitor.words.signIn);
        assert.equal(await page.getByLabel(visitor.words.phone).inputValue(), MARIAM.phone);
        assert.equal(await page.getByRole('alert').count(), 0, 'switching is no mistake');
        await visitor.signsIn();
        await visitor.sees(visitor.words.link);
        await visitor.types(visitor.words.number, '20012');
        await inOther(visitor);
        await visitor.sees(visitor.words.link);
        const number = page.getByLabel(visitor.words.number);
        assert.equal(await number.inputValue(), '20012');
        assert.equal(await page.getByRole('alert').count(), 0);
        world.secrets.add(MARIAM.phone);
        await number.fill(MARIAM.bills);
        await number.press('Enter');
        await visitor.sees(visitor.words.agencyCode);
        assert.equal(new URL(page.url()).pathname.slice(0, 3), `/${visitor.language}`);
      });
    });

    test('asked with GET, too', async (t) => {
      await visit(t, { javascript }, async (visitor) => {
        const page = await visitor.tab();
        await visitor.go(`/${WATER}/bills`);
        await visitor.types(visitor.words.number, '2001');
        await inOther(visitor);
        assert.equal(await page.getByLabel(visitor.words.number).inputValue(), '2001');
        assert.equal(await page.getByRole('alert').count(), 0);
        await visitor.types(visitor.words.number, MARIAM.bills);
        await visitor.presses(visitor.words.go);
        await visitor.sees(visitor.words.bills);
        assert.ok(!page.url().includes('in-language'), 'the address is the plain one');
      });
    });

    test('waits, as it was, behind the sign-in when the session is over', async (t) => {
      await visit(t, { javascript }, async (visitor) => {
        const { words, context } = visitor;
        const page = await visitor.tab();
        await visitor.go(`/sign-in?next=/${WATER}/link`);
        await visitor.signsIn();
        await visitor.sees(words.link);
        await visitor.types(words.number, MARIAM.bills);
        await context.clearCookies({ name: '__Host-session' });
        await visitor.presses(words.go);
        await visitor.sees('This page was too old');
        await visitor.follows('Try again');
        await visitor.signsIn();
        await visitor.sees(words.link);
        assert.equal(await page.getByLabel(words.number).inputValue(), MARIAM.bills);
        const cookies = (await context.cookies()).map((cookie) => cookie.name);
        assert.ok(!cookies.includes('__Host-kept'), 'what was kept is given back once');
        await visitor.presses(words.go);
        await visitor.sees(words.agencyCode);
      });
    });
  });

test('what another site sends is not kept', async (t) => {
  await visit(t, {}, async (visitor, world) => {
    const answer = await fetch(`${world.url}/en/${WATER}/link`, {
      method: 'POST', redirect: 'manual', body: new URLSearchParams({ account: MARIAM.bills, csrf: 'x' }),
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    });
    assert.equal(answer.status, 403);
    assert.ok(!answer.headers.getSetCookie().some((cookie) => cookie.startsWith('__Host-kept')));
  });
});

test('an amount of one’s own: typed in either numerals, asked for again when it is not taken', async (t) => {
  await visit(t, { javascript: false }, async (visitor) => {
    const page = await visitor.tab();
    const chooses = async (amount) => {
      await page.getByLabel(/^Other amount/).fill(amount);
      await visitor.presses('Continue to payment');
      await visitor.sees(visitor.words.review);
    };
    await visitor.go(`/toll/bills?account=${MARIAM.toll}`);
    await chooses('5');
    await visitor.reads(/^From .*20\.00 to .*1,000\.00/);
    assert.equal(await visitor.button(visitor.words.confirm).count(), 0, 'there is nothing to confirm');
    await chooses('fifty');
    await visitor.reads(/^From .*20\.00 to/);
    await chooses('٧٥٫٥٠');
    await visitor.reads(/75\.50/);
    await visitor.confirms();
    await visitor.givesCard(CARD.pays);
    await visitor.isPaid();
    await visitor.reads(/75\.50/);
    await visitor.go(`/toll/bills?account=${MARIAM.toll}`);
    await page.getByRole('radio', { name: /100\.00/ }).check();
    await visitor.presses('Continue to payment');
    await visitor.reads(/100\.00/);
    await visitor.sees(visitor.words.review);
    await visitor.button(visitor.words.confirm).waitFor();
  });
});

test('a receipt is shared by the address at which anybody can check it', async (t) => {
  await visit(t, {}, async (visitor) => {
    await visitor.context.addInitScript(() => {
      navigator.share = async (what) => {
        document.documentElement.dataset.shared = what.url;
      };
    });
    await visitor.isOwner();
    await visitor.paysABill();
    await visitor.follows(visitor.words.seeReceipt);
    await visitor.presses('Share');
    const shared = await visitor.page.locator('html').getAttribute('data-shared');
    assert.match(shared, /\/verify\?number=/);
    assert.equal((await fetch(shared)).status, 200);
  });
});
