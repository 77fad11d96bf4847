// SPDX-License-Identifier: Apache-2.0
// A plugin's storage through the running host: the sample "notes" walks over its own in order, and
// sees nobody else's.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { city } from './city.mjs';
import { plugin } from './world.mjs';

const COUNT = 300; // more than one piece of a scan holds

test('an instance walks over all that it has put, in order, and over nothing else', async (t) => {
  const world = await city(t, { plugins: false });
  for (const instance of ['notes', 'others']) await world.medina('plugin', 'load', plugin('notes-1'), '--as', instance);
  const write = async (instance, name, text) => {
    const reply = await world.post(`/v1/${instance}/write`, { name, text });
    assert.equal(reply.status, 200, reply.text);
  };
  const list = async (instance) => (await world.get(`/v1/${instance}/list`)).json.notes;
  const names = Array.from({ length: COUNT }, (_, i) => `n${String((i * 7) % COUNT).padStart(3, '0')}`);
  for (let i = 0; i < COUNT; i += 20) await Promise.all(names.slice(i, i + 20).map((name) => write('notes', name, `text of ${name}`)));
  await write('others', 'only', 'mine');
  const notes = await list('notes');
  assert.deepEqual(Object.keys(notes), names.toSorted());
  for (const name of names) assert.equal(notes[name], `text of ${name}`);
  assert.deepEqual(await list('others'), { only: 'mine' });
  // The next version reads what the first wrote, and the other way round.
  await world.medina('plugin', 'load', plugin('notes-2'), '--as', 'others');
  assert.deepEqual(await list('others'), { only: 'mine' });
  await write('others', 'second', 'by the new version');
  await world.medina('plugin', 'use', 'others@1.0.0', '--reason', 'the way back');
  assert.deepEqual(await list('others'), { only: 'mine', second: 'by the new version' });
});
