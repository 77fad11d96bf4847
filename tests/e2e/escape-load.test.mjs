// SPDX-License-Identifier: Apache-2.0
// Attempts that are made while a plugin is loaded, before it could be asked anything.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { constructors, files, lodgers } from './escape/loads.mjs';
import { attempt, citizens, hostileCity, judge, repertoire, said, spread } from './escape.mjs';
import { plugin } from './world.mjs';

const MARK = 'hostile-mode=';
const ROOM = 20;
const PATIENT = { crashes: 20, start_ms: 8000 };

function variant(world, kind, mode) {
  const bytes = Buffer.from(readFileSync(plugin(kind)));
  const at = bytes.indexOf(`${MARK}${'none'.padEnd(ROOM)}`);
  assert.notEqual(at, -1, 'the plugin has a mode');
  bytes.write(`${MARK}${mode.padEnd(ROOM)}`, at);
  const file = join(world.folder, `${kind}-${mode}.so`);
  writeFileSync(file, bytes);
  return file;
}

async function loadOne(world, kind, mode, wanted) {
  const mark = world.host.output.length;
  const { code, output } = await world.tryMedina('plugin', 'load', variant(world, kind, mode), '--as', mode);
  if (wanted.refused) assert.match(output, wanted.refused, `${mode}: ${JSON.stringify(output)}`);
  if (!wanted.any) assert.equal(code === 0, !wanted.refused, `${mode}: ${output}`);
  assert.doesNotMatch(output, /[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/, 'nothing that a terminal would obey');
  if (wanted.log) await said(world, mark, wanted.log);
  if (!wanted.then) return;
  const { numbers } = await repertoire(world, mode);
  for (const [name, end] of Object.entries(wanted.then)) judge(name, await attempt(world, mode, name), end, numbers.get(name));
}

async function refuseOne(world, name, { change, refused }) {
  const bytes = Buffer.from(readFileSync(plugin('hostile')));
  change(bytes);
  const file = join(world.folder, `${name.replaceAll(' ', '-')}.so`);
  writeFileSync(file, bytes);
  const { code, output } = await world.tryMedina('plugin', 'load', file, '--as', 'refused');
  assert.equal(code, 1, name);
  assert.match(output, refused, name);
}

test('no constructor gets out, and no crooked file gets in', async (t) => {
  const world = await hostileCity(t, { load: [], plugins: PATIENT, sandbox: { loading_s: 1 } });
  const others = citizens(t, world);
  const workers = ['one', 'two'];
  await spread(workers, Object.entries(constructors), (_, [mode, wanted]) => loadOne(world, 'hostile', mode, wanted));
  for (const [mode, wanted] of Object.entries(lodgers)) await loadOne(world, 'lodger', mode, wanted);
  for (const [name, wanted] of Object.entries(files)) await refuseOne(world, name, wanted);
  const listed = await world.plugins();
  assert.ok(listed.some((one) => one.instance === 'fork' && one.state === 'quarantined'));
  const answered = await others.end();
  t.diagnostic(`${Object.keys({ ...constructors, ...lodgers, ...files }).length} loads, ${answered} requests of citizens meanwhile`);
});
