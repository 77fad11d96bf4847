// SPDX-License-Identifier: Apache-2.0
// The escape suite: its world, and how one attempt is made and judged. What is attempted and how it
// must fail stands in the tables of escape/; the plugins that try are in plugins/hostile.
import assert from 'node:assert/strict';
import { chownSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';

import { plugin, World } from './world.mjs';

const CROWD = 4; // hostile instances that try at the same time
const SETTLE_MS = 20_000;
const GREET = '/v1/hello/greet?name=Noor';

// A crash is the plan here: no back-off, no quarantine, nothing refused because it killed before.
const PLUGINS = { restart_ms: 1, restart_most_ms: 5, crashes: 1_000_000, refuse_input_ms: 0, retry_ms: 0, history: 10_000, overdue_ms: 1000 };

/** The host's words after a mark, as soon as they match; its log is where the end of a process is told. */
export function said(world, mark, pattern, ms = SETTLE_MS) {
  const { host } = world;
  return new Promise((done, fail) => {
    const give = (result) => {
      clearTimeout(timer);
      host.listeners.delete(look);
      return result;
    };
    const look = () => {
      const match = pattern.exec(host.output.slice(mark));
      if (match) done(give(match));
    };
    const timer = setTimeout(() => fail(give(new Error(`waited ${ms} ms in vain for ${pattern}:\n${host.output.slice(mark).slice(-600)}`))), ms);
    host.listeners.add(look);
    look();
  });
}

const moment = () => new Promise((done) => setTimeout(done, 3));

/** Waits until the instance answers. */
export async function ready(world, instance) {
  const end = Date.now() + SETTLE_MS;
  for (;;) {
    const reply = await world.post(`/v1/${instance}/configuration`, {});
    if (reply.status === 200) return reply.json;
    if (Date.now() > end) assert.fail(`${instance} does not come back: ${reply.text}\n${world.host.output.slice(-3000)}`);
    await moment();
  }
}

/** A city with hostile plugins and one that serves citizens; options: landlock_abi, uid, plugins. */
export async function hostileCity(t, { landlock_abi = 0, uid, load = ['hostile'], crowd = CROWD, plugins = {}, sandbox = {}, configuration = {} } = {}) {
  const config = { plugins: { ...PLUGINS, ...plugins }, sandbox: { landlock_abi, ...sandbox }, listen: { gateways: 2 } };
  const world = await World.start({ plugins: false, config, user: uid && { uid, gid: uid, own: (path) => chownSync(path, uid, uid) } });
  t.after(() => world.stop());
  await world.medina('plugin', 'load', plugin('hello'));
  const file = join(world.folder, 'hostile.json');
  writeFileSync(file, JSON.stringify(configuration));
  for (const instance of load.flatMap((name) => crowdOf(name, crowd)))
    await world.medina('plugin', 'load', plugin(instance.replace(/-\d+$/, '')), '--as', instance, '--config', file);
  return world;
}

/** Citizens of another agency, asking all the time; end() checks that each got an answer. */
export function citizens(t, world) {
  const agent = new http.Agent({ keepAlive: true });
  const wrong = [];
  let asked = 0;
  let going = true;
  t.after(() => (going = false));
  const loop = (async () => {
    while (going) {
      const reply = await world.get(GREET, { agent }).catch((error) => ({ status: error.message }));
      asked++;
      if (reply.status !== 200) wrong.push(reply.status);
      await moment();
    }
  })();
  return {
    async end() {
      going = false;
      await loop;
      agent.destroy();
      assert.deepEqual(wrong, [], 'every request to another plugin succeeds');
      assert.ok(asked > 20, `only ${asked} requests`);
      return asked;
    },
  };
}

/** What the plugin can try: name → the number of the system call that it makes (0: none). */
export async function repertoire(world, instance) {
  const { json } = await world.post(`/v1/${instance}/names`, {});
  return { sanitized: json.sanitized, numbers: new Map(json.attempts.map(({ name, number }) => [name, number >>> 0])) };
}

/** The end of an instance's process after a mark: {how, lines}; waits until it serves again. */
export async function ended(world, instance, mark) {
  const [, how] = await said(world, mark, new RegExp(`${instance}@1\\.0\\.0: its process ended: ([^\\n]*)`));
  await said(world, mark, new RegExp(`${instance} serves again`));
  const lines = world.host.output.slice(mark).split('\n').filter((line) => line.includes(`${instance}@1.0.0[`));
  await ready(world, instance);
  return { how, lines: lines.join('\n') };
}

/** Makes one attempt: {json} when the plugin came back, {how, lines} when its process did not. */
export async function attempt(world, instance, name, path) {
  const mark = world.host.output.length;
  const reply = await world.post(`/v1/${instance}/attempt`, path ? { name, path } : { name });
  if (reply.status === 200) return { json: reply.json };
  return { status: reply.status, ...(await ended(world, instance, mark)) };
}

const show = (outcome) => JSON.stringify(outcome);

const judges = {
  // The call came back with that error.
  errno: (outcome, wanted) => outcome.json?.returned < 0 && outcome.json.errno === wanted,
  // It came back with that, and did nothing that matters.
  returned: (outcome, wanted) => outcome.json?.returned === wanted,
  text: (outcome, wanted) => wanted.test(outcome.json?.text ?? ''),
  // The process died of it, with those last words.
  how: (outcome, wanted) => wanted.test(outcome.how ?? ''),
  lines: (outcome, wanted) => wanted.test(outcome.lines ?? ''),
  silent: (outcome) => outcome.lines === '',
  status: (outcome, wanted) => outcome.status === wanted,
};

function unlike(outcome, wanted, number) {
  const all = wanted.forbidden ? { how: /^signal 31$/, lines: new RegExp(`system call ${number} is not allowed here`) } : wanted;
  return Object.keys(judges).filter((aspect) => aspect in all && !judges[aspect](outcome, all[aspect]));
}

/** Asserts that the outcome is the wanted one, or one of them. */
export function judge(name, outcome, wanted, number) {
  const faults = (wanted.any ?? [wanted]).map((one) => unlike(outcome, one, number));
  assert.ok(faults.some((list) => list.length === 0), `${name}: ${faults.join(' / ')} is not as it must be: ${show(outcome)}`);
}

/** Shares the work out among the crowd; each member does one thing at a time. */
export async function spread(members, work, run) {
  const queue = [...work];
  const faults = [];
  await Promise.all(
    members.map(async (member) => {
      for (let item; (item = queue.shift()) !== undefined; )
        await run(member, item).catch((error) => faults.push(`${Array.isArray(item) ? item[0] : item}: ${error.message}`));
    }),
  );
  assert.equal(faults.length, 0, `${faults.length} attempts:\n${faults.join('\n')}`);
}

export const crowdOf = (name, crowd = CROWD) => Array.from({ length: crowd }, (_, i) => `${name}-${i}`);
