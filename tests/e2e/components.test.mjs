// SPDX-License-Identifier: Apache-2.0
// The catalogue of pages and parts: for developers where the configuration says so, for nobody else.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city } from './city.mjs';
import { bin, root } from './world.mjs';

const web = join(bin, '../web');
const names = readdirSync(join(root, 'web/components')).map((file) => file.replace('.json', ''));

describe('the catalogue of components', () => {
  test('is not there unless the developer asks for it', async (t) => {
    const world = await city(t, { plugins: false, config: { paths: { web } } });
    for (const path of ['/en/dev/components', '/en/dev/components/receipt'])
      assert.equal((await world.get(path)).status, 404, path);
  });

  test('shows every state in both languages, on one page and each alone', async (t) => {
    const world = await city(t, { plugins: false, config: { paths: { web }, developer: { components: true } } });
    for (const language of ['en', 'ar']) {
      const all = await world.get(`/${language}/dev/components`);
      assert.equal(all.status, 200);
      for (const name of names) {
        assert.ok(all.text.includes(`<h2 id="${name}">`), name);
        assert.equal((await world.get(`/${language}/dev/components/${name}`)).status, 200, name);
      }
    }
    assert.equal((await world.get('/en/dev/components/nothing')).status, 404);
    assert.equal((await world.get('/en/dev/components/..%2F..%2Fsecret')).status, 404);
  });
});
