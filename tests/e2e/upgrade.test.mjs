// SPDX-License-Identifier: Apache-2.0
// The host replaces itself: no request is lost, whatever was under way ends well, and a new host
// that fails, at whatever moment, leaves citizens served.
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { Agency, ITEM } from './agency.mjs';
import { city, line, MARIAM, owner, WATER } from './city.mjs';
import { Load } from './load.mjs';
import { alive, bin, CARD, freePort, plugin, request, until } from './world.mjs';

const FIND = '/v1/pharmacies/find?kind=pharmacy';
const bills = `/v1/${WATER}/bills?account=${MARIAM.bills}`;

// ---- what there is on the machine ----

const statusOf = async (world) => JSON.parse(await world.medina('--json', 'status'));

/** Every process of ours whose command line has that word: [{pid, args}]. */
function processes(word) {
  const found = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let args;
    try {
      args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    } catch {
      continue; // it has just ended
    }
    if (args[0]?.startsWith(bin) && (!word || args.includes(word)) && alive(pid)) found.push({ pid: Number(pid), args });
  }
  return found;
}

const hostsOf = (world) => processes(world.configFile).map((one) => one.pid);
const parentOf = (pid) => {
  try {
    return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  } catch {
    return 0; // it has just ended
  }
};
const runnersOf = (host) =>
  processes().filter((one) => /medina-runner$/.test(one.args[0]) && parentOf(one.pid) === host).map((one) => one.pid);
const descriptorsOf = (pid) => readdirSync(`/proc/${pid}/fd`).length;
const filesOf = (world) => readdirSync(join(world.folder, 'data')).sort();

/** The new host when the old one has gone and it has taken everything over. */
async function settledHost(world) {
  return until('the new host is alone', async () => {
    const status = await statusOf(world);
    return status.predecessor === 0 && status.pid === world.host.pid && hostsOf(world).length === 1 && status;
  });
}

/** A program in the world's folder, run as the new host. */
function program(world, name, lines, mode = 0o755) {
  const file = join(world.folder, name);
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(file, mode);
  return file;
}

const realHost = join(bin, 'medinad');

/** A connection that is kept and says nothing: an old host drains until it is gone. */
async function idleConnection(t, world) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const reply = await world.get(FIND, { agent });
  assert.equal(reply.status, 200);
  assert.notEqual(reply.headers.connection, 'close');
  return agent;
}

describe('medina upgrade', () => {
  test('twenty times under load: no request fails, and one host with its plugins is left', async (t) => {
    const world = await city(t);
    const { token } = await owner(world);
    const load = new Load(t, world, [{ path: FIND }, { path: bills, token }, { path: '/v1/session', token }, { path: '/v1/services' }]);
    const hosts = new Set([world.host.pid]);
    const runners = new Set();
    let before;
    for (let i = 0; i < 20; i++) {
      await load.more(20);
      for (const pid of runnersOf(world.host.pid)) runners.add(pid);
      const { pid, draining } = await world.upgrade();
      assert.ok(hosts.has(draining) && !hosts.has(pid), `${draining} → ${pid}`);
      hosts.add(pid);
      await settledHost(world);
      before ??= { files: filesOf(world), descriptors: descriptorsOf(pid) };
    }
    await load.more(20);
    assert.deepEqual(await load.stop(), []);
    t.diagnostic(`${load.count} requests`);
    assert.deepEqual(hostsOf(world), [world.host.pid]);
    assert.equal(runnersOf(world.host.pid).length, 3);
    assert.equal(runners.size, 60);
    assert.deepEqual([...runners].filter(alive), [], 'no runner outlives its host');
    assert.deepEqual(filesOf(world), before.files);
    // Connections to the sandbox and to us come and go.
    await until('no descriptor is left over', () => descriptorsOf(world.host.pid) <= before.descriptors);
  });

  test('says who serves and who drains, in words and in JSON', async (t) => {
    const world = await city(t, { plugins: false });
    const first = world.host.pid;
    const said = await world.medina('upgrade');
    const [, pid, draining] = /^pid (\d+) serves; pid (\d+) drains\n$/.exec(said) ?? assert.fail(said);
    assert.equal(Number(draining), first);
    world.followHost(Number(pid));
    assert.equal((await settledHost(world)).pid, Number(pid));
    const ended = await world.logs[0].exited;
    assert.deepEqual(ended, { code: 0, signal: null });
    const answer = await world.upgrade('--program', realHost);
    assert.deepEqual(Object.keys(answer).sort(), ['draining', 'pid']);
    await settledHost(world);
    const wrong = await world.tryMedina('upgrade', '--force');
    assert.equal(wrong.code, 2);
    assert.equal((await world.tryMedina('upgrade', '--program', join(world.folder, 'absent'))).code, 2);
  });

  test('a request that takes long ends in the host that began it', async (t) => {
    const world = await city(t);
    await world.fault('utility', 'slow', 4000);
    const old = world.host.pid;
    let answered = false;
    const slow = world.get(bills).then((reply) => {
      answered = true;
      return reply;
    });
    await until('the agency is being asked', async () => (await statusOf(world)).requests > 0 && (await statusOf(world)).connections > 0);
    await world.upgrade();
    assert.equal(answered, false);
    assert.ok(alive(old));
    const reply = await slow;
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.headers.connection, 'close');
    await world.fault('utility', 'none');
    await settledHost(world);
  });

  test('an idle connection is told before it is closed, and may be used until then', async (t) => {
    const world = await city(t);
    const old = world.host.pid;
    const agent = await idleConnection(t, world);
    await world.upgrade();
    assert.ok(alive(old));
    assert.equal((await statusOf(world)).predecessor, old);
    const last = await world.get(FIND, { agent });
    assert.equal(last.status, 200);
    assert.equal(last.headers.connection, 'close');
    await settledHost(world);
    const next = await world.get(FIND, { agent });
    assert.notEqual(next.headers.connection, 'close');
  });

  test('a connection that stays silent is closed at the drain limit', async (t) => {
    const world = await city(t, { config: { upgrade: { drain_ms: 1500 } } });
    await idleConnection(t, world);
    const began = Date.now();
    const { draining } = await world.upgrade();
    const busy = await world.tryMedina('upgrade');
    assert.equal(busy.code, 1);
    assert.match(busy.output, new RegExp(`pid ${draining}, which this host has replaced, still drains`));
    await settledHost(world);
    assert.ok(Date.now() - began >= 1400);
    assert.match(world.hostOutput, /upgrade\.drain_ms/);
  });

  test('who is signed in stays so, and what a plugin keeps is there', async (t) => {
    const world = await city(t);
    const { token, bills: owed } = await owner(world);
    await world.upgrade();
    const session = await world.get('/v1/session', { token });
    assert.equal(session.status, 200, session.text);
    assert.deepEqual(await world.payable(WATER, MARIAM.bills, token), owed);
    await settledHost(world);
  });

  test('a payment begun before and paid during the upgrade reaches its agency once', async (t) => {
    const world = await city(t, { owing: true });
    const agency = await Agency.open(t, world);
    const payment = await world.startPayment([ITEM]);
    const idle = await idleConnection(t, world); // both hosts run while it is paid
    const { draining } = await world.upgrade();
    const back = await world.giveCard(payment, CARD.pays);
    assert.equal(back.status, 303);
    const paid = await world.settled(payment.payment);
    assert.ok(paid.receipt);
    assert.ok(alive(draining));
    assert.equal((await world.get(FIND, { agent: idle })).status, 200);
    await settledHost(world);
    assert.equal(agency.seen.length, 1, 'told once');
    assert.equal(world.sums().charged, agency.posted);
  });

  test('an event that an agency does not take in the old host is taken to it by the new one', async (t) => {
    const world = await city(t, { owing: true });
    const agency = await Agency.open(t, world);
    agency.posting = 'down';
    const payment = await world.startPayment([ITEM]);
    await world.giveCard(payment, CARD.pays);
    await until('it was tried', () => agency.seen.length >= 1);
    await world.upgrade();
    agency.posting = 'well';
    await world.settled(payment.payment, { ms: 60_000 });
    assert.equal(world.sums().charged, agency.posted);
    assert.equal(new Set(agency.seen.map(({ reference }) => reference)).size, 1);
  });

  test('settings are read anew: another port, more loops', async (t) => {
    const world = await city(t);
    const old = world.url;
    const port = await freePort();
    world.config.listen = { port, gateways: 3 };
    world.writeConfig();
    await world.upgrade();
    world.url = `http://127.0.0.1:${port}`;
    assert.equal((await world.get(FIND)).status, 200);
    assert.equal((await settledHost(world)).gateways, 3);
    await assert.rejects(request(old + FIND), /ECONNREFUSED/);
    world.config.listen = { port, gateways: 1 };
    world.writeConfig();
    await world.upgrade();
    assert.equal((await settledHost(world)).gateways, 1);
    // The two sockets that are left of three are served, too.
    for (let i = 0; i < 40; i++) assert.equal((await world.get(FIND)).status, 200);
  });
});

describe('a new host that fails', () => {
  /** Refused with that reason; the same host serves on, and may be replaced after that. */
  async function refused(world, args, ...patterns) {
    const { pid } = world.host;
    const known = async () => (await world.plugins()).map(({ instance, version, state, pid, reason }) => ({ instance, version, state, pid, reason }));
    const before = await known();
    const { code, output } = await world.tryMedina('upgrade', ...args);
    assert.equal(code, 1, output);
    for (const pattern of patterns) assert.match(output, pattern);
    assert.deepEqual(hostsOf(world), [pid]);
    assert.equal((await world.get(FIND)).status, 200);
    assert.deepEqual(await known(), before);
  }

  test('changes nothing, whatever its fault, and the operator reads the reason', async (t) => {
    const world = await city(t, { config: { upgrade: { ready_ms: 1500 } } });
    const load = new Load(t, world, [{ path: FIND }], 2);
    const good = readFileSync(world.configFile);
    const broken = (settings) => writeFileSync(world.configFile, JSON.stringify({ ...JSON.parse(good), ...settings }));
    await refused(world, ['--program', program(world, 'closed', [], 0o644)], /cannot start .*closed: permission denied/);
    await refused(world, ['--program', program(world, 'no-host', ['echo "no such moon" >&2', 'exit 3'])],
      /ended \(exit code 3\) before it was ready/, /no such moon/);
    await refused(world, ['--program', program(world, 'silent', ['exit 0'])], /exit code 0/);
    await refused(world, ['--program', program(world, 'dead', ['kill -9 $$'])], /signal 9/);
    await refused(world, ['--program', program(world, 'asleep', ['echo "still asleep" >&2', 'exec sleep 600'])],
      /killed: not ready within 1500 ms/, /still asleep/);
    broken({ listen: { prt: 1 } });
    await refused(world, [], /exit code 2/, /listen\.prt is not known/);
    broken({ paths: { ...JSON.parse(good).paths, runner: '/nonexistent/medina-runner' } });
    await refused(world, [], /cannot start \/nonexistent\/medina-runner/);
    broken({ agencies: {} });
    await refused(world, [], /does not start here/, /no agency's in the configuration/);
    broken({ paths: { data: join(world.folder, 'elsewhere') } });
    await refused(world, [], /another city/);
    writeFileSync(world.configFile, good);
    await load.more(20);
    assert.deepEqual(await load.stop(), []);
    await world.upgrade();
    await settledHost(world);
  });

  test('while one is starting a second upgrade is refused, and so is a change of the plugins', async (t) => {
    const world = await city(t);
    const waits = program(world, 'waits', [`echo > '${world.folder}/started'`, `while [ ! -e '${world.folder}/go' ]; do sleep 0.05; done`,
      `exec '${realHost}' "$@"`]);
    const first = world.tryMedina('--json', 'upgrade', '--program', waits);
    await until('it has started', () => readdirSync(world.folder).includes('started'));
    const second = await world.tryMedina('upgrade');
    assert.equal(second.code, 1);
    assert.match(second.output, /under way/);
    const load = await world.tryMedina('plugin', 'load', plugin('hello'));
    assert.equal(load.code, 1);
    assert.match(load.output, /being replaced/);
    writeFileSync(join(world.folder, 'go'), '');
    const done = await first;
    assert.equal(done.code, 0, done.output);
    world.followHost(JSON.parse(done.stdout).pid);
    await settledHost(world);
    await world.medina('plugin', 'load', plugin('hello'));
  });

  test('one that dies after it served is replaced by the old host, which has not gone yet', async (t) => {
    // The provider keeps its connection for the next event: it ends at the limit.
    const world = await city(t, { config: { upgrade: { drain_ms: 4000 } } });
    const { token, bills: [bill] } = await owner(world);
    const old = world.host.pid;
    const agent = await idleConnection(t, world);
    const { pid } = await world.upgrade();
    const payment = await world.startPayment([line(bill)], { token });
    process.kill(pid, 'SIGKILL');
    world.followHost(old);
    await until('the old host serves again', async () => {
      const reply = await world.get(FIND).catch(() => undefined);
      return reply?.status === 200 && !alive(pid);
    });
    assert.notEqual((await world.get(FIND, { agent })).headers.connection, 'close');
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token });
    assert.equal((await statusOf(world)).pid, old);
    assert.equal(runnersOf(pid).length, 0);
    await world.upgrade();
    await settledHost(world);
  });
});

describe('an old host that dies', () => {
  test('while it drains: the new one goes on alone', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    await idleConnection(t, world);
    const { draining } = await world.upgrade();
    process.kill(draining, 'SIGKILL');
    await settledHost(world);
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token });
    assert.equal(runnersOf(draining).length, 0);
  });

  test('when the new one is ready and not told to accept yet: the new one goes on alone', async (t) => {
    const world = await city(t);
    const old = world.host.pid;
    const stopper = program(world, 'stopper', ['kill -STOP $PPID', `exec '${realHost}' "$@"`]);
    const asked = world.tryMedina('upgrade', '--program', stopper);
    const [, pid] = await world.host.printed(/pid (\d+) is ready to replace/);
    const waits = world.get(FIND); // in the socket: nobody accepts at this moment
    process.kill(old, 'SIGKILL');
    assert.equal((await asked).code, 3, 'who was asked is gone');
    world.followHost(Number(pid));
    assert.equal((await waits).status, 200);
    await settledHost(world);
    assert.equal(runnersOf(old).length, 0);
  });

  test('before the new one is ready: the new one ends too, and the city starts again', async (t) => {
    const world = await city(t);
    const old = world.host.pid;
    const killer = program(world, 'killer', ['kill -9 $PPID', `exec '${realHost}' "$@"`]);
    const { code } = await world.tryMedina('upgrade', '--program', killer);
    assert.equal(code, 3, 'nobody answers');
    await until('both have gone', () => hostsOf(world).length === 0 && runnersOf(old).length === 0);
    await world.startHost();
    assert.equal((await world.get(FIND)).status, 200);
  });
});
