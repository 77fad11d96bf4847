// SPDX-License-Identifier: Apache-2.0
// Finding what can be done: by words, by category and by agency, over the API and in the pages; and
// how the services are.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city as bareCity } from './city.mjs';
import { assertProblem, bin, plugin, until } from './world.mjs';

// A city with its web.
const city = (t, { config, ...options } = {}) =>
  bareCity(t, { ...options, config: { ...config, paths: { web: join(bin, '../web') } } });

const find = async (world, query) => {
  const reply = await world.get(`/v1/search?q=${encodeURIComponent(query)}`);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
};
const first = async (world, query) => (await find(world, query)).results[0]?.page;
const page = async (world, path, status = 200) => {
  const reply = await world.get(path);
  assert.equal(reply.status, status, `${path}: ${reply.text.slice(0, 300)}`);
  return reply.text;
};
const main = (html) => html.slice(html.indexOf('<main'), html.indexOf('</main>'));

describe('search', () => {
  test('answers with what can be done, in both languages, over the API and in the pages', async (t) => {
    const world = await city(t);
    await world.loadFuel();
    const wanted = [
      ['pay electricity', '/water-electricity/bills'],
      ['ادفع الكهرباء', '/water-electricity/bills'],
      ['سداد فاتورة الكهربا', '/water-electricity/bills'],
      ['pay elecricity bill', '/water-electricity/bills'],
      ['open pharmacy near me', '/pharmacies/find?kind=pharmacy&open=true'],
      ['صيدلية مفتوحة قريبة مني', '/pharmacies/find?kind=pharmacy&open=true'],
      ['صيدلية ٢٤ ساعة', '/pharmacies/find?kind=pharmacy&always=true'],
      ['chemist', '/pharmacies/find?kind=pharmacy&open=true'],
      ['toothache', '/pharmacies/find?kind=dentist'],
      ['petrol price', '/fuel/prices'],
      ['كم سعر البنزين', '/fuel/prices'],
      ['أقرب محطة وقود', '/fuel/stations'],
      ['road toll', '/toll'],
      ['تعرفة الطرق', '/toll'],
    ];
    for (const [query, path] of wanted) {
      assert.equal(await first(world, query), path, query);
      for (const language of ['en', 'ar']) {
        const html = main(await page(world, `/${language}/search?q=${encodeURIComponent(query)}`));
        const [, link] = /<li class="item[^>]*>.*?<a href="([^"]+)"/s.exec(html);
        assert.equal(link.replaceAll('&amp;', '&'), `/${language}${path}`, query);
      }
    }
    // The answer works: what it has filled in is taken by the operation, and the page is there.
    const [answer] = (await find(world, 'open pharmacy near me')).results;
    assert.deepEqual(answer.input, { kind: 'pharmacy', open: true });
    assert.deepEqual(answer.title, { en: 'Pharmacies open now', ar: 'الصيدليات المفتوحة الآن' });
    const result = await world.get(`/v1${answer.page}`);
    assert.equal(result.status, 200, result.text);
    assert.equal(result.json.type, 'places');
    await page(world, `/ar${answer.page}`);
    // The service stands below its action.
    const { results } = await find(world, 'pay electricity');
    assert.equal(results[0].kind, 'operation');
    assert.equal(results[1].kind, 'service');
    assert.equal(results[1].page, '/water-electricity');
  });

  test('says what to do when nothing is found', async (t) => {
    const world = await city(t);
    assert.deepEqual((await find(world, 'unicorn')).results, []);
    const html = main(await page(world, '/en/search?q=unicorn'));
    assert.match(html, /Nothing was found/);
    assert.match(html, /Check the spelling/);
    assert.match(html, /href="\/en\/services\/health"/);
    assert.match(main(await page(world, '/ar/search?q=unicorn')), /لم نعثر على نتائج/);
    const partly = await find(world, 'unicorn pharmacy');
    assert.equal(partly.unknown, 1);
    assert.match(await page(world, '/en/search?q=unicorn+pharmacy'), /Some of the words were not found/);
  });

  test('stands anything that is typed, and looks at no more of it than is configured', async (t) => {
    const world = await city(t, { config: { search: { query_bytes: 40, query_words: 3 } } });
    const odd = [' ', '?!', '<script>alert(1)</script>', '\u202e\u200f', 'ا'.repeat(900), '%', "' OR 1=1 --",
      'a'.repeat(3000), '🙂🙂', 'बिजली'];
    for (const query of odd) {
      const encoded = encodeURIComponent(query);
      assert.ok((await find(world, query)).results.length <= 24, query);
      const html = await page(world, `/en/search?q=${encoded}`);
      assert.doesNotMatch(html, /<script>alert/);
    }
    const { cut, results } = await find(world, 'aaa bbb ccc pharmacy');
    assert.ok(cut);
    assert.deepEqual(results, []);
    assert.match(await page(world, '/en/search?q=aaa+bbb+ccc+pharmacy'), /only its beginning/);
    assert.equal((await find(world, 'pharmacy')).cut, false);
    // Not text at all, and nothing asked.
    assertProblem(await world.get('/v1/search?q=%FF%FE'), 422, 'invalid-input');
    assertProblem(await world.get('/v1/search'), 422, 'invalid-input');
    await page(world, '/en/search?q=%FF', 400);
    await page(world, '/en/search');
  });

  test('follows what is loaded and how it is configured', async (t) => {
    const world = await city(t);
    assert.equal(await first(world, 'petrol'), undefined);
    await world.loadFuel({ title: { en: 'Camel milk', ar: 'حليب النوق' } });
    assert.match(await first(world, 'petrol'), /^\/fuel\//);
    assert.match(await first(world, 'camel milk'), /^\/fuel/);
    assert.match(await first(world, 'حليب'), /^\/fuel/);
    await world.medina('plugin', 'unload', 'fuel', '--reason', 'test');
    assert.equal(await first(world, 'petrol'), undefined);
    assert.equal(await first(world, 'camel milk'), undefined);
    assert.match(await first(world, 'pharmacy'), /^\/pharmacies\//);
  });

  test('is in the OpenAPI document', async (t) => {
    const world = await city(t, { plugins: false });
    const { json } = await world.get('/openapi.json');
    assert.equal(json.paths['/v1/search'].get.operationId, 'host.search');
  });
});

describe('the catalogue', () => {
  test('leads from the home page to categories, agencies and services', async (t) => {
    const world = await city(t);
    const home = await page(world, '/en/');
    for (const path of ['/en/services', '/en/services/health', '/en/agencies', '/en/status'])
      assert.ok(home.includes(`href="${path}"`), path);
    const services = main(await page(world, '/en/services'));
    assert.match(services, /href="\/en\/pharmacies"/);
    assert.match(services, /href="\/en\/services\/transport"/);
    const transport = main(await page(world, '/ar/services/transport'));
    assert.match(transport, /href="\/ar\/toll"/);
    assert.doesNotMatch(transport, /href="\/ar\/pharmacies"/);
    const agencies = main(await page(world, '/en/agencies'));
    assert.match(agencies, /href="\/en\/agencies\/city-health"/);
    const agency = main(await page(world, '/en/agencies/coast-water-and-electricity'));
    assert.match(agency, /href="\/en\/water-electricity"/);
    assert.doesNotMatch(agency, /href="\/en\/toll"/);
    await page(world, '/en/services/wealth', 404);
    await page(world, '/en/services/housing', 404); // has no services
    await page(world, '/en/agencies/nobody', 404);
  });

  test('says of a service what its manifest says, and no more', async (t) => {
    const world = await city(t);
    await world.loadFuel();
    const fuel = main(await page(world, '/en/fuel'));
    assert.match(fuel, /What you need<\/dt><dd>.*The code on the pump, like MRN-03/s);
    assert.match(fuel, /What it costs<\/dt><dd>Only the fuel you take/);
    assert.match(fuel, /How long it takes<\/dt><dd>5 minutes/);
    assert.match(fuel, /href="\/en\/agencies\/dune-fuel">Dune Fuel</);
    assert.match(fuel, /badge success">Available</);
    const arabic = main(await page(world, '/ar/fuel'));
    assert.match(arabic, /المدة<\/dt><dd>5 دقائق/);
    const pharmacies = main(await page(world, '/en/pharmacies'));
    assert.match(pharmacies, /What it costs<\/dt><dd>Free/);
    assert.doesNotMatch(pharmacies, /What you need/);
  });

  test('refuses a manifest whose offer cannot be understood, with the place', async (t) => {
    const world = await city(t, { plugins: false });
    const bytes = readFileSync(plugin('pharmacies')), mine = '"cost": "free"', its = '"cost": "none"';
    bytes.write(its, bytes.indexOf(mine));
    const file = join(world.folder, 'pharmacies.so');
    writeFileSync(file, bytes);
    const { code, output } = await world.tryMedina('plugin', 'load', file);
    assert.notEqual(code, 0);
    assert.match(output, /\/cost: must be "free", an amount/);
  });

  test('keeps the host’s own addresses: no instance takes them', async (t) => {
    const world = await city(t, { plugins: false });
    for (const name of ['services', 'agencies', 'status', 'search']) {
      const { code, output } = await world.tryMedina('plugin', 'load', plugin('pharmacies'), '--as', name);
      assert.notEqual(code, 0);
      assert.match(output, /host's own/);
    }
  });
});

describe('service status', () => {
  test('says which service is down, since when, and that it is back', async (t) => {
    const world = await city(t, { config: { plugins: { restart_ms: 100, restart_most_ms: 100, crashes: 2 } } });
    const up = main(await page(world, '/en/status'));
    assert.match(up, /All services are available\./);
    assert.match(up, /since \d+ \w+ \d{4}, \d+:\d\d/);
    // Killed again and again it is not started any more.
    await until('the plugin is given up', async () => {
      const [version] = (await world.plugins()).filter((one) => one.instance === 'pharmacies');
      if (version.pid) {
        try {
          process.kill(version.pid, 'SIGSEGV');
        } catch { /* it has just ended */ }
      }
      return version.state === 'quarantined';
    });
    const status = await until('the page says so', async () => {
      const html = main(await page(world, '/en/status'));
      return /badge warning">Not available</.test(html) && html;
    });
    assert.match(status, /1 service is not available at the moment\./);
    assert.match(main(await page(world, '/ar/status')), /خدمة واحدة غير متاحة حاليًا/);
    assert.match(main(await page(world, '/en/pharmacies')), /This service is not available at the moment/);
    // It is still found, and marked.
    const [found] = (await find(world, 'pharmacy')).results;
    assert.equal(found.available, false);
    assert.match(main(await page(world, '/en/search?q=pharmacy')), /Not available/);
    await world.medina('plugin', 'use', 'pharmacies@1.0.0', '--reason', 'again');
    assert.match(main(await page(world, '/en/status')), /All services are available\./);
    // A newer version that some citizens get.
    const bytes = readFileSync(plugin('pharmacies')), version = '"version": "1.0.0"';
    bytes.write('"version": "1.1.0"', bytes.indexOf(version));
    const newer = join(world.folder, 'pharmacies.so');
    writeFileSync(newer, bytes);
    await world.medina('plugin', 'load', newer, '--canary', '50%');
    assert.match(main(await page(world, '/en/status')), /badge information">Available, new version on trial</);
    await world.medina('plugin', 'unload', 'pharmacies', '--reason', 'test');
    assert.doesNotMatch(main(await page(world, '/en/status')), /Pharmacies/);
  });
});
