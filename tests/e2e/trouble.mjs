// SPDX-License-Identifier: Apache-2.0
// Versions of the plugin "trouble" (plugins/trouble), each wrong in its own way, and a back end
// that answers as slowly as a test wants.
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';

import { plugin } from './world.mjs';

const MARK = 'trouble-mode=';
const ROOM = 20;

/** A copy of the plugin with that version and mode; its path. */
export function trouble(world, version = '1.0.0', mode = 'none') {
  const bytes = Buffer.from(readFileSync(plugin('trouble')));
  const replace = (from, to) => {
    const at = bytes.indexOf(from);
    if (at < 0 || Buffer.byteLength(to) !== Buffer.byteLength(from)) throw new Error(`${from} → ${to}`);
    bytes.write(to, at);
  };
  replace('"version": "1.0.0"', `"version": "${version}"`);
  replace(`${MARK}${'none'.padEnd(ROOM)}`, `${MARK}${mode.padEnd(ROOM)}`);
  // The watchdog's second bound is the longest deadline: short enough for a test that wants it.
  if (mode === 'hurried')
    for (let at; (at = bytes.indexOf('"deadline_ms": 20000')) >= 0; ) bytes.write('"deadline_ms":   500', at);
  const file = join(world.folder, `trouble-${version}-${mode}.so`);
  writeFileSync(file, bytes);
  return file;
}

/** A back end whose answers wait until release(); asked counts what came. */
export async function slowBackend(t) {
  const waiting = new Set();
  const backend = { asked: 0, recorded: 0 };
  const server = http.createServer((request, reply) => {
    backend.asked++;
    if (request.method === 'POST') backend.recorded++;
    request.resume();
    waiting.add(reply);
    backend.onAsked?.();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  backend.url = `http://127.0.0.1:${server.address().port}`;
  backend.release = () => {
    for (const reply of waiting) reply.end('"held"');
    waiting.clear();
  };
  t.after(() => {
    backend.release();
    server.closeAllConnections();
    server.close();
  });
  return backend;
}

/** Loads the first version; more: further words of the command. */
export async function loadTrouble(world, { mode, backend, more = [] } = {}) {
  const config = join(world.folder, 'trouble.json');
  writeFileSync(config, JSON.stringify(backend ? { backend_url: backend.url } : {}));
  await world.medina('plugin', 'load', trouble(world, '1.0.0', mode), '--config', config, ...more);
}

export const versions = async (world, instance = 'trouble') =>
  Object.fromEntries((await world.plugins()).filter((one) => one.instance === instance).map((one) => [one.version, one]));
