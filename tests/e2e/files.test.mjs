// SPDX-License-Identifier: Apache-2.0
// Files that citizens send with a form: checked, kept out of everybody's sight, carried to the agency
// and to nobody else.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city, MARIAM, OMAR } from './city.mjs';
import { department, fineOwner, finesCity, MARIAM_FILE, OMAR_FILE, PDF, PNG, Reader, sendFile, WEB } from './fines.mjs';
import { assertProblem, plugin, until } from './world.mjs';

const TEXT = 'The car was in the workshop that day';
const dispute = (world, number, evidence, token) =>
  world.post('/v1/fines/dispute', { number, text: TEXT, evidence }, { token });

function assertUnknown(reply, field) {
  const problem = assertProblem(reply, 422, 'invalid-input');
  assert.deepEqual(problem.errors, [{ pointer: `/${field}`, keyword: 'file-unknown', parameters: {} }]);
}

/** The plugin "courier" with a back end that keeps what it gets. */
async function courier(t, options = {}) {
  const papers = [];
  const server = http.createServer((asked, reply) => {
    const pieces = [];
    asked.on('data', (piece) => pieces.push(piece));
    asked.on('end', () => {
      papers.push({ headers: asked.headers, bytes: Buffer.concat(pieces) });
      reply.writeHead(201, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const world = await city(t, { plugins: false, ...options });
  const file = join(world.folder, 'courier.json');
  writeFileSync(file, JSON.stringify({ backend_url: `http://127.0.0.1:${server.address().port}` }));
  for (const name of ['courier', 'other'])
    await world.medina('plugin', 'load', plugin('courier'), '--as', name, '--config', file);
  return { world, papers };
}

const paper = (world, bytes, options) =>
  sendFile(world, bytes, { instance: 'courier', operation: 'send', field: 'paper', ...options });
const call = (world, path, input, token) => world.post(`/v1/${path}`, input, { token });

describe('a file on its way', () => {
  test('it reaches the back end as it was, with the type that it is', async (t) => {
    const { world, papers } = await courier(t);
    const token = await world.signIn(MARIAM.phone);
    const kept = await paper(world, PNG, { token });
    assert.equal(kept.status, 201, kept.text);
    assert.match(kept.json.file, /^[0-9a-z]{26}[A-Za-z0-9_-]{22}$/);
    assert.equal(kept.json.type, 'image/png');
    assert.equal(kept.json.size, PNG.length);
    assert.equal(kept.headers['cache-control'], 'no-store');
    const sent = await call(world, 'courier/send', { paper: kept.json.file }, token);
    assert.equal(sent.json.reference, '201', sent.text);
    assert.deepEqual(papers[0].bytes, PNG);
    assert.equal(papers[0].headers['content-type'], 'image/png');
    assert.equal(papers[0].headers['idempotency-key'], 'key-1');
    // An answer may be lost: the same request can be made again for a while.
    assert.equal((await call(world, 'courier/send', { paper: kept.json.file }, token)).status, 200);
  });

  test('nothing of it is on the disk or in the log in the clear', async (t) => {
    const { world } = await courier(t);
    const token = await world.signIn(MARIAM.phone);
    const marker = Buffer.from('what-nobody-else-may-read');
    const kept = await paper(world, Buffer.concat([PNG, marker]), { token });
    assert.equal(kept.status, 201, kept.text);
    const folder = join(world.folder, 'data');
    const files = readdirSync(folder).filter((name) => name.startsWith('medina.'));
    assert.ok(files.length > 0, readdirSync(folder).join());
    for (const name of files) {
      const bytes = readFileSync(join(folder, name));
      assert.ok(!bytes.includes(marker), name);
      assert.ok(!bytes.includes(kept.json.file), `${name} holds the whole handle`);
    }
    world.secrets.add(kept.json.file);
  });

  test('a type that the field does not take is refused, whatever it says it is', async (t) => {
    const { world } = await courier(t);
    const token = await world.signIn(MARIAM.phone);
    const text = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
    const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]);
    for (const [bytes, type] of [[text, 'image/png'], [PDF, 'image/png'], [PNG, 'image/jpeg'], [jpeg, 'image/jpeg'], [Buffer.alloc(0), 'image/png']])
      assertProblem(await paper(world, bytes, { token, type }), 415, 'file-type');
    assert.equal((await paper(world, PDF, { token, type: 'application/pdf; version=1.4' })).status, 201);
    assert.equal((await paper(world, PDF, { token, type: 'application/octet-stream' })).json.type, 'application/pdf');
    assert.equal((await paper(world, PNG, { token, type: '' })).status, 201);
  });

  test('too large: for the field, and for the host before it has read it', async (t) => {
    const config = { files: { most_bytes: 3000 }, http: { body_bytes: 1024 } };
    const { world } = await courier(t, { config });
    const token = await world.signIn(MARIAM.phone);
    const of = (size) => Buffer.concat([PNG, Buffer.alloc(size - PNG.length)]);
    assert.equal((await paper(world, of(2000), { token })).status, 201);
    assertProblem(await paper(world, of(2001), { token }), 413, 'too-large');
    assertProblem(await paper(world, of(3001), { token }), 413, 'too-large');
    const elsewhere = await call(world, 'courier/send', { paper: 'x'.repeat(1500) }, token);
    assertProblem(elsewhere, 413, 'too-large');
  });

  test('so many wait for one citizen, and no more', async (t) => {
    const { world } = await courier(t, { config: { files: { per_account: 2 } } });
    const token = await world.signIn(MARIAM.phone);
    for (let i = 0; i < 2; i++) assert.equal((await paper(world, PNG, { token })).status, 201);
    assertProblem(await paper(world, PNG, { token }), 429, 'too-many-files');
    assert.equal((await paper(world, PNG, { token: await world.signIn(OMAR.phone) })).status, 201);
  });
});

describe('a handle is good for', () => {
  test('its citizen, instance, operation and field', async (t) => {
    const { world, papers } = await courier(t);
    const token = await world.signIn(MARIAM.phone);
    const { file } = (await paper(world, PNG, { token })).json;
    const stranger = await world.signIn(OMAR.phone);
    assertUnknown(await call(world, 'courier/send', { paper: file }, stranger), 'paper');
    assertUnknown(await call(world, 'other/send', { paper: file }, token), 'paper');
    assertUnknown(await call(world, 'courier/relay', { paper: file }, token), 'paper');
    const good = (await paper(world, PNG, { token })).json.file;
    assertUnknown(await call(world, 'courier/send', { paper: good, copy: file }, token), 'copy');
    assert.deepEqual(papers, []);
    assert.equal((await call(world, 'courier/send', { paper: file }, token)).status, 200);
    assertUnknown(await call(world, 'courier/relay', { paper: file }, token), 'paper');
    assert.equal(papers.length, 1);
  });

  test('no plugin that names it outside of the call that it was given for', async (t) => {
    const { world, papers } = await courier(t);
    const token = await world.signIn(MARIAM.phone);
    const { file } = (await paper(world, PNG, { token })).json;
    assertProblem(await call(world, 'courier/forward', { handle: file }, token), 403, 'forbidden');
    assertProblem(await call(world, 'courier/forward', { handle: file }, await world.signIn(OMAR.phone)), 403, 'forbidden');
    assert.deepEqual(papers, []);
  });

  test('nothing when it was made up, cut or changed', async (t) => {
    const { world } = await courier(t);
    const token = await world.signIn(MARIAM.phone);
    const { file } = (await paper(world, PNG, { token })).json;
    const last = file.at(-1) === 'A' ? 'B' : 'A';
    for (const wrong of ['', 'x', file.slice(0, 26), file.slice(0, -1) + last, `${file}A`, file.toUpperCase(), '!'.repeat(48)])
      assertUnknown(await call(world, 'courier/send', { paper: wrong }, token), 'paper');
    assert.equal((await call(world, 'courier/send', { paper: file }, token)).status, 200);
  });

  test('a while', async (t) => {
    const { world } = await courier(t, { config: { files: { keep_ms: 1000, sweep_ms: 20 } } });
    const token = await world.signIn(MARIAM.phone);
    const { file, expires } = (await paper(world, PNG, { token })).json;
    await until('its time is over', () => Date.now() > Date.parse(expires));
    assertUnknown(await call(world, 'courier/send', { paper: file }, token), 'paper');
  });

  test('a shorter while once the agency has it', async (t) => {
    const { world } = await courier(t, { config: { files: { sent_ms: 0 } } });
    const token = await world.signIn(MARIAM.phone);
    const { file } = (await paper(world, PNG, { token })).json;
    assert.equal((await call(world, 'courier/send', { paper: file }, token)).status, 200);
    assertUnknown(await call(world, 'courier/send', { paper: file }, token), 'paper');
  });

  test('operations that take files, of people who have signed in', async (t) => {
    const { world } = await courier(t);
    const token = await world.signIn(MARIAM.phone);
    assertProblem(await paper(world, PNG), 401, 'not-signed-in');
    for (const place of [{ field: 'handle', operation: 'forward' }, { field: 'none' }, { operation: 'none' }, { instance: 'none' }])
      assertProblem(await paper(world, PNG, { token, ...place }), 404, 'not-found');
    assertProblem(await world.get('/v1/files', { token }), 405, 'method-not-allowed');
    const document = (await world.get('/openapi.json')).json;
    assert.ok(document.paths['/v1/files'].post);
  });
});

describe('evidence for a dispute', () => {
  test('it is followed to its decision; the fine need not be paid meanwhile', async (t) => {
    const world = await finesCity(t);
    const token = await fineOwner(world);
    const kept = await sendFile(world, PDF, { token, type: 'application/pdf' });
    const sent = await dispute(world, '7000000101', kept.json.file, token);
    assert.equal(sent.json.reference, 'D00000001', sent.text);
    const [evidence] = Object.values(world.books().evidence);
    assert.equal(evidence.sha256, createHash('sha256').update(PDF).digest('hex'));
    assert.equal(evidence.type, 'application/pdf');
    const status = async (number) => (await world.get(`/v1/fines/dispute-status?number=${number}`, { token })).json;
    assert.deepEqual((await status('7000000101')).steps.map((step) => step.state), ['done', 'active', 'waiting']);
    const due = async () => (await world.get('/v1/fines/due', { token })).json.items.map((item) => item.id);
    assert.ok(!(await due()).includes('7000000101'));
    assertProblem(await dispute(world, '7000000101', kept.json.file, token), 422, 'fines.not-open-to-dispute');
    await department(world, 'disputes/D00000001/decision', { outcome: 'rejected', note: 'The photo shows the plate' });
    const rejected = await status('7000000101');
    assert.equal(rejected.state, 'failed');
    assert.equal(rejected.steps[2].note.en, 'The photo shows the plate');
    assert.ok((await due()).includes('7000000101'), 'it is owed again');
    await dispute(world, '7000000102', undefined, token);
    await department(world, 'disputes/D00000002/decision', { outcome: 'accepted' });
    assert.equal((await status('7000000102')).state, 'done');
    assert.ok(!(await due()).includes('7000000102'));
    assertProblem(await world.get('/v1/fines/dispute-status?number=7000000103', { token }), 404, 'fines.no-dispute');
  });

  test('the department does not answer: nothing is lost, and the same file is sent again', async (t) => {
    const world = await finesCity(t);
    const token = await fineOwner(world, OMAR_FILE);
    const { file } = (await sendFile(world, PNG, { token })).json;
    await world.fault('traffic', 'down');
    assertProblem(await dispute(world, '7000000106', file, token), 502, 'fines.agency-unavailable');
    await world.fault('traffic', 'none');
    assert.equal((await dispute(world, '7000000106', file, token)).status, 200);
    assert.equal(Object.keys(world.books().traffic_disputes).length, 1);
  });

  const words = {
    en: { wrong: 'Choose a file of one of the types named', kept: 'The file you sent is kept', done: 'Your objection has been received', next: 'The department decides' },
    ar: { wrong: 'اختر ملفاً من الأنواع المذكورة', kept: 'الملف الذي أرسلته محفوظ', done: 'تم استلام اعتراضك', next: 'تتخذ الإدارة القرار' },
  };
  for (const language of ['en', 'ar'])
    test(`by the page's form, without JavaScript (${language})`, async (t) => {
      const says = words[language];
      const world = await finesCity(t, { config: { ...WEB, files: { most_bytes: 2_000_000 }, http: { body_bytes: 1024 * 1024 } } });
      const page = await new Reader(world, language).signIn(MARIAM_FILE);
      await page.linkFile(MARIAM_FILE);
      await page.open('/fines/dispute?number=7000000101');
      assert.match(page.html, /type="file"[^>]* accept="image\/jpeg,image\/png,application\/pdf"/);
      const send = (text, bytes) => page.send('/fines/dispute', { text }, bytes && { evidence: { bytes, filename: 'a.png', type: 'image/png' } });
      await send(TEXT, Buffer.from('no picture'));
      assert.equal(page.status, 422);
      assert.ok(page.text.includes(says.wrong), page.text);
      assert.deepEqual(world.books().traffic_disputes, undefined);
      // Larger than other bodies may be, and kept while the text is mended.
      const picture = Buffer.concat([PNG, Buffer.alloc(1_500_000)]);
      await send('short', picture);
      assert.equal(page.status, 422);
      assert.ok(page.text.includes(says.kept), page.text);
      await send(TEXT);
      assert.ok(page.text.includes(says.done), page.text);
      assert.match(page.path, /\/done$/);
      const [evidence] = Object.values(world.books().evidence);
      assert.equal(evidence.size, picture.length);
      await page.open('/fines/dispute-status?number=7000000101');
      assert.ok(page.text.includes(says.next));
    });

  test('a malformed form is refused, and one without the form\'s token', async (t) => {
    const world = await finesCity(t, { config: WEB });
    const page = await new Reader(world).signIn(MARIAM_FILE);
    await page.linkFile(MARIAM_FILE);
    await page.open('/fines/dispute?number=7000000101');
    const form = page.form('/fines/dispute');
    assert.ok(form.multipart);
    await page.send('/fines/dispute', { text: TEXT, csrf: 'forged' }, { evidence: { bytes: PNG, type: 'image/png' } });
    assert.equal(page.status, 403);
    const cookie = [...page.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { cookie, 'content-type': 'multipart/form-data; boundary=XX' };
    const cut = await world.api('POST', form.action, { headers, body: '--XX\r\nContent-Disposition: form-data' });
    assert.equal(cut.status, 400);
    assert.deepEqual(world.books().evidence, undefined);
  });
});
