// SPDX-License-Identifier: Apache-2.0
// ./dev on a machine that cannot: each refusal is one clear line and an exit code that is not 0. The
// machine's answers come from small programs that stand first in the PATH.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';

import { root } from './world.mjs';

function dev(t, answers, ...words) {
  const folder = mkdtempSync(join(tmpdir(), 'medina-dev-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, script] of Object.entries(answers)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return spawnSync(join(root, 'dev'), words, {
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` }, encoding: 'utf8', timeout: 60_000,
  });
}

function refusedWith(result, pattern) {
  assert.notEqual(result.status, 0);
  const lines = result.stderr.trim().split('\n');
  assert.equal(lines.length, 1, result.stderr);
  assert.match(lines[0], pattern);
}

test('a full disk is one line', (t) => {
  const df = 'echo Filesystem 1024-blocks Used Available Capacity Mounted; echo /dev/x 9 9 1000 99% /';
  refusedWith(dev(t, { df }, 'up'), /less than 1 GB is free/);
});

test('missing packages without root are one line that names them', (t) => {
  const answers = { 'dpkg-query': 'exit 1', id: 'echo 1000', sudo: 'exit 1' };
  refusedWith(dev(t, answers, 'up'), /run as root: apt-get install .*libuv1-dev/);
});

test('a word that it does not know is answered with the words that it does', (t) => {
  const result = dev(t, {}, 'fly');
  assert.equal(result.status, 2);
  assert.match(result.stderr, /\.\/dev up/);
});

test('a port in use is one line of the host', async (t) => {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const config = join(mkdtempSync(join(tmpdir(), 'medina-port-')), 'medina.json');
  t.after(() => rmSync(join(config, '..'), { recursive: true, force: true }));
  writeFileSync(config, JSON.stringify({ listen: { port: server.address().port }, paths: { data: join(config, '../data') } }));
  const result = spawnSync(join(process.env.MEDINA_BIN ?? join(root, 'build/asan/bin'), 'medinad'), ['--config', config],
    { encoding: 'utf8', timeout: 60_000 });
  refusedWith(result, /cannot listen on 127\.0\.0\.1 port \d+: Address already in use/);
});
