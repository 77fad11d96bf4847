// SPDX-License-Identifier: Apache-2.0
// A version that needs its data in another form: moved before it serves, read by both versions
// until the cool-down is over, the old form dropped after it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { city } from './city.mjs';
import { plugin, until } from './world.mjs';

const COUNT = 120; // several steps of a move

async function notes(t, plugins) {
  const world = await city(t, { plugins: false, config: { plugins } });
  await world.medina('plugin', 'load', plugin('notes-1'), '--as', 'notes');
  world.write = async (name, text) => {
    const reply = await world.post('/v1/notes/write', { name, text });
    assert.equal(reply.status, 200, reply.text);
  };
  world.list = async () => (await world.get('/v1/notes/list')).json.notes;
  world.events = async () => JSON.parse(await world.medina('--json', 'plugin', 'history', 'notes')).history;
  world.written = {};
  for (let i = 0; i < COUNT; i++) {
    await world.write(`note${i}`, `text ${i}`);
    world.written[`note${i}`] = `text ${i}`;
  }
  return world;
}

const sorted = (object) => Object.fromEntries(Object.entries(object).sort());

test('both versions read what either wrote until the cool-down is over', async (t) => {
  const world = await notes(t);
  await world.medina('plugin', 'load', plugin('notes-2'), '--as', 'notes');
  assert.deepEqual(sorted(await world.list()), sorted(world.written));
  await world.write('newer', 'by 1.1.0');
  await world.medina('plugin', 'rollback', 'notes');
  assert.equal((await world.list()).newer, 'by 1.1.0');
  await world.write('older', 'by 1.0.0 again');
  await world.medina('plugin', 'use', 'notes@1.1.0');
  assert.deepEqual(sorted(await world.list()), sorted({ ...world.written, newer: 'by 1.1.0', older: 'by 1.0.0 again' }));
});

test('after the cool-down the old form is dropped, also when the host was restarted meanwhile, and there is no way back', async (t) => {
  const world = await notes(t, { cool_down_ms: 3000 });
  await world.medina('plugin', 'load', plugin('notes-2'), '--as', 'notes');
  await world.crashAndRestart();
  assert.deepEqual(sorted(await world.list()), sorted(world.written));
  const [event] = await until('it is finalized', async () => {
    const events = await world.events();
    return events[0].verb === 'finalize' && events;
  });
  assert.equal(event.outcome, 'done');
  const refused = await world.tryMedina('plugin', 'rollback', 'notes');
  assert.equal(refused.code, 1);
  assert.match(refused.output, /no version to go back to/);
  assert.deepEqual(sorted(await world.list()), sorted(world.written));
});

test('the old form stays while no process can drop it', async (t) => {
  const world = await notes(t, { cool_down_ms: 1500, restart_ms: 4000 });
  await world.medina('plugin', 'load', plugin('notes-2'), '--as', 'notes');
  await world.crashAndRestart(); // nobody is warm to take over now
  process.kill((await world.plugins()).find((one) => one.active).pid, 'SIGKILL');
  const outcome = (wanted) => until(`finalize: ${wanted}`, async () =>
    (await world.events()).some((event) => event.verb === 'finalize' && wanted.test(event.outcome)));
  await outcome(/no process of 1\.1\.0 serves now/);
  await outcome(/^done$/);
  assert.deepEqual(sorted(await world.list()), sorted(world.written));
});

test('a host that dies in the middle of a move has lost nothing, and the move is made again', async (t) => {
  const world = await notes(t);
  for (const delay of [5, 20, 60]) {
    const load = world.tryMedina('plugin', 'load', plugin('notes-2'), '--as', 'notes');
    await new Promise((done) => setTimeout(done, delay)); // anywhere in the move: that is the point
    await world.crashAndRestart();
    await load;
    assert.deepEqual(sorted(await world.list()), sorted(world.written));
  }
  const [version] = (await world.plugins()).filter((one) => one.active);
  if (version.version === '1.0.0') await world.medina('plugin', 'load', plugin('notes-2'), '--as', 'notes');
  assert.deepEqual(sorted(await world.list()), sorted(world.written));
});
