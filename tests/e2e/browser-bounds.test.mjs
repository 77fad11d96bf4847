// SPDX-License-Identifier: Apache-2.0
// The bounds of the front end, on every page of the tour: light, safe, and usable by everybody, in
// both languages. MEDINA_SOAK=1 (./dev soak) has axe look for everything in every colour and width.
// MEDINA_SCREENSHOTS=FOLDER leaves pictures of the pages there; MEDINA_TOUR=receipt,dispute walks
// those stops only.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { audit, COLOURS, inForcedColours, looksSafe, mainText, reflow, SIZES, spaced, still } from './bounds.mjs';
import { closeBrowser, newVisitor } from './browser.mjs';
import { OMAR, WATER } from './city.mjs';
import { livedIn, STOPS, tourists, visitStop } from './tour.mjs';
import { takePictures } from './screens.mjs';
import { CARD } from './world.mjs';

const everything = Boolean(process.env.MEDINA_SOAK);
const pictures = process.env.MEDINA_SCREENSHOTS;
const DESKTOP = { width: 1280, height: 800 }, PHONE = { width: 320, height: 640 };
const ZOOMED = { width: 320, height: 256 }; // 1280 by 1024 at 400 %

const ending = [];
let world, pages;

before(async () => {
  pages = mkdtempSync(join(tmpdir(), 'medina-pages-'));
  // The city's own checks run when all of this is over.
  world = await livedIn({ after: (end) => ending.push(end) });
});
after(async () => {
  await closeBrowser();
  rmSync(pages, { recursive: true, force: true });
  for (const end of ending) await end();
});

async function inLight(page) {
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none', reducedMotion: 'reduce' });
  await page.setViewportSize(DESKTOP);
  const wrong = await audit(page);
  await page.setViewportSize(PHONE);
  return [...wrong, ...await audit(page, everything ? undefined : SIZES)];
}

async function inDark(page) {
  await page.emulateMedia({ colorScheme: 'dark' });
  const wrong = everything ? await audit(page) : [];
  await page.setViewportSize(DESKTOP);
  return [...wrong, ...await audit(page, everything ? undefined : COLOURS)];
}

async function otherwise(page) {
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
  const wrong = [...await inForcedColours(page), ...await still(page)];
  await page.emulateMedia({ forcedColors: 'none' });
  await page.setViewportSize(ZOOMED);
  return [...wrong, ...await reflow(page), ...await spaced(page)];
}

/** What is wrong with one page, each with its name. */
async function examine(name, stop, language, { page, reply }) {
  const wrong = [], expected = stop.status ?? 200;
  if (reply.status() !== expected) wrong.push(`status ${reply.status()}, not ${expected}`);
  writeFileSync(join(pages, `${name}.${language}.html`), await reply.text());
  wrong.push(...await looksSafe(page, reply));
  if (pictures) await takePictures(page, join(pictures, `${name}.${language}`));
  wrong.push(...await inLight(page), ...await inDark(page), ...await otherwise(page));
  await page.setViewportSize(DESKTOP);
  return wrong.map((one) => `${language} ${name}: ${one}`);
}

/** One language from end to end, each page with scripts and beside it without. */
async function walk(language, stops) {
  const both = await tourists(world, { language }), wrong = [];
  const plain = await tourists(world, { language, javascript: false });
  for (const [name, stop] of stops) {
    const there = await visitStop(world, both, stop), without = await visitStop(world, plain, stop);
    const [text, same] = [await mainText(there.page), await mainText(without.page)];
    if (text !== same) wrong.push(`${language} ${name}: without JavaScript it says ${same}, with it ${text}`);
    wrong.push(...await examine(name, stop, language, there));
  }
  for (const visitor of [...Object.values(both), ...Object.values(plain)]) await visitor.finish();
  return wrong;
}

const wanted = process.env.MEDINA_TOUR?.split(',');
const walked = Object.entries(STOPS).filter(([name]) => !wanted || wanted.includes(name));
// A stop that puts something out of order for everybody comes when nobody else is on the way.
const STOPS_BY_ALL = walked.filter(([, { alone }]) => !alone);
const STOPS_ALONE = walked.filter(([, { alone }]) => alone);

describe('every page of the tour', () => {
  test('is safe, accessible, whole at any size and in any colours, the same without scripts', async () => {
    if (pictures) mkdirSync(pictures, { recursive: true });
    const found = await Promise.all(['en', 'ar'].map((language) => walk(language, STOPS_BY_ALL)));
    for (const language of ['en', 'ar']) found.push(await walk(language, STOPS_ALONE));
    assert.equal(found.flat().join('\n'), '');
  });

  test('has no error that the Nu HTML checker knows', async () => {
    const jar = join(dirname(fileURLToPath(import.meta.url)), '../node_modules/vnu-jar/build/dist/vnu.jar');
    const args = ['-Xss2m', '-jar', jar, '--errors-only', '--format', 'json', '--stdout', '--exit-zero-always', pages];
    const { stdout } = await promisify(execFile)('java', args, { maxBuffer: 64 * 1024 * 1024, timeout: 120_000 });
    const { messages } = JSON.parse(stdout);
    const said = messages.map(({ url, lastLine, message }) => `${url.split('/').pop()}:${lastLine}: ${message}`);
    assert.equal([...new Set(said)].join('\n'), '');
  });
});

// ---- how much a first view is ----

const KB = 1024;
const BOUNDS = { document: 14, stylesheet: 8, script: 5, font: 30, total: 50 };
const FIRST_VIEWS = ['home', 'service', 'payment-done', 'receipt'];

/** Bytes that crossed the wire, by type, heads included. */
async function weigh(visitor, go) {
  const session = await visitor.context.newCDPSession(visitor.page);
  const sums = { total: 0 }, kinds = new Map();
  let requests = 0;
  await session.send('Network.enable');
  session.on('Network.requestWillBeSent', ({ requestId, type, request }) => {
    kinds.set(requestId, type.toLowerCase());
    assert.ok(request.url.startsWith(visitor.world.url), `a request to a third party: ${request.url}`);
  });
  session.on('Network.responseReceived', ({ response }) => {
    if (!response.fromDiskCache && !response.fromPrefetchCache) requests++;
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = kinds.get(requestId);
    sums[kind] = (sums[kind] ?? 0) + encodedDataLength;
    sums.total += encodedDataLength;
  });
  await go();
  await visitor.page.waitForLoadState('networkidle');
  await session.detach();
  return { sums, requests };
}

const inKb = (bytes = 0) => Math.round(bytes / KB * 10) / 10;

test('a first view is at most 50 KB in 6 requests, a second one 15 KB', async () => {
  await Promise.all(['en', 'ar'].map(async (language) => {
    for (const name of FIRST_VIEWS) {
      const both = await tourists(world, { language }); // browsers that have seen nothing yet
      const visitor = both[STOPS[name].who ?? 'owner'];
      const first = await weigh(visitor, () => visitStop(world, both, STOPS[name]));
      const again = await weigh(visitor, () => visitStop(world, both, STOPS[name]));
      const parts = Object.keys(BOUNDS).map((kind) => `${kind} ${inKb(first.sums[kind])}`);
      process.stdout.write(`first_view_kb ${language} ${name}: ${parts.join(', ')}; ${first.requests} requests; again ${inKb(again.sums.total)}\n`);
      for (const [kind, most] of Object.entries(BOUNDS))
        assert.ok(inKb(first.sums[kind]) <= most, `${name}: ${kind} is ${inKb(first.sums[kind])} KB`);
      assert.ok(first.sums.total > 4 * KB, 'what was transferred is counted');
      assert.ok(first.requests <= 6, `${name}: ${first.requests} requests`);
      assert.ok(inKb(again.sums.total) <= 15, `${name}: ${inKb(again.sums.total)} KB again`);
      await both.stranger.finish();
      await both.owner.finish();
    }
  }));
});

// ---- with the keyboard alone ----

/** Presses Tab until the thing of that role and name has the focus. */
async function reaches({ page }, role, name) {
  const wanted = page.getByRole(role, { name, exact: typeof name === 'string' }).first();
  await wanted.waitFor();
  for (let i = 0; i < 80; i++) {
    if (await wanted.evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${role} "${name}" is not reached with Tab`);
}

async function types(visitor, label, text) {
  await reaches(visitor, 'textbox', label);
  await visitor.page.keyboard.type(text);
}

async function presses(visitor, role, name) {
  await reaches(visitor, role, name);
  await visitor.page.keyboard.press('Enter');
}

for (const language of ['en', 'ar'])
  test(`signing in, paying and the receipt need no more than a keyboard, ${language}`, async () => {
    const visitor = await newVisitor(world, { language }), { words } = visitor;
    const page = await visitor.tab();
    await visitor.go('/');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.className'), 'skip', 'the first stop skips to the content');
    await presses(visitor, 'link', words.signIn);
    await visitor.sees(words.signIn);
    await types(visitor, words.phone, OMAR.phone);
    await page.keyboard.press('Enter');
    await visitor.sees(words.enterCode);
    await types(visitor, words.code, await world.newestCode(OMAR.phone));
    await page.keyboard.press('Enter');
    await visitor.sees(words.home);
    const [bill] = await world.payable(WATER, OMAR.bills);
    await visitor.go(`/pay?item=${encodeURIComponent(`instance=${WATER}&item=${bill.id}`)}`);
    await visitor.sees(words.review);
    await presses(visitor, 'button', words.confirm);
    await types(visitor, words.card, CARD.pays);
    await types(visitor, words.expiry, '12/30');
    await types(visitor, words.cvc, '123');
    await presses(visitor, 'button', words.pay);
    await visitor.isPaid();
    await presses(visitor, 'link', words.seeReceipt);
    await visitor.sees(words.receipt);
    await visitor.finish();
  });
