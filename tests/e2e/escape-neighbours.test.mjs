// SPDX-License-Identifier: Apache-2.0
// Agencies are separated: what one plugin has the host do for it reaches nothing of another's.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';

import { kv, link } from './escape/lies.mjs';
import { hostileLinks, hurriedRequest, ownRequest, refusedRequests } from './escape/neighbours.mjs';
import { MARIAM, OMAR } from './city.mjs';
import { attempt, citizens, hostileCity, ready } from './escape.mjs';
import { plugin, until } from './world.mjs';

const NOT_FOUND = 2, DENIED = 4, LIMITED = 5;
const UNKNOWN = 8;
const GET = 0, PUT = 1, DELETE = 2, SCAN = 4, REMOVE = 1;
const OURS = 'ours', THEIRS = 'theirs';

// A server that answers what it was asked; /hold never.
async function backend(t) {
  const asked = [];
  const server = http.createServer((request, reply) => {
    asked.push({ url: request.url, headers: request.headers });
    if (!request.url.endsWith('/hold')) reply.end(JSON.stringify(request.headers));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => (server.closeAllConnections(), server.close()));
  return { asked, url: `http://127.0.0.1:${server.address().port}` };
}

async function twoAgencies(t) {
  const server = await backend(t);
  const world = await hostileCity(t, { load: [] });
  for (const name of [OURS, THEIRS]) {
    const file = join(world.folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ backend_url: `${server.url}/${name}/api/`, token: `token-of-${name}` }));
    await world.medina('plugin', 'load', plugin('hostile'), '--as', name, '--config', file);
  }
  return { world, server };
}

/** Has the instance send frames and wait for the host's answer to them. */
async function ask(world, instance, frames, options = {}) {
  const operation = options.token ? 'lie-signed-in' : 'lie';
  const reply = await world.post(`/v1/${instance}/${operation}`, { frames, then: 'answer' }, options);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

test('an agency does not reach what is of another', async (t) => {
  const { world, server } = await twoAgencies(t);
  const others = citizens(t, world);
  let made = 0;

  await t.test('storage: the same keys, other values', async () => {
    assert.equal((await ask(world, THEIRS, [kv({ verb: PUT, key: 'secret', value: 'theirs' })])).status, 0);
    const ways = {
      'read it': kv({ verb: GET, key: 'secret' }),
      'read it by its instance': kv({ verb: GET, key: `${THEIRS}/secret` }),
      'read it around a NUL': kv({ verb: GET, key: `${THEIRS}\0secret` }),
      'remove it': kv({ verb: DELETE, key: 'secret' }),
    };
    for (const [way, frame] of Object.entries(ways)) {
      assert.equal((await ask(world, OURS, [frame])).status, NOT_FOUND, way);
      made++;
    }
    for (const key of ['', 's', THEIRS]) assert.doesNotMatch((await ask(world, OURS, [kv({ verb: SCAN, key })])).body ?? '', /theirs|secret/, 'scan');
    await ask(world, OURS, [kv({ verb: PUT, key: 'secret', value: 'ours' })]);
    assert.equal((await ask(world, THEIRS, [kv({ verb: GET, key: 'secret' })])).body, 'theirs', 'overwritten');
    made += 4;
  });

  await t.test('HTTP: no way past its own base URL', async () => {
    for (const [way, { frames, status }] of Object.entries(refusedRequests)) {
      assert.equal((await ask(world, OURS, frames)).status, status, way);
      made++;
    }
    assert.deepEqual(server.asked, [], 'nothing reached a server');
    const own = await ask(world, OURS, ownRequest.frames);
    assert.equal(own.status, 0);
    assert.equal(server.asked[0].url, `/${OURS}/api/mine?q=1`);
    assert.equal(server.asked[0].headers.authorization, `Bearer token-of-${OURS}`);
    const hurried = await ask(world, OURS, hurriedRequest.frames);
    assert.equal(hurried.status, UNKNOWN, 'a time-out of 0 ends');
    made += 2;
  });

  await t.test('links: of the caller, with its own agency, and only what is text', async () => {
    const [mariam, omar] = [await world.signIn(MARIAM.phone), await world.signIn(OMAR.phone)];
    for (const [way, what] of Object.entries(hostileLinks)) {
      const { status } = await ask(world, OURS, [link(what)], { token: mariam });
      assert.equal(status, LIMITED, way);
      made++;
    }
    assert.equal((await ask(world, THEIRS, [link({ account: 'T-1' })], { token: mariam })).status, 0);
    assert.equal((await ask(world, OURS, [link({ verb: REMOVE, account: 'T-1' })], { token: mariam })).status, NOT_FOUND, "another agency's link");
    assert.equal((await ask(world, THEIRS, [link({ verb: REMOVE, account: 'T-1' })], { token: omar })).status, NOT_FOUND, "another citizen's link");
    assert.equal((await ask(world, OURS, [link({ account: 'T-1' })])).status, DENIED, 'for nobody');
    assert.equal((await ask(world, OURS, [link({ account: 'odd', label: '5' })], { token: omar })).status, 0);
    for (const token of [mariam, omar]) assert.equal((await world.get('/v1/links', { token })).status, 200);
    const links = (await world.get('/v1/links', { token: mariam })).json.links;
    assert.deepEqual(links.map(({ instance, account }) => [instance, account]), [[THEIRS, 'T-1']]);
    made += 5;
  });

  await t.test('configuration, logs and history: its own', async () => {
    assert.match((await ready(world, OURS)).configuration, /token-of-ours/);
    assert.doesNotMatch((await ready(world, OURS)).configuration, /token-of-theirs/);
    await attempt(world, OURS, 'commands for a terminal on the log');
    await attempt(world, OURS, 'socket INET');
    await until('the log has it', async () => /system call \d+/.test(await world.medina('plugin', 'logs', OURS)));
    assert.doesNotMatch(await world.medina('plugin', 'logs', THEIRS), /fake|system call/, 'a line in the log of another');
    assert.doesNotMatch(await world.medina('plugin', 'show', THEIRS), /system call|its process ended/);
    made += 4;
  });

  await others.end();
  assert.ok(made > 60);
  t.diagnostic(`${made} attempts`);
});
