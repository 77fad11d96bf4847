// SPDX-License-Identifier: Apache-2.0
// Results that change while citizens look: who may, what they see, and that no stream ends in a swap
// while every one ends when it should.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city, MARIAM } from './city.mjs';
import { Events } from './events.mjs';
import { assertProblem, bin, plugin, request, until } from './world.mjs';

const web = join(bin, '../web');

/** A copy of the plugin, each pair of texts of one length exchanged; its path. */
function patched(world, name, ...pairs) {
  const bytes = Buffer.from(readFileSync(plugin('board')));
  for (const [from, to] of pairs) {
    const at = bytes.indexOf(from);
    assert.ok(at >= 0 && Buffer.byteLength(from) === Buffer.byteLength(to), `${from} → ${to}`);
    bytes.write(to, at);
  }
  const file = join(world.folder, `${name}.so`);
  writeFileSync(file, bytes);
  return file;
}

async function board(t, live = {}, sections = {}) {
  const world = await city(t, { plugins: false, config: { live: { look_ms: 60_000, ...live }, listen: { gateways: 3 }, ...sections } });
  await world.medina('plugin', 'load', plugin('board'));
  return world;
}

const watch = (t, world, operation = 'show', token) =>
  Events.open(t, `${world.url}/v1/board/${operation}/stream`, token && { authorization: `Bearer ${token}` });
const stream = (world, operation = 'show', options) => world.get(`/v1/board/${operation}/stream`, options);

async function say(world, line, more = {}) {
  const reply = await world.post('/v1/board/say', { line, ...more });
  assert.equal(reply.status, 200, reply.text);
}

const shows = (line) => (text) => text.includes(`"en":"${line}"`);

describe('a stream', () => {
  test('begins with the result as it stands, and goes on with what is published, on every loop', async (t) => {
    const world = await board(t);
    await say(world, 'before');
    const streams = await Promise.all(Array.from({ length: 7 }, () => watch(t, world)));
    for (const one of streams) {
      assert.equal(one.status, 200);
      assert.equal(one.headers['content-type'], 'text/event-stream');
      assert.equal(one.headers['cache-control'], 'no-store');
      await one.seen('what stands', shows('before'));
    }
    await say(world, 'first');
    for (const one of streams) await one.seen('the first line', shows('first'));
    await say(world, 'second');
    for (const one of streams) {
      await one.seen('the second line', shows('second'));
      assert.deepEqual(one.results.map((result) => result.body.en), ['before', 'first', 'second']);
      assert.equal(one.retry, 2000);
    }
  });

  test('does not repeat what it has sent, and hears nothing of other topics or instances', async (t) => {
    const world = await board(t);
    await world.medina('plugin', 'load', plugin('board'), '--as', 'other');
    const one = await watch(t, world);
    await one.seen('what stands', shows('nothing yet'));
    await say(world, 'elsewhere', { topic: 'another', keep: false });
    assert.equal((await world.post('/v1/other/say', { line: 'not here' })).status, 200);
    await say(world, 'said twice');
    await say(world, 'said twice');
    await say(world, 'done');
    await one.seen('the last line', shows('done'));
    const lines = one.results.map((result) => result.body.en);
    assert.deepEqual(lines.filter((line, i) => line !== lines[i - 1]), lines);
    assert.ok(!lines.includes('elsewhere') && !lines.includes('not here'), String(lines));
  });

  test('ends with the first result that is live no more', async (t) => {
    const world = await board(t);
    const one = await watch(t, world);
    await one.seen('what stands', shows('nothing yet'));
    await say(world, 'over', { last: true });
    await one.end();
    assert.equal(one.results.at(-1).body.en, 'over');
    // What is not live is not worth coming back for.
    const still = await stream(world, 'still');
    assert.equal(still.status, 204);
    assert.equal(still.text, '');
  });

  test('looks for itself when nothing is published: what was missed is made up for', async (t) => {
    const world = await board(t, { look_ms: 50 });
    const one = await watch(t, world);
    await until('it is alive though nothing happens', () => one.comments > 2);
    // Said under another topic: the stream hears nothing of it, but the board has changed.
    await say(world, 'unheard', { topic: 'another' });
    await one.seen('the line', shows('unheard'));
  });

  test('goes on over a swap, a rollback and a crash of the plugin', async (t) => {
    const world = await board(t);
    const one = await watch(t, world);
    await say(world, 'by the first version');
    await one.seen('the line', shows('by the first version'));
    await world.medina('plugin', 'load', patched(world, 'next', ['"version": "1.0.0"', '"version": "1.1.0"']), '--as', 'board');
    await say(world, 'by the second version');
    await one.seen('the line', shows('by the second version'));
    await world.medina('plugin', 'rollback', 'board');
    await say(world, 'by the first again');
    await one.seen('the line', shows('by the first again'));
    for (const { pid } of await world.plugins()) if (pid) process.kill(pid, 'SIGKILL');
    await until('it serves again', async () => (await world.post('/v1/board/say', { line: 'after the crash' })).status === 200);
    await one.seen('the line', shows('after the crash'));
    assert.ok(!one.ended);
  });

  test('ends when the host drains, so that it is not kept from leaving', async (t) => {
    const world = await board(t);
    const one = await watch(t, world);
    const { draining } = await world.upgrade();
    await one.end();
    await until('the old host has left', () => !world.replaced.some((host) => host.running ?? host.child.exitCode === null), 20_000);
    const next = await watch(t, world);
    await say(world, 'in the new host');
    await next.seen('the line', shows('in the new host'));
    assert.ok(draining);
  });

  test('ends when its client has gone: the place is free again', async (t) => {
    const world = await board(t, { streams: 1 });
    const one = await watch(t, world);
    one.close();
    await until('another may look', async () => (await watch(t, world)).status === 200);
  });

  test('of a client that does not read ends', async (t) => {
    const world = await board(t, { pending_bytes: 16 * 1024, result_bytes: 256 * 1024, streams: 1 });
    const one = await watch(t, world);
    one.reply.pause();
    one.asked.socket.pause();
    let lines = 0;
    await until('it is given up', async () => {
      await say(world, `${lines++} ${'a'.repeat(100_000)}`, { keep: false });
      return (await stream(world, 'still')).status === 204 && (await probe(t, world)) === 200;
    }, 30_000);
  });
});

/** The status with which a stream would open now. */
async function probe(t, world) {
  const one = await watch(t, world);
  one.close();
  return one.status;
}

describe('who may look', () => {
  test('whoever may call the operation, as long as they may', async (t) => {
    const world = await board(t, { look_ms: 50 });
    assertProblem(await stream(world, 'own'), 401, 'not-signed-in');
    assertProblem(await stream(world, 'own', { token: 'nonsense' }), 401, 'not-signed-in');
    const token = await world.signIn(MARIAM.phone);
    const one = await watch(t, world, 'own', token);
    await say(world, 'for citizens');
    await one.seen('the line', shows('for citizens'));
    await world.api('DELETE', '/v1/session', { token });
    await one.end();
  });

  test('nobody at what is not there, takes more, or changes things', async (t) => {
    const world = await board(t);
    assertProblem(await stream(world, 'nothing'), 404, 'not-found');
    assertProblem(await world.get('/v1/nobody/show/stream'), 404, 'not-found');
    assertProblem(await stream(world, 'say'), 405, 'method-not-allowed');
    assertProblem(await world.post('/v1/board/show/stream', {}), 405, 'method-not-allowed');
    assertProblem(await world.get('/v1/board/show/stream?more=1'), 422, 'invalid-input');
  });

  test('so many and no more, each and together', async (t) => {
    const world = await board(t, { streams: 3, streams_per_caller: 2 });
    const token = await world.signIn(MARIAM.phone);
    for (let i = 0; i < 2; i++) assert.equal((await watch(t, world)).status, 200);
    const refused = await stream(world);
    assertProblem(refused, 429, 'too-many-requests');
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assert.equal((await watch(t, world, 'own', token)).status, 200);
    assertProblem(await stream(world, 'own', { token }), 429, 'too-many-requests');
  });
});

test('the OpenAPI document names the streams', async (t) => {
  const world = await board(t);
  const { paths, components } = (await world.get('/openapi.json')).json;
  assert.equal(paths['/v1/board/show/stream'].get.operationId, 'board.show.stream');
  assert.deepEqual(paths['/v1/board/own/stream'].get.security, [{ bearer: [] }]);
  assert.equal(paths['/v1/board/say/stream'], undefined);
  assert.ok(components.responses.Stream.content['text/event-stream']);
});

describe('a plugin that publishes', () => {
  test('needs the permission', async (t) => {
    const world = await city(t, { plugins: false });
    await world.medina('plugin', 'load', patched(world, 'mute', ['"live": true', '"live":false']), '--as', 'board');
    const reply = await world.post('/v1/board/say', { line: 'a' });
    assertProblem(reply, 403, 'forbidden');
  });

  test('is refused a topic that is none, and a result over the limit', async (t) => {
    const world = await board(t, { result_bytes: 4096 });
    for (const topic of ['', 'with blanks', 'a'.repeat(65), 'a/b', 'ä'])
      assertProblem(await world.post('/v1/board/say', { line: 'a', topic }), 429, 'too-many-requests');
    assertProblem(await world.post('/v1/board/say', { line: 'a'.repeat(5000), keep: false }), 429, 'too-many-requests');
    await say(world, 'a', { topic: 'a'.repeat(64) });
  });
});

describe('on the web', () => {
  test('the stream of a page sends its main part, in its language', async (t) => {
    const world = await board(t, {}, { paths: { web } });
    const page = await world.get('/ar/board/show');
    assert.match(page.text, /data-live/);
    const one = await Events.open(t, `${world.url}/ar/board/show/stream`);
    const first = await one.seen('the page as it stands', (html) => html.includes('nothing yet'));
    assert.match(first, /^<main[^>]*id="main"/);
    assert.match(first, /<\/main>$/);
    assert.ok(page.text.includes(first), 'the same as the page itself');
    assert.ok(first.includes('اللوحة'));
    await say(world, 'a line < another');
    await one.seen('the line, escaped', (html) => html.includes('a line &lt; another') && html.includes('data-live'));
    await say(world, 'over', { last: true });
    await one.end();
    assert.ok(!one.data.at(-1).includes('data-live'));
    assert.equal((await request(`${world.url}/en/board/show/stream`, { method: 'HEAD' })).status, 405);
    assert.equal((await request(`${world.url}/en/board/say/stream`)).status, 405);
    assert.equal((await request(`${world.url}/en/board/own/stream`)).status, 303, 'to the sign-in page');
    assert.doesNotMatch((await world.get('/en/board/still')).text, /data-live/);
  });
});
