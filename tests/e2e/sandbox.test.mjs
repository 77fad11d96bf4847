// SPDX-License-Identifier: Apache-2.0
// The box that plugins run in, as an operator sees it: said at the start, required or done without,
// and gone with the host.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city } from './city.mjs';
import { bin, plugin, until } from './world.mjs';

const FIND = '/v1/pharmacies/find?kind=pharmacy';

const status = (pid, name) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1];
const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/\d+/g, ''));

async function runnerOf(world, instance) {
  const version = (await world.plugins()).find((one) => one.instance === instance && one.active);
  return version.pid;
}

describe('the sandbox', () => {
  test('its layers are said at the start, and a runner is in them', async (t) => {
    const world = await city(t, { plugins: false });
    assert.match(world.hostOutput, /sandbox: no_new_privs rlimits seccomp.*; not on: /);
    await world.medina('plugin', 'load', plugin('pharmacies'));
    const pid = await runnerOf(world, 'pharmacies');
    assert.equal(status(pid, 'NoNewPrivs'), '1');
    assert.equal(status(pid, 'Seccomp'), '2');
    assert.equal(status(pid, 'Threads'), '1');
    assert.equal(status(pid, 'CapEff'), '0000000000000000');
    assert.equal(status(pid, 'CapPrm'), '0000000000000000');
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
    assert.match(limits, /Max core file size +0 +0/);
    assert.match(limits, /Max processes +0 +0/);
    assert.match(limits, /Max file size +0 +0/);
    if (process.getuid() === 0) {
      assert.equal(status(pid, 'Uid'), '65534\t65534\t65534\t65534');
      assert.equal(status(pid, 'Groups').trim(), '');
      // Sockets, its log and its loop: no file but the empty one that libuv keeps.
      const open = new Set(descriptors(pid));
      for (const what of ['pipe:[]', 'socket:[]', 'anon_inode:[eventpoll]', 'anon_inode:[eventfd]', '/dev/null']) open.delete(what);
      assert.deepEqual([...open], []);
    }
  });

  test('with Landlock of ABI 2 the same plugins serve', async (t) => {
    const world = await city(t, { plugins: false, config: { sandbox: { landlock_abi: 2 } } });
    assert.match(world.hostOutput, /sandbox: .*\(Landlock ABI 2\)|sandbox: (?!.*landlock)/);
    await world.loadPlugins();
    assert.equal((await world.get(FIND)).status, 200);
  });

  test('a plugin is not started over the limits of the host', async (t) => {
    const world = await city(t, { plugins: false, config: { sandbox: { memory_bytes: 8 * 1024 * 1024 } } });
    await world.medina('plugin', 'load', plugin('pharmacies'));
    const limits = readFileSync(`/proc/${await runnerOf(world, 'pharmacies')}/limits`, 'utf8');
    // A sanitizer's shadow leaves no room for a limit of memory.
    const sanitized = /Max data size +unlimited/.test(limits);
    assert.ok(sanitized || /Max data size +8388608 +8388608/.test(limits), limits);
    assert.equal((await world.get(FIND)).status, 200);
  });

  test('without a layer that is required the host says what to do and ends', async (t) => {
    const world = await city(t, { plugins: false });
    const file = join(world.folder, 'strict.json');
    const config = { listen: { port: 0 }, paths: { data: join(world.folder, 'strict') }, sandbox: { require: 'seccomp pid' } };
    writeFileSync(file, JSON.stringify(config));
    // A place where there are no PID namespaces: a limit of the user namespace around it.
    const place = 'echo 0 > /proc/sys/user/max_pid_namespaces && exec unshare --user --map-user=1000 "$0" --config "$1"';
    const ended = spawnSync('unshare', ['--user', '--map-root-user', 'sh', '-c', place, join(bin, 'medinad'), file], { encoding: 'utf8', timeout: 30_000 });
    if (/unshare failed|write failed/.test(ended.stderr)) return t.skip(`no user namespaces here: ${ended.stderr}`);
    assert.equal(ended.status, 1, ended.stderr);
    assert.match(ended.stderr, /sandbox: .*; not on: (.* )?pid/);
    assert.match(ended.stderr, /medinad: the sandbox has no pid, which sandbox\.require asks for; allow namespaces/);
  });

  test('no runner outlives a host that is killed', async (t) => {
    const world = await city(t);
    const pids = (await world.plugins()).map((one) => one.pid);
    assert.equal(pids.length, 3);
    // Stopped, they cannot notice by themselves.
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await world.host.kill();
    for (const pid of pids)
      await until(`process ${pid} is gone`, () => {
        try {
          return status(pid, 'State').startsWith('Z') || status(pid, 'Name') !== 'medina-runner';
        } catch {
          return true;
        }
      });
    await world.startHost();
  });
});
