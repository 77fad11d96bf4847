// SPDX-License-Identifier: Apache-2.0
// Attempts by system call, on a machine as it is, with Landlock of ABI 2, and with a host that is a
// plain user.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { calls, places, scratch } from './escape/calls.mjs';
import { attempt, citizens, crowdOf, hostileCity, judge, repertoire, said, spread } from './escape.mjs';

const PLAIN_USER = 65533;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/;

const setting = {
  'as it is': {},
  'with Landlock of ABI 2': { landlock_abi: 2 },
  'with a host that is a plain user': { uid: PLAIN_USER },
};

async function tryOne(world, instance, name, wanted, number, path) {
  const mark = world.host.output.length;
  const outcome = await attempt(world, instance, name, path);
  judge(name, outcome, wanted, number);
  if (wanted.logged) await said(world, mark, wanted.logged);
  // Its log stays shut for a while: what comes next begins with another.
  if (wanted.last) await attempt(world, instance, 'exit');
}

// Everything in a table, by a crowd; what the plugin can try and the table must be the same.
async function tryAll(world, kind, table, elsewhere) {
  const { sanitized, numbers } = await repertoire(world, `${kind}-0`);
  const mine = [...numbers.keys()].filter((name) => !(name in elsewhere));
  if (process.arch === 'x64') assert.deepEqual(mine.filter((name) => !(name in table)), [], 'each attempt has its expectation');
  if (process.arch === 'x64') assert.deepEqual(Object.keys(table).filter((name) => !numbers.has(name)), [], 'each expectation has its attempt');
  const work = mine.filter((name) => !(sanitized && table[name].release));
  await spread(crowdOf(kind), work, (instance, name) => tryOne(world, instance, name, table[name], numbers.get(name)));
  return work.length;
}

async function tryPlaces(world, kind, name, wanted) {
  const other = (await world.plugins()).find((one) => one.instance === 'hello').pid;
  for (const [place, path] of Object.entries(places))
    judge(place, await attempt(world, `${kind}-0`, name, path(world, other)), wanted);
  return Object.keys(places).length;
}

// What one instance has put into its folder is there for no other, nor for its own next process.
async function tryLeftovers(world) {
  const look = (instance) => attempt(world, instance, 'scratch: a file for the next process');
  const absent = { errno: 'ENOENT' };
  judge('the folder is empty at first', await look('lodger-0'), absent);
  judge('the file stays', await look('lodger-0'), { returned: 0 });
  judge("another instance's file", await look('lodger-1'), absent);
  await attempt(world, 'lodger-0', 'exit');
  judge("the file of the process before", await look('lodger-0'), absent);
  return 2;
}

for (const [where, options] of Object.entries(setting)) {
  test(`no system call leads out, ${where}`, { skip: options.uid && process.getuid() !== 0 }, async (t) => {
    const world = await hostileCity(t, { ...options, load: ['hostile', 'lodger'] });
    const others = citizens(t, world);
    let made = await tryAll(world, 'hostile', calls, {});
    made += await tryPlaces(world, 'hostile', 'open what the test names', { errno: 'EACCES' });
    made += await tryAll(world, 'lodger', { ...scratch, 'scratch: a file for the next process': { any: [{ errno: 'ENOENT' }, { returned: 0 }] } }, calls);
    made += await tryPlaces(world, 'lodger', 'scratch: open what the test names', { errno: 'ENOENT' });
    for (const instance of ['lodger-0', 'lodger-1']) await attempt(world, instance, 'exit');
    made += await tryLeftovers(world);
    const answered = await others.end();
    assert.doesNotMatch(world.host.output, CONTROL, 'nothing that a terminal would obey is in the log');
    t.diagnostic(`${made} attempts, ${answered} requests of citizens meanwhile`);
  });
}
