// SPDX-License-Identifier: Apache-2.0
// The citizen's web in a real browser, against real processes: the whole way in both languages,
// with JavaScript and without, and what can go wrong on it. Every flow ends on a page that says
// what happened and what to do next, and nobody is charged twice (visit() looks at the books).
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { closeBrowser, visit, WORDS } from './browser.mjs';
import { MARIAM, WATER } from './city.mjs';
import { CARD, until } from './world.mjs';

after(closeBrowser);

const REVIEW = `/pay?item=${encodeURIComponent(`instance=${WATER}&item=${MARIAM.bills}.`)}`;

/** The address of the review of the newest open bill, as a second tab would have it. */
async function reviewAddress(visitor) {
  await visitor.reviewsABill();
  return visitor.page.url();
}

describe('from home to the receipt', () => {
  for (const language of ['en', 'ar'])
    for (const javascript of [true, false])
      test(`${language}, JavaScript ${javascript ? 'on' : 'off'}`, async (t) => {
        const width = javascript ? 1280 : 360;
        await visit(t, { language, javascript, width, dark: !javascript }, async (visitor, world) => {
          const { words } = visitor;
          const page = await visitor.tab();
          await visitor.go('/');
          await visitor.sees(words.home);
          await visitor.types(words.search, language === 'ar' ? 'كهرباء' : 'electricity');
          await page.keyboard.press('Enter');
          await visitor.sees(words.search);
          await visitor.follows(words.water);
          await visitor.sees(words.water);
          await visitor.follows(words.link);

          await visitor.sees(words.signIn);
          await visitor.types(words.phone, '050 123 4567');
          await visitor.presses(words.send);
          await visitor.sees(words.enterCode);
          world.secrets.add('050 123 4567');
          const code = await world.newestCode(MARIAM.phone);
          await visitor.types(words.code, code === '000000' ? '000001' : '000000');
          await visitor.presses(words.signIn);
          await visitor.reads(words.wrongCode);
          await visitor.types(words.code, code);
          await visitor.presses(words.signIn);

          await visitor.links();
          await visitor.seesAgain(words.linked);
          await visitor.follows(words.open);
          await visitor.sees(words.bills);
          await visitor.follows(words.bill);
          await visitor.sees(words.bill);
          await visitor.heading(words.slabs, 2).waitFor();
          await page.getByRole('columnheader', { name: words.vat }).waitFor();
          await page.getByRole('img', { name: words.chart }).waitFor();

          await visitor.presses(words.payNow);
          await visitor.sees(words.review);
          await visitor.seesAgain(words.review);
          await visitor.reads(words.item);
          await visitor.confirms();
          await visitor.givesCard(CARD.asks);
          await visitor.presses(words.bankYes);
          await visitor.isPaid();
          await visitor.reads(words.item);
          await visitor.follows(words.seeReceipt);
          await visitor.sees(words.receipt);
          await page.getByRole('img', { name: words.qr }).waitFor();
          await visitor.seesAgain(words.receipt);
          assert.equal(await visitor.paidCount(), 1);
        });
      });
});

test('pharmacies open now stand in a list and on a map, with JavaScript or without', async (t) => {
  for (const javascript of [true, false])
    await visit(t, { javascript }, async (visitor) => {
      const page = await visitor.tab();
      await visitor.go('/');
      await visitor.follows('Pharmacies and clinics');
      await visitor.follows('Find a pharmacy or a doctor');
      await visitor.sees('Pharmacies, clinics and hospitals');
      await page.getByRole('group', { name: 'Map of the places in the list' }).waitFor();
      const places = page.getByRole('main').getByRole('listitem');
      assert.ok((await places.count()) >= 10, 'a list of places');
      await visitor.reads('Directions');
    });
});

describe('a card payment that goes wrong', () => {
  test('a declined card is not charged, and another card pays', async (t) => {
    await visit(t, {}, async (visitor) => {
      await visitor.isOwner();
      await visitor.reviewsABill();
      await visitor.confirms();
      await visitor.givesCard(CARD.declined);
      await visitor.reads(visitor.words.notCharged);
      await visitor.givesCard(CARD.pays);
      await visitor.isPaid();
      assert.equal(await visitor.paidCount(), 1);
    });
  });

  test('refused at the bank, given up, and paid anew afterwards', async (t) => {
    await visit(t, {}, async (visitor) => {
      const { words } = visitor;
      await visitor.isOwner();
      await visitor.reviewsABill();
      await visitor.confirms();
      await visitor.givesCard(CARD.asks);
      await visitor.presses(words.bankNo);
      await visitor.reads(words.notCharged);
      await visitor.page.getByRole('link', { name: words.leave }).click();
      await visitor.sees('Your payment is not finished');
      await visitor.presses('Give up this payment');
      await visitor.sees('The payment was given up');
      await visitor.seesAgain('The payment was given up');
      await visitor.follows('Try again');
      await visitor.sees(words.review);
      await visitor.confirms();
      await visitor.givesCard(CARD.pays);
      await visitor.isPaid();
      assert.equal(await visitor.paidCount(), 1);
    });
  });

  test('left at the provider, it can be continued from the account', async (t) => {
    await visit(t, { javascript: false }, async (visitor) => {
      const { words } = visitor;
      await visitor.isOwner();
      await visitor.reviewsABill();
      await visitor.confirms();
      await visitor.go('/account/payments');
      await visitor.follows(words.item);
      await visitor.sees('Your payment is not finished');
      await visitor.follows('Continue to the payment page');
      await visitor.givesCard(CARD.pays);
      await visitor.isPaid();
      assert.equal(await visitor.paidCount(), 1);
    });
  });

  test('confirmed in the bank’s app with the tab closed, it is paid all the same', async (t) => {
    await visit(t, {}, async (visitor) => {
      const { words } = visitor;
      await visitor.isOwner();
      await visitor.reviewsABill();
      await visitor.confirms();
      await visitor.givesCard(CARD.asks);
      await visitor.presses(words.bankStay);
      await visitor.reads('Confirmed');
      await visitor.page.close();
      await visitor.tab();
      await until('the account shows the payment as received', () => visitor.paidCount());
    });
  });

  test('the provider is down: nothing is charged, and it works when it is back', async (t) => {
    await visit(t, {}, async (visitor, world) => {
      const { words } = visitor;
      await visitor.isOwner();
      await world.fault('provider', 'down');
      await visitor.reviewsABill();
      await visitor.presses(words.confirm);
      await visitor.reads('The payment provider does not answer');
      await world.fault('provider', 'none');
      await visitor.follows('Try again');
      await visitor.sees(words.review);
      await visitor.confirms();
      await visitor.givesCard(CARD.pays);
      await visitor.isPaid();
    });
  });
});

describe('nobody pays twice', () => {
  test('paid in another tab: the page says so and leads to that payment', async (t) => {
    await visit(t, {}, async (visitor) => {
      const { words, context } = visitor;
      await visitor.isOwner();
      const address = await reviewAddress(visitor);
      const first = visitor.page;
      const second = await context.newPage();
      await second.goto(address);
      await visitor.confirms();
      await visitor.givesCard(CARD.pays);
      await visitor.isPaid();
      visitor.page = second;
      await visitor.sees(words.review);
      await visitor.presses(words.confirm);
      await visitor.sees('This is already paid');
      await visitor.follows('See that payment');
      await visitor.sees(words.paid);
      assert.equal(visitor.page.url(), first.url());
    });
  });

  test('under way in another tab: the page leads there, to finish or to give up', async (t) => {
    await visit(t, {}, async (visitor) => {
      const { words, context } = visitor;
      await visitor.isOwner();
      const address = await reviewAddress(visitor);
      await visitor.confirms();
      visitor.page = await context.newPage();
      await visitor.page.goto(address);
      await visitor.presses(words.confirm);
      await visitor.sees('A payment for this is already under way');
      await visitor.follows('See that payment');
      await visitor.sees('Your payment is not finished');
      await visitor.follows('Continue to the payment page');
      await visitor.givesCard(CARD.pays);
      await visitor.isPaid();
      assert.equal(await visitor.paidCount(), 1);
    });
  });

  test('who pays without signing in is led back to the payment just the same', async (t) => {
    await visit(t, { javascript: false }, async (visitor) => {
      const { words } = visitor;
      await visitor.tab();
      await visitor.go(`/${WATER}/bills?account=${MARIAM.bills}`);
      await visitor.presses('Pay the selected');
      await visitor.sees(words.review);
      const address = visitor.page.url();
      await visitor.confirms();
      await visitor.page.goto(address);
      await visitor.presses(words.confirm);
      await visitor.sees('A payment for this is already under way');
      await visitor.follows('See that payment');
      await visitor.follows('Continue to the payment page');
      await visitor.givesCard(CARD.pays);
      await visitor.isPaid();
    });
  });

  test('back to the review after paying, and confirmed again', async (t) => {
    await visit(t, {}, async (visitor) => {
      const { words } = visitor;
      await visitor.isOwner();
      const address = await reviewAddress(visitor);
      await visitor.confirms();
      await visitor.givesCard(CARD.pays);
      await visitor.isPaid();
      const paid = visitor.page.url();
      while (visitor.page.url() !== address) await visitor.page.goBack();
      // The browser may show the page as it was, with its key, or load it anew.
      if (await visitor.button(words.confirm).count()) {
        await visitor.presses(words.confirm);
        await visitor.sees(words.paid);
        assert.equal(visitor.page.url(), paid);
      } else {
        await visitor.reads('This has been paid in the meantime');
      }
      assert.equal(await visitor.paidCount(), 1);
    });
  });

  for (const javascript of [true, false])
    test(`a double click on pay, JavaScript ${javascript ? 'on' : 'off'}`, async (t) => {
      await visit(t, { javascript }, async (visitor, world) => {
        const { words } = visitor;
        await visitor.isOwner();
        await visitor.reviewsABill();
        await visitor.button(words.confirm).dblclick();
        await visitor.page.getByLabel(words.card, { exact: true }).waitFor();
        await visitor.givesCard(CARD.pays);
        await visitor.isPaid();
        assert.equal(await visitor.paidCount(), 1);
        assert.equal(Object.keys(world.books().intents).length, 1);
      });
    });
});

describe('in the middle of it', () => {
  test('the agency does not answer: the page says so, and trying again helps', async (t) => {
    await visit(t, {}, async (visitor, world) => {
      const { words } = visitor;
      await visitor.isOwner();
      await world.fault('utility', 'down');
      await visitor.go(`/${WATER}/bills?account=${MARIAM.bills}`);
      await visitor.reads('The agency\'s system does not answer');
      await visitor.go(`${REVIEW}2026-01`);
      await visitor.reads('It will not be charged');
      assert.equal(await visitor.button(words.confirm).count(), 0);
      await visitor.go(`/${WATER}/bills?account=${MARIAM.bills}`);
      await world.fault('utility', 'none');
      await visitor.follows('Try again');
      await visitor.sees(words.bills);
    });
  });

  test('the other language shows the same review, and the payment goes on in it', async (t) => {
    await visit(t, {}, async (visitor) => {
      await visitor.isOwner();
      await visitor.reviewsABill();
      await visitor.page.getByRole('link', { name: WORDS.en.other }).click();
      visitor.words = WORDS.ar;
      visitor.language = 'ar';
      await visitor.sees(WORDS.ar.review);
      await visitor.reads(WORDS.ar.item);
      await visitor.confirms();
      await visitor.givesCard(CARD.pays);
      await visitor.isPaid();
      await visitor.page.getByRole('link', { name: WORDS.ar.other }).click();
      visitor.words = WORDS.en;
      visitor.language = 'en';
      await visitor.sees(WORDS.en.paid);
    });
  });

  test('the session is over: a form leads to a new one, a page of one’s own to sign-in', async (t) => {
    await visit(t, {}, async (visitor) => {
      const { words, context } = visitor;
      await visitor.isOwner();
      await visitor.reviewsABill();
      await context.clearCookies({ name: '__Host-session' });
      await visitor.presses(words.confirm);
      await visitor.sees('This page was too old');
      await visitor.follows('Try again');
      await visitor.sees(words.review);
      await visitor.go('/account');
      await visitor.signsIn();
      await visitor.sees(words.account);
    });
  });

  test('an account is unlinked from one’s own page, and linked again', async (t) => {
    await visit(t, { javascript: false }, async (visitor) => {
      await visitor.signsInAndLinks();
      await visitor.go('/account/links');
      await visitor.reads(MARIAM.bills);
      await visitor.presses(/^Remove/);
      await visitor.reads('No accounts are linked yet');
      await visitor.go(`/${WATER}/link`);
      await visitor.links();
    });
  });

  test('addresses of forms, typed or kept as a bookmark, lead to a page', async (t) => {
    await visit(t, {}, async (visitor) => {
      await visitor.tab();
      for (const path of ['/pay/confirm', '/pay', '/sign-out', '/account/unlink', '/sign-in/code']) {
        await visitor.go(path);
        assert.ok(await visitor.page.getByRole('heading', { level: 1 }).count(), path);
        assert.equal(await visitor.page.getByText('cannot be used that way').count(), 0, path);
      }
      await visitor.go('/nothing-here');
      await visitor.sees('This page is not here');
    });
  });
});
