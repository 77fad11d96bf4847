// SPDX-License-Identifier: Apache-2.0
// A version's life: what the operator can do with it, what the host does by itself, and that all
// of it is kept with who, when and why.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city } from './city.mjs';
import { loadTrouble, slowBackend, trouble, versions } from './trouble.mjs';
import { assertProblem, until } from './world.mjs';

const PING = '/v1/trouble/ping';
const bare = (t, plugins = {}, canary = {}) => city(t, { plugins: false, config: { plugins, canary } });

const states = async (world) =>
  Object.fromEntries(Object.values(await versions(world)).map((one) => [one.version, one.state]));

const history = async (world, instance = 'trouble') =>
  JSON.parse(await world.medina('--json', 'plugin', 'history', instance)).history;

/** The statuses of count requests, each by another citizen of the host's proxy: by status. */
async function ask(world, count, path = PING) {
  const statuses = {};
  for (let i = 0; i < count; i++) {
    const { status } = await world.get(path);
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return statuses;
}

describe('switching', () => {
  test('the version before stays warm, and rollback is back at once', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0'), '--reason', 'faster');
    const before = await versions(world);
    assert.equal(before['1.0.0'].state, 'warm');
    assert.match(before['1.0.0'].waits_for, /cool-down/);
    assert.equal(before['1.1.0'].state, 'active');
    assert.match(await world.medina('plugin', 'rollback', 'trouble', '--reason', 'slower after all'), /trouble@1\.0\.0 is active/);
    const after = await versions(world);
    assert.equal(after['1.0.0'].pid, before['1.0.0'].pid, 'the same process serves again');
    await until('the other one ends', async () => (await states(world))['1.1.0'] === 'stopped');
    assert.deepEqual(await ask(world, 5), { 200: 5 });
    const events = await history(world);
    assert.deepEqual(events.map((event) => event.verb), ['rollback', 'load', 'load']);
    assert.equal(events[0].reason, 'slower after all');
    assert.equal(events[0].actor, userInfo().username);
    assert.equal(events[1].reason, 'faster');
    const refused = await world.tryMedina('plugin', 'rollback', 'trouble');
    assert.equal(refused.code, 1);
    assert.match(refused.output, /no version to go back to/);
  });

  test('after the cool-down the version before ends, and rollback starts it anew', async (t) => {
    const world = await bare(t, { cool_down_ms: 300 });
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0'));
    await until('it has cooled down', async () => (await states(world))['1.0.0'] === 'stopped');
    await world.medina('plugin', 'rollback', 'trouble');
    assert.equal((await states(world))['1.0.0'], 'active');
    assert.deepEqual(await ask(world, 3), { 200: 3 });
  });

  test('a version older than one that has served needs a reason', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0'));
    for (const verb of [['use', 'trouble@1.0.0'], ['load', trouble(world, '1.0.5')]]) {
      const refused = await world.tryMedina('plugin', ...verb);
      assert.equal(refused.code, 1, refused.output);
      assert.match(refused.output, /older than 1\.1\.0.*--reason/);
    }
    await world.medina('plugin', 'use', 'trouble@1.0.0', '--reason', 'the new one is unloved');
    assert.equal((await states(world))['1.0.0'], 'active');
  });

  test('what callers rely on may not go without a new major version', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    const file = trouble(world, '1.1.0');
    const bytes = readFileSync(file);
    for (const [from, to] of [['"id": "ping"', '"id": "pong"'], ['"maxLength": 40', '"maxLength": 20']]) {
      assert.notEqual(bytes.indexOf(from), -1);
      bytes.write(to, bytes.indexOf(from));
    }
    writeFileSync(file, bytes);
    const refused = await world.tryMedina('plugin', 'load', file);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /ping/);
    assert.match(refused.output, /maxLength/, 'all findings are listed');
    assert.deepEqual(await ask(world, 2), { 200: 2 });
  });

  test('--dry-run says what would be done and does nothing', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    const before = await world.plugins();
    const events = await history(world);
    assert.match(await world.medina('plugin', 'load', trouble(world, '1.1.0'), '--dry-run'), /^would start 1 process.*\nwould switch all citizens from 1\.0\.0 to 1\.1\.0/);
    const failing = await world.tryMedina('plugin', 'load', trouble(world, '1.1.0', 'refuse'), '--dry-run');
    assert.equal(failing.code, 1);
    assert.match(failing.output, /nothing to like/);
    assert.match(await world.medina('plugin', 'unload', 'trouble', '--dry-run'), /would take trouble away/);
    const plain = (list) => list.map(({ instance, version, state, pid }) => ({ instance, version, state, pid }));
    assert.deepEqual(plain(await world.plugins()), plain(before));
    assert.deepEqual(await history(world), events);
    await world.medina('plugin', 'load', trouble(world, '1.1.0'));
    assert.match(await world.medina('plugin', 'rollback', 'trouble', '--dry-run'), /would go back from 1\.1\.0 to 1\.0\.0, which is warm/);
    assert.match(await world.medina('plugin', 'use', 'trouble@1.0.0', '--dry-run', '--reason', 'x'), /would switch/);
    assert.match(await world.medina('plugin', 'discard', 'trouble@1.0.0', '--dry-run'), /would forget/);
    assert.equal((await states(world))['1.0.0'], 'warm');
  });

  test('a discarded version is forgotten, one that serves is not discarded', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0'));
    const refused = await world.tryMedina('plugin', 'discard', 'trouble@1.1.0');
    assert.equal(refused.code, 1);
    assert.match(refused.output, /serves/);
    await world.medina('plugin', 'discard', 'trouble@1.0.0');
    assert.deepEqual(Object.keys(await versions(world)), ['1.1.0']);
    await world.crashAndRestart();
    assert.deepEqual(Object.keys(await versions(world)), ['1.1.0'], 'also after a restart');
  });

  test('a host that starts again knows versions, trial and the way back', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0'));
    await world.medina('plugin', 'load', trouble(world, '1.2.0'), '--canary', '30%');
    await world.crashAndRestart();
    const after = await versions(world);
    assert.equal(after['1.1.0'].state, 'active');
    assert.equal(after['1.2.0'].state, 'canary');
    assert.equal(after['1.2.0'].share_percent, 30);
    await world.medina('plugin', 'rollback', 'trouble');
    await world.medina('plugin', 'rollback', 'trouble');
    assert.equal((await states(world))['1.0.0'], 'active');
  });
});

describe('a version that fails', () => {
  const early = [
    ['constructor', /ended/], ['start', /ended/], ['self-test', /ended/],
    ['refuse', /nothing to like/], ['hang', /within 1500 ms/],
  ];
  for (const [mode, reason] of early)
    test(`in ${mode}: what serves goes on, and the reason is kept`, async (t) => {
      const world = await bare(t, { start_ms: 1500 });
      await loadTrouble(world);
      const { pid } = (await versions(world))['1.0.0'];
      const refused = await world.tryMedina('plugin', 'load', trouble(world, '1.1.0', mode));
      assert.equal(refused.code, 1);
      assert.match(refused.output, reason);
      const now = await versions(world);
      assert.equal(now['1.0.0'].pid, pid);
      assert.equal(now['1.1.0'].state, 'quarantined');
      assert.match(now['1.1.0'].reason, reason);
      assert.match(now['1.1.0'].waits_for, /an operator/);
      assert.match((await history(world))[0].outcome, reason);
      assert.deepEqual(await ask(world, 3), { 200: 3 });
    });

  for (const [mode, before] of [['first', 0], ['thousand', 1000]])
    test(`at request ${before + 1} after the switch: the version before takes over`, async (t) => {
      const world = await bare(t);
      await loadTrouble(world);
      const { pid } = (await versions(world))['1.0.0'];
      await world.medina('plugin', 'load', trouble(world, '1.1.0', mode));
      const statuses = await ask(world, before + 20);
      // The request that killed it is refused while it is remembered; every other one is served.
      assert.ok((statuses[200] ?? 0) >= before, JSON.stringify(statuses));
      await until('1.0.0 serves again', async () => (await states(world))['1.0.0'] === 'active');
      const now = await versions(world);
      assert.equal(now['1.0.0'].pid, pid);
      assert.match(now['1.1.0'].reason, /ended/);
      assert.deepEqual(await ask(world, 5), { 200: 5 });
      const [event] = await history(world);
      assert.equal(event.verb, 'rollback');
      assert.equal(event.actor, 'medinad');
      assert.match(await world.medina('metrics'), /^medina_plugin_rollbacks_total 1$/m);
    });

  test('one that goes on dying is quarantined with its last lines, answers 503, and can be tried again', async (t) => {
    const world = await bare(t, { crashes: 2, restart_ms: 10, refuse_input_ms: 0 });
    await loadTrouble(world);
    await until('it is quarantined', async () => {
      await world.get('/v1/trouble/crash?word=again');
      return (await states(world))['1.0.0'] === 'quarantined';
    });
    const reply = await world.get(PING);
    assertProblem(reply, 503, 'service-unavailable');
    assert.ok(Number(reply.headers['retry-after']) >= 1);
    const [version] = Object.values(await versions(world));
    assert.ok(version.last_lines.some((line) => /going down for again/.test(line.text)), JSON.stringify(version.last_lines));
    assert.match(await world.medina('plugin', 'show', 'trouble'), /going down for again/);
    await world.crashAndRestart();
    assert.equal((await states(world))['1.0.0'], 'quarantined', 'a restart does not forgive');
    assertProblem(await world.get(PING), 503, 'service-unavailable');
    await world.medina('plugin', 'use', 'trouble@1.0.0');
    assert.deepEqual(await ask(world, 2), { 200: 2 });
  });
});

describe('a trial', () => {
  // Anonymous callers are told apart by their address: each of these is another citizen.
  const citizens = async (world, count) => {
    const tokens = [];
    for (let i = 0; i < count; i++) tokens.push(await world.signIn(`+9715012${String(10000 + i)}`));
    return tokens;
  };
  const askAll = (world, tokens) => Promise.all(tokens.map((token) => world.api('GET', PING, { token })));
  const calls = async (world, version) => (await versions(world))[version].calls;

  test('gives a share of the citizens the new version, always the same ones', async (t) => {
    const world = await city(t, { plugins: false, config: { sign_in: { sends_per_number: 100 } } });
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0'), '--canary', '50%');
    const tokens = await citizens(world, 20);
    const sides = [];
    for (const token of tokens) {
      const before = await calls(world, '1.1.0');
      await world.api('GET', PING, { token });
      sides.push((await calls(world, '1.1.0')) - before);
    }
    const chosen = sides.filter((side) => side === 1).length;
    assert.ok(chosen > 0 && chosen < 20, `${chosen} of 20`);
    for (let round = 0; round < 3; round++) {
      const before = await calls(world, '1.1.0');
      await askAll(world, tokens);
      assert.equal((await calls(world, '1.1.0')) - before, chosen);
    }
  });

  test('is ended against a version that errs more, and nobody else notices', async (t) => {
    const world = await city(t, { plugins: false, config: { canary: { look_ms: 50 } } });
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0', 'errors'), '--canary', '50%', '--promote-after', '1s');
    const tokens = await citizens(world, 20);
    const sides = await sidesOf(world, tokens);
    await until('the trial has ended', async () => {
      await askAll(world, tokens);
      return (await states(world))['1.1.0'] !== 'canary';
    });
    const now = await versions(world);
    assert.match(now['1.1.0'].reason, /calls failed, against 0 of/);
    assert.ok(now['1.1.0'].calls >= 200 && now['1.0.0'].calls >= 200, 'judged on enough of both');
    assert.equal(now['1.0.0'].state, 'active');
    assert.equal((await history(world))[0].actor, 'medinad');
    assert.ok(sides > 0);
  });

  test('is ended against a version that is slower', async (t) => {
    const world = await city(t, { plugins: false, config: { canary: { look_ms: 50, least: 40, p99_floor_ms: 10 } } });
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0', 'slow'), '--canary', '50%');
    const tokens = await citizens(world, 20);
    await until('the trial has ended', async () => {
      for (const token of tokens) await world.api('GET', PING, { token });
      return (await states(world))['1.1.0'] !== 'canary';
    }, 40_000);
    assert.match((await versions(world))['1.1.0'].reason, /took longer than/);
  });

  test('is ended at the first crash', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0', 'first'), '--canary', '50%');
    const tokens = await citizens(world, 20);
    await askAll(world, tokens);
    await until('the trial has ended', async () => (await states(world))['1.1.0'] === 'quarantined');
    assert.deepEqual([...new Set((await askAll(world, tokens)).map((reply) => reply.status))], [200]);
  });

  test('holds while there are too few calls, and promotes after a clean stretch', async (t) => {
    const world = await city(t, { plugins: false, config: { canary: { look_ms: 50, least: 100, p99_floor_ms: 1000 } } });
    await loadTrouble(world);
    const load = world.medina('plugin', 'load', trouble(world, '1.1.0'), '--canary', '50%', '--promote-after', '1s', '--wait');
    await until('the trial is on', async () => (await states(world))['1.1.0'] === 'canary');
    const tokens = await citizens(world, 20);
    await askAll(world, tokens);
    assert.match((await versions(world))['1.1.0'].waits_for, /100 calls on each side/);
    await new Promise((done) => setTimeout(done, 1500)); // the stretch has passed; the calls have not come
    assert.equal((await states(world))['1.1.0'], 'canary', 'too few calls never promote');
    await until('it is promoted', async () => {
      await askAll(world, tokens);
      return (await states(world))['1.1.0'] === 'active';
    });
    assert.match(await load, /trouble@1\.1\.0/);
    assert.equal((await states(world))['1.0.0'], 'warm');
    assert.equal((await history(world))[0].verb, 'promote');
  });

  test('is promoted or ended by hand, and stands in the way of another load', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world, '1.1.0'), '--canary', '5%');
    const refused = await world.tryMedina('plugin', 'load', trouble(world, '1.2.0'));
    assert.equal(refused.code, 1);
    assert.match(refused.output, /1\.1\.0 is on trial/);
    await world.medina('plugin', 'rollback', 'trouble');
    await until('its processes end', async () => (await states(world))['1.1.0'] === 'stopped');
    await world.medina('plugin', 'load', trouble(world, '1.2.0'), '--canary', '5%');
    await world.medina('plugin', 'use', 'trouble@1.2.0');
    assert.equal((await states(world))['1.2.0'], 'active');
    for (const share of ['0%', '100%', '5', 'many'])
      assert.equal((await world.tryMedina('plugin', 'load', trouble(world, '1.3.0'), '--canary', share)).code, 2, share);
  });

  async function sidesOf(world, tokens) {
    const before = await calls(world, '1.1.0');
    await askAll(world, tokens);
    return (await calls(world, '1.1.0')) - before;
  }
});

describe('a pool of processes', () => {
  test('shares the load, and a crash takes one', async (t) => {
    const world = await bare(t, { restart_ms: 60_000 });
    await loadTrouble(world, { more: ['--runners', '3'] });
    const [version] = Object.values(await versions(world));
    assert.equal(version.runners.length, 3);
    assert.deepEqual(await ask(world, 60), { 200: 60 });
    const spread = Object.values(await versions(world))[0].runners.map((runner) => runner.calls);
    assert.ok(spread.every((calls) => calls >= 10), spread.join());
    process.kill(version.runners[0].pid, 'SIGKILL');
    assert.deepEqual(await ask(world, 30), { 200: 30 });
    await until('two are left', async () => Object.values(await versions(world))[0].runners.length === 2);
    await world.crashAndRestart();
    assert.equal(Object.values(await versions(world))[0].runners.length, 3);
  });

  test('a safe call that was under way in a process that dies is made again, an unsafe one is not', async (t) => {
    const world = await bare(t, { restart_ms: 100 });
    const backend = await slowBackend(t);
    await loadTrouble(world, { backend });
    const asked = (count) => until(`${count} asked`, () => backend.asked >= count);
    const safe = world.get('/v1/trouble/hold');
    const unsafe = world.post('/v1/trouble/record', {});
    await asked(2);
    process.kill((await versions(world))['1.0.0'].pid, 'SIGKILL');
    await asked(3);
    backend.release();
    assert.equal((await safe).status, 200);
    assertProblem(await unsafe, 503, 'service-unavailable');
    assert.equal(backend.recorded, 1);
    assert.match(await world.medina('metrics'), /^medina_plugin_calls_retried_total 1$/m);
  });
});

describe('a slow back end', () => {
  test('holds its agency\'s part of the connections and no more', async (t) => {
    const world = await city(t, { plugins: false, config: { listen: { gateways: 1 }, plugins: { connections: 3 }, client: { connections: 6 } } });
    const [slow, quick] = [await slowBackend(t), await slowBackend(t)];
    await loadTrouble(world, { backend: slow });
    const config = join(world.folder, 'quick.json');
    writeFileSync(config, JSON.stringify({ backend_url: quick.url }));
    await world.medina('plugin', 'load', trouble(world), '--as', 'other', '--config', config);
    const held = Array.from({ length: 8 }, () => world.get('/v1/trouble/hold'));
    const refused = [];
    for (const reply of held) void reply.then((one) => one.status === 200 || refused.push(one));
    await until('what is over the part is refused', () => refused.length === 5);
    for (const reply of refused) assertProblem(reply, 502, 'trouble.error');
    assert.equal(slow.asked, 3);
    quick.onAsked = () => setImmediate(quick.release);
    assert.equal((await world.get('/v1/other/hold')).status, 200, 'another agency is not held up');
    slow.release();
    assert.equal((await Promise.all(held)).filter((reply) => reply.status === 200).length, 3);
  });
});

describe('the watchdog', () => {
  for (const [operation, mode] of [['spin', 'none'], ['linger', 'hurried']])
    test(`kills a process that does not come out of ${operation}`, async (t) => {
      const world = await bare(t, { restart_ms: 10 });
      const backend = await slowBackend(t);
      await loadTrouble(world, { backend, mode });
      const { pid } = (await versions(world))['1.0.0'];
      assertProblem(await world.get(`/v1/trouble/${operation}`), 504, 'timeout');
      await until('another process serves', async () => {
        const version = (await versions(world))['1.0.0'];
        return version.pid && version.pid !== pid;
      }, 40_000);
      const [event] = (await history(world)).filter((one) => one.verb === 'incident');
      assert.match(event.reason, /did not yield/);
      assert.deepEqual(await ask(world, 3), { 200: 3 });
      assert.match(await world.medina('metrics'), /^medina_runner_stuck_total 1$/m);
    });

  test('a request that killed a process is refused for a while, others and other callers are not', async (t) => {
    const world = await bare(t, { restart_ms: 10, refuse_input_ms: 3000, crashes: 100 });
    await loadTrouble(world);
    const crash = (word) => world.get(`/v1/trouble/crash?word=${word}`);
    assertProblem(await crash('one'), 500, 'internal');
    const refused = await crash('one');
    assertProblem(refused, 503, 'request-refused');
    assert.ok(Number(refused.headers['retry-after']) >= 1 && Number(refused.headers['retry-after']) <= 4);
    await until('it serves', async () => (await world.get(PING)).status === 200);
    assertProblem(await crash('two'), 500, 'internal');
    const spin = await until('it serves', async () => {
      const reply = await world.get('/v1/trouble/spin?word=one');
      return reply.status !== 503 && reply;
    });
    assertProblem(spin, 504, 'timeout');
    await until('the spinning one is refused', async () =>
      (await world.get('/v1/trouble/spin?word=one')).json?.type?.endsWith('request-refused'));
    await until('the time has passed', async () => (await crash('one')).status === 500);
    assert.match(await world.medina('metrics'), /^medina_plugin_calls_poisoned_total [1-9]/m);
  });
});

test('what a process was at work on when it was killed from outside is not refused', async (t) => {
  const world = await bare(t, { restart_ms: 10, crashes: 1000 });
  await loadTrouble(world, { mode: 'slow' }); // 40 ms of plugin code a ping: it is mostly at work
  for (let i = 0; i < 5; i++) {
    const { pid } = (await versions(world))['1.0.0'];
    const ping = world.get(PING);
    await new Promise((done) => setTimeout(done, 10)); // somewhere in the ping
    process.kill(pid, 'SIGKILL');
    await ping;
    await until('the same request is served again', async () => (await world.get(PING)).status === 200, 5000);
  }
});

describe('what a plugin says', () => {
  test('is in its logs, with who said it, and goes on with -f', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    assert.match(await world.medina('plugin', 'logs', 'trouble'), /information +trouble@1\.0\.0\[\d+\] starting/);
    const follow = world.followMedina('plugin', 'logs', 'trouble', '-f');
    await follow.printed(/starting/);
    await world.get('/v1/trouble/crash?word=loudly');
    await follow.printed(/going down for loudly/);
    await follow.kill();
    const nobody = await world.tryMedina('plugin', 'logs', 'nobody');
    assert.equal(nobody.code, 1);
  });

  test('history and logs of one instance hold nothing of another', async (t) => {
    const world = await bare(t);
    await loadTrouble(world);
    await world.medina('plugin', 'load', trouble(world), '--as', 'other');
    await world.get('/v1/other/crash?word=secret');
    await until('it is in its own logs', async () => /secret/.test(await world.medina('plugin', 'logs', 'other')));
    assert.doesNotMatch(await world.medina('plugin', 'logs', 'trouble'), /secret/);
    assert.ok((await history(world)).every((event) => event.verb === 'load'));
  });
});
