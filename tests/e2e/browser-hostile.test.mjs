// SPDX-License-Identifier: Apache-2.0
// What a plugin of ill will answers, in a browser: it is escaped, cut or refused, and the page
// around it stays the city's. The plugin "mirror" answers with the bytes that this test gives it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { closeBrowser, visit } from './browser.mjs';
import { plugin, root } from './world.mjs';

after(closeBrowser);

// One text holds all that could end what it stands in; an address is one from its beginning on.
const TEXTS = [
  '<script>window.stolen = 1</script>"><img src=x onerror="window.stolen=1">\' onmouseover=\'window.stolen=1</title></main></body><h1>',
  'javascript:window.stolen=1', '\u202etxt.exe\u202c\u2067 abc a\u0001\u001b[31mb', 'W'.repeat(3000),
];
const AS_IT_IS = new Set(['type', 'kind', 'state', 'style', 'currency', 'align', 'date', 'month', 'time', 'due', 'expected', 'updated', 'media']);

/** Every text of a result replaced, but for the words that choose how it is shown. */
function poisoned(value, text) {
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'string' ? text : poisoned(one, text)));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) =>
    [name, typeof one === 'string' ? (AS_IT_IS.has(name) ? one : text) : poisoned(one, text)]));
}

const results = readdirSync(join(root, 'web/components'))
  .map((file) => [file, JSON.parse(readFileSync(join(root, 'web/components', file), 'utf8')).result])
  .filter(([, result]) => result);

async function mirror(t, world) {
  let answer = { body: '{}', type: 'application/json' };
  const server = http.createServer((asked, reply) => reply.writeHead(200, { 'content-type': answer.type }).end(answer.body));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const file = join(world.folder, 'mirror.json');
  writeFileSync(file, JSON.stringify({ backend_url: `http://127.0.0.1:${server.address().port}` }));
  await world.medina('plugin', 'load', plugin('mirror'), '--config', file);
  return (body, type = 'text/plain') => {
    answer = { body, type };
  };
}

const list = (items) => JSON.stringify({ type: 'list', title: { en: 'List', ar: 'قائمة' }, items });

describe('what a plugin of ill will answers', () => {
  test('with script in every text of every type: none runs, and no address leads out', async (t) => {
    await visit(t, { plugins: false, width: 320 }, async (visitor, world) => {
      const answers = await mirror(t, world);
      const page = await visitor.tab();
      for (const [name, result] of results)
        for (const text of TEXTS) {
          answers(JSON.stringify(poisoned(result, text)));
          await visitor.go('/mirror/show');
          const seen = await page.evaluate(() => ({
            stolen: window.stolen,
            addresses: [...document.querySelectorAll('[href],[src],[action],[formaction]')]
              .flatMap((one) => ['href', 'src', 'action', 'formaction'].map((at) => one.getAttribute(at)))
              .filter((address) => address && !/^(\/(?!\/)|#|https?:\/\/|tel:)/.test(address)),
            handlers: [...document.querySelectorAll('*')].filter((one) =>
              [...one.attributes].some(({ name: attribute }) => attribute.startsWith('on') || attribute === 'style')).length,
            frame: document.querySelectorAll('body > header, body > main, body > footer').length,
            controls: /[\u202a-\u202e\u2066-\u2069\u0001\u001b]/.test(document.querySelector('h1').textContent),
            wide: [...document.querySelectorAll('body *')].filter((one) => document.documentElement.scrollWidth > innerWidth && one.getBoundingClientRect().right > innerWidth + 1).map((one) => `${one.tagName}.${one.className}`).slice(0, 3),
          }));
          assert.deepEqual(seen, { stolen: undefined, addresses: [], handlers: 0, frame: 3, controls: false, wide: [] }, `${name}: ${text.slice(0, 40)}`);
        }
    });
  });

  test('too much, too deep, or no text at all: it is cut or refused, and the others go on', async (t) => {
    await visit(t, { plugins: false }, async (visitor, world) => {
      const answers = await mirror(t, world);
      const get = () => world.get('/en/mirror/show');
      answers(list(Array.from({ length: 10_000 }, (_, i) => ({ title: { en: `Item ${i}` } }))));
      let page = await get();
      assert.equal(page.status, 200);
      assert.equal(page.text.match(/<li class="item">/g).length, 500);
      assert.ok(page.text.includes('Only the first 500 are shown.'));
      answers(list([{ title: { en: 'x'.repeat(1_000_000) } }]));
      page = await get();
      assert.equal(page.status, 200);
      assert.ok(page.text.length < 50_000 && page.text.includes('x…'), `${page.text.length}`);
      const refused = {
        'broken UTF-8': Buffer.concat([Buffer.from('{"type":"message","title":{"en":"'), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from('"}}')]),
        'an overlong slash': Buffer.concat([Buffer.from('{"type":"message","title":{"en":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}}')]),
        'half a surrogate': '{"type":"message","title":{"en":"\\ud800"}}',
        'too deep': `${'{"a":'.repeat(60)}1${'}'.repeat(60)}`,
        'half an object': '{"type":"message"',
        'no object': '<html>',
        nothing: '',
        'too large': `{"type":"message","title":{"en":"${'x'.repeat(5_000_000)}"}}`,
      };
      for (const [what, body] of Object.entries(refused)) {
        answers(body);
        page = await get();
        assert.ok(page.status >= 500, `${what}: ${page.status}`);
        assert.ok(page.text.includes('<h1>') && page.headers['content-security-policy'], what);
      }
      answers(list([{ title: { en: 'Back to sense' } }]));
      assert.ok((await get()).text.includes('Back to sense'));
    });
  });
});
