// SPDX-License-Identifier: Apache-2.0
// How many attempts the escape suite makes, all in one table: each has a name of its own and an
// expectation. The other files assert that each of theirs is made.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { calls, places, scratch } from './escape/calls.mjs';
import { lies } from './escape/lies.mjs';
import { constructors, files, lodgers } from './escape/loads.mjs';
import { hostileLinks, refusedRequests } from './escape/neighbours.mjs';

const LEAST = 150;

const themes = {
  call: calls,
  folder: scratch,
  place: places,
  constructor: { ...constructors, ...lodgers },
  file: files,
  lie: lies,
  request: refusedRequests,
  link: hostileLinks,
};

test('the suite makes at least 150 attempts, each with its name and its expectation', (t) => {
  const table = Object.entries(themes).flatMap(([theme, rows]) => Object.entries(rows).map(([name, wanted]) => [`${theme}: ${name}`, wanted]));
  assert.equal(new Set(table.map(([name]) => name)).size, table.length, 'names are unique');
  for (const [name, wanted] of table) assert.ok(typeof wanted === 'function' || Object.keys(wanted).length > 0, `${name} has an expectation`);
  assert.ok(table.length >= LEAST, `${table.length} attempts`);
  t.diagnostic(`${table.length} attempts: ${Object.entries(themes).map(([theme, rows]) => `${theme} ${Object.keys(rows).length}`).join(', ')}`);
});
