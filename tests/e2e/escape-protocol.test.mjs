// SPDX-License-Identifier: Apache-2.0
// A plugin that writes whatever frames it likes on the sockets of its runner. Each lie ends with the
// process killed and an incident in the history, or with an outcome that is defined and does no harm.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lies } from './escape/lies.mjs';
import { attempt, citizens, crowdOf, ended, hostileCity, ready, spread } from './escape.mjs';
import { slowBackend } from './trouble.mjs';

const history = async (world, instance) => JSON.parse(await world.medina('--json', 'plugin', 'history', instance)).history;

// The end is told apart by its reason: the lie's own, and no other.
async function tellOne(world, instance, name, lie, incidents) {
  if (lie.before) await world.post(`/v1/${instance}/lie`, { frames: lie.before, then: 'answer' });
  const mark = world.host.output.length;
  const reply = await world.post(`/v1/${instance}/lie`, { frames: lie.frames, then: lie.then });
  if (lie.reason) {
    const { how } = await ended(world, instance, mark);
    assert.match(how, /^signal 9: it broke the protocol: /, `${name}: ${how}`);
    assert.match(how, lie.reason, `${name}: ${how}`);
    incidents.push({ instance, name, reason: lie.reason });
    return;
  }
  assert.equal(reply.status, lie.status, `${name}: ${reply.text}`);
  if (lie.answer !== undefined) assert.equal(reply.json.status, lie.answer, `${name}: ${reply.text}`);
  await ready(world, instance);
  assert.doesNotMatch(world.host.output.slice(mark), new RegExp(`${instance}@1\\.0\\.0: its process ended`), `${name}: the process lives`);
  if (lie.last) await attempt(world, instance, 'exit');
}

async function assertIncidents(world, instance, wanted) {
  const noted = (await history(world, instance)).filter((event) => event.verb === 'incident').reverse();
  assert.equal(noted.length, wanted.length, `${instance}: one incident a lie`);
  wanted.forEach(({ name, reason }, i) => assert.match(noted[i].reason, reason, name));
}

test('a lie of a runner costs nobody but its plugin', async (t) => {
  const backend = await slowBackend(t);
  const world = await hostileCity(t, { plugins: { asking_bytes: 1024 * 1024 }, configuration: { backend_url: backend.url } });
  const others = citizens(t, world);
  const incidents = [];
  await spread(crowdOf('hostile'), Object.entries(lies), (instance, [name, lie]) => tellOne(world, instance, name, lie, incidents));
  for (const instance of crowdOf('hostile')) await assertIncidents(world, instance, incidents.filter((one) => one.instance === instance));
  const answered = await others.end();
  t.diagnostic(`${Object.keys(lies).length} lies, ${incidents.length} processes killed, ${answered} requests of citizens meanwhile`);
});
