// SPDX-License-Identifier: Apache-2.0
// Swapping a plugin is a non-event: nobody who is being served notices, whatever the new version
// does, and nothing is left behind. ./dev bench swap does the same at full size.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city } from './city.mjs';
import { Load } from './load.mjs';
import { loadTrouble, slowBackend, trouble, versions } from './trouble.mjs';
import { until } from './world.mjs';

const PING = '/v1/trouble/ping';
const SWAPS = Number(process.env.MEDINA_SWAPS ?? 12);
const HELD = 12;
const HOLD_MS = 10_000;
const bare = (t, plugins = {}) => city(t, { plugins: false, config: { plugins } });

const stateOf = async (world, version) => (await versions(world))[version]?.state;
const counter = async (world, name) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await world.medina('metrics'))[1]);

/** Every version but the one that serves has ended. */
const settled = (world) =>
  until('the versions before have ended', async () =>
    Object.values(await versions(world)).every(({ state }) => ['active', 'stopped', 'quarantined'].includes(state)));

// ---- what a host holds ----

function linksOf(pid) {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(join(folder, fd))];
    } catch {
      return []; // that of the listing itself, or closed meanwhile
    }
  });
}

function holdings(world) {
  const links = linksOf(world.host.pid);
  const maps = readFileSync(`/proc/${world.host.pid}/maps`, 'utf8').split('\n');
  return {
    descriptors: links.length,
    memoryFiles: links.filter((link) => link.startsWith('/memfd:')).length + maps.filter((map) => map.includes('/memfd:')).length,
    files: readdirSync(join(world.folder, 'data'), { recursive: true }).sort(),
  };
}

/** Its children, by the kernel's account. */
function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number));
}

const disconnected = (world) =>
  until('its connections have ended', async () => JSON.parse(await world.medina('--json', 'status')).connections === 0);

/** The host's only children are the runners that it lists, and it holds no more than before. */
async function assertNothingLeft(world, before) {
  const sorted = (list) => [...list].sort((a, b) => a - b);
  const listed = Object.values(await versions(world)).flatMap(({ runners }) => runners.map(({ pid }) => pid));
  await until('only what is listed runs', () => String(sorted(childrenOf(world.host.pid))) === String(sorted(listed)))
    .catch((error) => assert.fail(`${error.message}: children ${childrenOf(world.host.pid)}, listed ${listed}`));
  let now;
  await until('as before', () => JSON.stringify((now = holdings(world))) === JSON.stringify(before), 5000)
    .catch(() => assert.deepEqual(now, before));
}

/** 1.1.0 serves, and two processes of 1.0.0 drain with four calls that a back end holds. */
async function drainingWithCalls(t, world) {
  const backend = await slowBackend(t);
  await loadTrouble(world, { backend, more: ['--runners', '2'] });
  const held = Array.from({ length: 4 }, () => world.get('/v1/trouble/hold'));
  await until('the back end holds them', () => backend.asked === held.length);
  const old = (await versions(world))['1.0.0'].runners.map(({ pid }) => pid);
  await world.medina('plugin', 'load', trouble(world, '1.1.0'));
  await until('it drains', async () => (await stateOf(world, '1.0.0')) === 'draining');
  return { backend, held, old };
}

describe('swaps under load', () => {
  test('back and forth: every request on every kept connection is answered', async (t) => {
    const world = await bare(t, { cool_down_ms: 0 }); // each swap starts a process
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0'));
    await settled(world);
    const before = holdings(world);
    const load = new Load(t, world, [{ path: PING }]);
    const pids = new Set();
    for (let i = 0; i < SWAPS; i++) {
      const version = i % 2 ? '1.1.0' : '1.0.0';
      await load.more(50);
      await world.medina('plugin', 'use', `trouble@${version}`, '--reason', 'swap');
      pids.add((await versions(world))[version].pid);
      await settled(world);
    }
    await load.more(50);
    assert.deepEqual(await load.stop(), []);
    t.diagnostic(`${SWAPS} swaps, answers by status: ${JSON.stringify(load.answers)}`);
    assert.equal(pids.size, SWAPS, 'every swap started a process');
    await disconnected(world);
    await assertNothingLeft(world, before);
  });

  test('what is held ten seconds in the version before ends well', async (t) => {
    const world = await bare(t, { cool_down_ms: 0 });
    const backend = await slowBackend(t);
    await loadTrouble(world, { backend });
    const held = Array.from({ length: HELD }, (_, i) => (i % 2 ? world.get('/v1/trouble/hold') : world.post('/v1/trouble/record', {})));
    await until('the back end holds them', () => backend.asked === HELD);
    const began = Date.now();
    const old = (await versions(world))['1.0.0'].pid;
    await world.medina('plugin', 'load', trouble(world, '1.1.0'), '--config', join(world.folder, 'trouble.json'));
    await until('it drains', async () => (await stateOf(world, '1.0.0')) === 'draining');
    const load = new Load(t, world, [{ path: PING }], 2);
    await until('ten seconds have passed', () => Date.now() - began >= HOLD_MS);
    const { state, pid, waits_for } = (await versions(world))['1.0.0'];
    assert.deepEqual([state, pid], ['draining', old]);
    assert.match(waits_for, new RegExp(`^${HELD} calls`));
    backend.release();
    for (const reply of await Promise.all(held)) assert.equal(reply.status, 200, reply.text);
    assert.equal(backend.asked, HELD, 'none was made twice');
    await settled(world);
    assert.deepEqual(await load.stop(), []);
  });

  test('processes that die while they drain: safe calls are made again by the new version', async (t) => {
    const world = await bare(t, { cool_down_ms: 0 });
    const { backend, held, old } = await drainingWithCalls(t, world);
    for (const pid of old) process.kill(pid, 'SIGKILL');
    await until('they are made again', () => backend.asked === 2 * held.length);
    backend.release();
    for (const reply of await Promise.all(held)) assert.equal(reply.status, 200, reply.text);
    await settled(world);
    assert.equal(await counter(world, 'medina_plugin_calls_retried_total'), held.length);
    assert.equal(await counter(world, 'medina_plugin_rollbacks_total'), 0);
  });

  test('back and forth without a pause: orders that come too early are refused, none is half done', async (t) => {
    const world = await bare(t, { cool_down_ms: 0 });
    await loadTrouble(world, { more: ['--runners', '2'] });
    await world.medina('plugin', 'load', trouble(world, '1.1.0'));
    const load = new Load(t, world, [{ path: PING }]);
    const orders = [['use', 'trouble@1.0.0'], ['rollback', 'trouble'], ['use', 'trouble@1.1.0'], ['rollback', 'trouble']];
    const codes = {};
    for (let i = 0; i < 6 * orders.length; i++) {
      const { code, output } = await world.tryMedina('plugin', ...orders[i % orders.length], '--reason', 'swap');
      if (code !== 0) assert.match(output, /is draining|serves already|no version to go back to/);
      codes[code] = (codes[code] ?? 0) + 1;
    }
    await load.more(50);
    assert.deepEqual(await load.stop(), []);
    t.diagnostic(`orders by exit code: ${JSON.stringify(codes)}; answers: ${JSON.stringify(load.answers)}`);
    await settled(world);
    const [active, ...others] = Object.values(await versions(world)).filter(({ state }) => state === 'active');
    assert.equal(others.length, 0);
    assert.equal(active.runners.length, 2);
  });
});

describe('a rollback', () => {
  test('to a version that still answers calls waits for them, and starts it anew', async (t) => {
    const world = await bare(t, { cool_down_ms: 0 });
    const { backend, held, old } = await drainingWithCalls(t, world);
    const back = world.medina('plugin', 'rollback', 'trouble');
    const load = new Load(t, world, [{ path: PING }], 2);
    await load.more(50);
    assert.equal(await stateOf(world, '1.1.0'), 'active', 'the new one serves until then');
    backend.release();
    assert.match(await back, /1\.0\.0 is active/);
    for (const reply of await Promise.all(held)) assert.equal(reply.status, 200, reply.text);
    await settled(world);
    const { state, runners } = (await versions(world))['1.0.0'];
    assert.equal(state, 'active');
    assert.ok(runners.length === 2 && runners.every(({ pid }) => !old.includes(pid)));
    await load.more(50);
    assert.deepEqual(await load.stop(), []);
  });

  test('to a version that lost a process while it stood by starts that again', async (t) => {
    const world = await bare(t, { restart_ms: 10 });
    await loadTrouble(world, { more: ['--runners', '2'] });
    await world.medina('plugin', 'load', trouble(world, '1.1.0'));
    const runners = async () => (await versions(world))['1.0.0'].runners;
    process.kill((await runners())[0].pid, 'SIGKILL');
    await until('one is left', async () => (await runners()).length === 1);
    await world.medina('plugin', 'rollback', 'trouble');
    await until('both serve', async () => (await runners()).filter(({ serves }) => serves).length === 2);
  });
});

describe('a swap to a version that crashes', () => {
  for (const mode of ['constructor', 'start', 'self-test'])
    test(`in ${mode}: no caller notices`, async (t) => {
      const world = await bare(t);
      await loadTrouble(world);
      const before = { pid: (await versions(world))['1.0.0'].pid, holdings: holdings(world) };
      const load = new Load(t, world, [{ path: PING }]);
      await load.more(50);
      const refused = await world.tryMedina('plugin', 'load', trouble(world, '1.1.0', mode));
      assert.equal(refused.code, 1, refused.output);
      await load.more(50);
      assert.deepEqual(await load.stop(), []);
      t.diagnostic(`callers saw ${JSON.stringify(load.answers)}`);
      assert.equal(await stateOf(world, '1.1.0'), 'quarantined');
      assert.equal((await versions(world))['1.0.0'].pid, before.pid);
      await disconnected(world);
      await assertNothingLeft(world, before.holdings);
    });

  // After the switch one caller is told that the process died of its request. Safe calls that were
  // beside it in the process are made again; who comes while the version before takes over waits
  // for it, and is asked as somebody new there: the refusal of a request that killed a process is
  // for the version that died of it.
  for (const [mode, served] of [['first', 0], ['thousand', 1000]])
    test(`${served ? `after ${served} requests` : 'on the first request'}: one caller, and the version before serves again`, async (t) => {
      const world = await bare(t);
      await loadTrouble(world);
      const { pid } = (await versions(world))['1.0.0'];
      const before = holdings(world);
      const load = new Load(t, world, [{ path: PING }]);
      await load.more(50);
      assert.deepEqual(load.faults, [], 'before the switch');
      await world.medina('plugin', 'load', trouble(world, '1.1.0', mode));
      await until('1.0.0 serves again', async () => (await stateOf(world, '1.0.0')) === 'active');
      await load.more(50);
      await load.stop();
      const { 200: well, 500: died = 0, 503: refused = 0, ...rest } = load.answers;
      const retried = await counter(world, 'medina_plugin_calls_retried_total');
      t.diagnostic(`callers saw ${JSON.stringify(load.answers)}; ${retried} calls were made again`);
      assert.ok(well >= served + 100);
      assert.ok(died <= 1, load.faults.join('\n'));
      // All requests are the same here: one that another loop gets before it has seen the end of
      // the process is refused as the one that killed it. Nobody is told that nothing serves.
      assert.equal(load.faults.filter((fault) => /:request-refused"/.test(fault)).length, refused);
      assert.ok(refused <= 8, load.faults.join('\n'));
      assert.deepEqual(rest, {}, load.faults.join('\n'));
      const now = await versions(world);
      assert.equal(now['1.0.0'].pid, pid);
      assert.match(now['1.1.0'].reason, /ended/);
      await settled(world);
      assert.equal(await counter(world, 'medina_plugin_rollbacks_total'), 1);
      await disconnected(world);
      await assertNothingLeft(world, before);
    });
});
