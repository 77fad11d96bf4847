// SPDX-License-Identifier: Apache-2.0
// The app on a phone that loses its connection: what it still shows and says of it, what it keeps
// of a citizen and when that goes, and that no payment is ever shown from what was kept.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { closeBrowser, newVisitor, webCity, WORDS } from './browser.mjs';
import { MARIAM, WATER } from './city.mjs';
import { until } from './world.mjs';

// Without it only pages lose the connection, and their workers keep it.
process.env.PW_EXPERIMENTAL_SERVICE_WORKER_NETWORK_EVENTS = '1';

after(closeBrowser);

const KEEP = { en: 'Keep on this device', ar: 'الحفظ على هذا الجهاز' };
const OFFLINE = { en: 'You are not connected', ar: 'أنت غير متصل بالإنترنت' };

/** Runs the flow with a visitor whose app is installed: its worker has the shell. */
async function withApp(t, language, flow) {
  const world = await webCity(t);
  const visitor = await newVisitor(world, { language, workers: true, width: 412 });
  try {
    await visitor.tab();
    await visitor.go('/');
    await workerIsThere(visitor);
    await flow(visitor, world);
  } catch (error) {
    const text = await visitor.page.innerText('body').catch(() => '');
    error.message += `\nat ${visitor.page.url()}:\n${text}`;
    await visitor.context.close();
    throw error;
  }
  // A request without a connection is an error in the console; here that is what is looked at.
  visitor.faults = visitor.faults.filter((fault) => !/ERR_INTERNET_DISCONNECTED/.test(fault));
  await visitor.finish();
}

async function workerIsThere({ page }) {
  await until('the worker has the page', () => page.evaluate(
    'navigator.serviceWorker.ready.then(({ active }) => active.state === "activated")'));
  await page.reload();
  await page.waitForFunction('navigator.serviceWorker.controller');
}

const caches = ({ page }) => page.evaluate('caches.keys()');
const keptPaths = (visitor) => visitor.page.evaluate(async () => {
  const paths = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname);
  return paths;
});

async function isKept(visitor, path) {
  await until(`${path} is kept`, async () => (await keptPaths(visitor)).includes(path));
}

/** The page says that it is a copy, and of when. */
async function saysAsOf(visitor) {
  const line = visitor.page.locator('[data-kept]');
  await line.waitFor();
  assert.match(await line.innerText(), /\d{4}.*\d+:\d\d/);
}

async function isOffline(visitor) {
  await visitor.heading(OFFLINE[visitor.language]).waitFor();
}

for (const language of ['en', 'ar'])
  test(`offline and back, ${language}: public pages as of their time, no other`, async (t) => {
    await withApp(t, language, async (visitor) => {
      const { page, context, words } = visitor;
      await visitor.go('/pharmacies/find?kind=pharmacy');
      const places = await page.getByRole('main').getByRole('listitem').count();
      assert.equal(await page.locator('[data-kept]').isVisible(), false, 'this one is not a copy');
      await isKept(visitor, `/${language}/pharmacies/find`);
      await isKept(visitor, `/${language}/`);

      await context.setOffline(true);
      await visitor.go('/pharmacies/find?kind=pharmacy');
      await saysAsOf(visitor);
      assert.equal(await page.getByRole('main').getByRole('listitem').count(), places);
      await visitor.go('/');
      await saysAsOf(visitor);
      await visitor.sees(words.home);

      await visitor.go('/sign-in');
      await isOffline(visitor);
      await page.getByRole('link', { name: words.home }).waitFor(); // the list of what was kept
      assert.match(await page.locator('[data-kept-pages] li').first().innerText(), /\d{4}.*\d+:\d\d/);
      await page.locator('[data-kept-pages] a', { hasText: words.home }).click();
      await saysAsOf(visitor);

      await visitor.go('/sign-in');
      await isOffline(visitor);
      await context.setOffline(false);
      await page.locator('[data-again]').click();
      await visitor.sees(words.signIn);
    });
  });

test('where somebody is, and what they owe, is not kept', async (t) => {
  await withApp(t, 'en', async (visitor) => {
    await visitor.go(`/${WATER}/bills?account=${MARIAM.bills}`);
    await visitor.go('/pharmacies/find?latitude=25.2&longitude=55.3&kind=pharmacy');
    await visitor.go('/search?q=electricity');
    await visitor.go(`/${WATER}`);
    await isKept(visitor, `/en/${WATER}`);
    const kept = await keptPaths(visitor);
    for (const path of [`/en/${WATER}/bills`, '/en/pharmacies/find', '/en/search'])
      assert.equal(kept.includes(path), false, path);
  });
});

/** Signed in, with a receipt; its address. */
async function hasReceipt(visitor) {
  await visitor.page.close();
  await visitor.isOwner();
  await visitor.paysABill();
  const payment = visitor.page.url();
  await visitor.follows(visitor.words.seeReceipt);
  await visitor.sees(visitor.words.receipt);
  return { payment, receipt: visitor.page.url(), path: new URL(visitor.page.url()).pathname };
}

async function choosesToKeep(visitor) {
  await visitor.go('/account');
  await visitor.presses(KEEP[visitor.language]);
  await until('the choice is made', async () => (await caches(visitor)).includes('personal'));
}

test('a receipt is kept only when chosen, a payment never, and signing out wipes it', async (t) => {
  await withApp(t, 'en', async (visitor) => {
    const { context, words } = visitor;
    const { payment, receipt, path } = await hasReceipt(visitor);
    assert.equal((await keptPaths(visitor)).some((one) => one.includes('/payments/')), false);

    await choosesToKeep(visitor);
    await visitor.page.goto(receipt);
    await isKept(visitor, path);
    await visitor.go('/inbox');
    await isKept(visitor, '/en/inbox');
    await visitor.page.goto(payment);
    await visitor.sees(words.paid);
    await visitor.go('/pay');

    await context.setOffline(true);
    await visitor.page.goto(receipt);
    await saysAsOf(visitor);
    await visitor.sees(words.receipt);
    for (const never of [payment, `${visitor.world.url}/en/pay`, `${visitor.world.url}/en/account`]) {
      await visitor.page.goto(never);
      await isOffline(visitor);
    }
    await context.setOffline(false);

    await visitor.go('/account');
    await visitor.presses('Sign out');
    await visitor.sees(words.home);
    await until('nothing personal is left', async () => !(await caches(visitor)).includes('personal'));
    await workerIsThere(visitor);
    await context.setOffline(true);
    await visitor.page.goto(receipt);
    await isOffline(visitor);
    await context.setOffline(false);
  });
});

test('the first page without a session wipes what was kept', async (t) => {
  await withApp(t, 'ar', async (visitor) => {
    const { context } = visitor;
    const { receipt, path } = await hasReceipt(visitor);
    await choosesToKeep(visitor);
    await visitor.page.goto(receipt);
    await isKept(visitor, path);
    await context.clearCookies({ name: '__Host-session' });
    await visitor.go('/inbox');
    await visitor.sees(WORDS.ar.signIn);
    assert.equal((await caches(visitor)).includes('personal'), false);
    await context.setOffline(true);
    await visitor.page.goto(receipt);
    await isOffline(visitor);
    await context.setOffline(false);
  });
});

test('a session that ends by the clock ends without a connection too', async (t) => {
  await withApp(t, 'en', async (visitor) => {
    const { page: first, context } = visitor;
    const { receipt, path } = await hasReceipt(visitor);
    assert.ok(first.isClosed());
    await choosesToKeep(visitor);
    await visitor.page.goto(receipt);
    await isKept(visitor, path);
    // As the cache would hold it when the session's time has come.
    await visitor.page.evaluate(async () => {
      const cache = await caches.open('personal');
      for (const request of await cache.keys()) {
        const kept = await cache.match(request, { ignoreVary: true });
        const headers = new Headers(kept.headers);
        headers.set('medina-session', String(Math.floor(Date.now() / 1000) - 1));
        await cache.put(request, new Response(await kept.text(), { headers }));
      }
    });
    await context.setOffline(true);
    await visitor.page.goto(receipt);
    await isOffline(visitor);
    assert.equal((await caches(visitor)).includes('personal'), false);
    await context.setOffline(false);
  });
});

for (const language of ['en', 'ar'])
  test(`the app can be installed, ${language}`, async (t) => {
    await withApp(t, language, async (visitor) => {
      const session = await visitor.context.newCDPSession(visitor.page);
      const { errors, data, url } = await session.send('Page.getAppManifest');
      assert.deepEqual(errors, []);
      assert.equal(url, `${visitor.world.url}/${language}/app.webmanifest`);
      const app = JSON.parse(data);
      assert.equal(app.lang, language);
      assert.equal(app.dir, WORDS[language].direction);
      assert.match(app.name, WORDS[language].script);
      const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
      // This browser has no window to install from; that is all it minds.
      const own = installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito');
      assert.deepEqual(own, []);
      for (const { src, sizes } of app.icons) {
        const shown = await visitor.page.evaluate(async (from) => {
          const { width, height } = await createImageBitmap(await (await fetch(from)).blob());
          return `${width}x${height}`;
        }, src);
        assert.equal(shown, sizes);
      }
      for (const { url: path } of [{ url: app.start_url }, ...app.shortcuts]) {
        const reply = await visitor.page.goto(visitor.world.url + path);
        assert.equal(reply.status(), 200, path);
      }
    });
  });
