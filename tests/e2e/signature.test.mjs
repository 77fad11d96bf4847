// SPDX-License-Identifier: Apache-2.0
// Whose code runs: a plugin file comes signed by the agency it is of, or it does not reach dlopen.
// The plugin "trace" prints a line from its constructor, so that a load that went too far is seen.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { makeKey, signBytes } from '../tools/minisign.mjs';
import { city } from './city.mjs';
import { assertProblem, plugin, run, until } from './world.mjs';

const TRACE = /trace: the constructor ran/g;
const traces = (world) => (world.hostOutput.match(TRACE) ?? []).length;
const starts = async (world) => Number(/^medina_runner_starts_total (\d+)$/m.exec(await world.medina('metrics'))[1]);

/** A load over the operator's socket, as the command makes it: {status, text}. */
function load(world, bytes, { signature, query = '' }) {
  const text = signature === undefined ? '' : `&signature=${encodeURIComponent(signature)}`;
  return new Promise((done, fail) => {
    const options = { socketPath: world.socket, path: `/plugins?instance=changed${text}${query}`, method: 'POST', agent: false };
    const asked = http.request(options, (reply) => {
      const pieces = [];
      reply.on('data', (piece) => pieces.push(piece));
      reply.on('end', () => done({ status: reply.statusCode, text: Buffer.concat(pieces).toString() }));
    });
    asked.once('error', fail);
    asked.end(bytes);
  });
}

const flipped = (bytes, at, bit) => {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1 << bit;
  return copy;
};

/** The signature file with the bytes that a line stands for changed. */
function packed(signature, line, change) {
  const lines = signature.split('\n');
  lines[line] = change(Buffer.from(lines[line], 'base64')).toString('base64');
  return lines.join('\n');
}

/** Every change to try: [what it is, the file's bytes, how it is loaded]. */
function* changes(world, good, signature) {
  const key = world.keys.get('city-tests');
  for (let i = 0; i < 420; i++) {
    const at = Math.floor((i * good.length) / 420);
    yield [`bit ${i % 8} of byte ${at}`, flipped(good, at, i % 8), { signature }];
  }
  for (let i = 0; i < 40; i++) yield [`cut to ${i}/40`, good.subarray(0, Math.floor((i * good.length) / 40)), { signature }];
  yield ['a byte more', Buffer.concat([good, Buffer.from([0])]), { signature }];
  for (let at = 0; at < 74; at++)
    for (let bit = 0; bit < 8; bit += 2) yield [`signature, byte ${at}`, good, { signature: packed(signature, 1, (line) => flipped(line, at, bit)) }];
  for (let at = 0; at < 64; at++)
    for (let bit = 0; bit < 8; bit += 3) yield [`second signature, byte ${at}`, good, { signature: packed(signature, 3, (line) => flipped(line, at, bit)) }];
  const comment = signature.indexOf('trusted comment', 30);
  for (let at = comment; signature[at] !== '\n'; at++)
    yield [`trusted comment, byte ${at}`, good, { signature: `${signature.slice(0, at)}~${signature.slice(at + 1)}` }];
  for (let size = 0; size < signature.length - 1; size += 4) yield [`signature cut to ${size}`, good, { signature: signature.slice(0, size) }];
  yield ['the older algorithm', good, { signature: packed(signature, 1, (line) => (line.write('Ed'), line)) }];
  yield ['no algorithm', good, { signature: packed(signature, 1, (line) => (line.write('XX'), line)) }];
  yield ['another agency\'s key', good, { signature: signBytes(good, world.keys.get('city-health')) }];
  yield ['nobody\'s key', good, { signature: signBytes(good, makeKey()) }];
  yield ['another agency\'s key under this one\'s name', good, { signature: signBytes(good, { ...makeKey(), id: key.id }) }];
  const other = readFileSync(plugin('hello'));
  yield ['the signature of another file', good, { signature: signBytes(other, key) }];
  yield ['another file with this signature', other, { signature }];
  yield ['another agency\'s file', other, { signature: signBytes(other, key) }];
  yield ['no signature', good, {}];
  yield ['none, and the wish to go without', good, { query: '&allow_unsigned=1' }];
  yield ['an empty one, and the wish to go without', good, { signature: '', query: '&allow_unsigned=1' }];
  yield ['one that does not decode', good, { query: '&signature=%zz&allow_unsigned=1' }];
  yield ['one with a NUL', good, { signature: `${signature}\0`, query: '&allow_unsigned=1' }];
}

describe('a changed file', () => {
  test('of a thousand changes none reaches dlopen, where the unchanged file does', async (t) => {
    const world = await city(t, { plugins: false });
    const good = readFileSync(plugin('trace'));
    const signature = signBytes(good, world.keys.get('city-tests'), { comment: 'trace 1.0.0' });
    const sound = await load(world, good, { signature });
    assert.equal(sound.status, 200, sound.text);
    await world.host.printed(TRACE);
    assert.equal(traces(world), 1);
    const startsBefore = await starts(world);
    const listed = await world.plugins();
    let count = 0;
    for (const [what, bytes, options] of changes(world, good, signature)) {
      const { status, text } = await load(world, bytes, options);
      assert.ok(status === 403 || status === 422, `${what}: ${status} ${text}`);
      assert.ok(JSON.parse(text).message.length > 20, `${what}: ${text}`);
      count++;
    }
    assert.ok(count >= 1000, `${count} changes`);
    assert.equal(await starts(world), startsBefore, 'no process was started for any of them');
    assert.deepEqual(await world.plugins(), listed);
    assert.equal(traces(world), 1);
  });

  test('exchanged on disk between check and load is refused, and after the load changes nothing', async (t) => {
    const world = await city(t, { plugins: false });
    const file = join(world.folder, 'trace.so');
    copyFileSync(plugin('trace'), file);
    const signature = world.sign(file);
    const checked = await run('medina', ['plugin', 'check', file, '--signature', signature, '--settings', world.configFile]);
    assert.equal(checked.code, 0, checked.output);
    assert.match(checked.output, TRACE);
    const good = readFileSync(file);
    writeFileSync(file, flipped(good, good.length >> 1, 3));
    const refused = await world.tryMedina('plugin', 'load', file, '--signature', signature);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /is not of this file/);
    assert.equal(traces(world), 0);
    writeFileSync(file, good);
    await world.medina('plugin', 'load', file, '--signature', signature);
    assert.equal((await world.get('/v1/trace/answer')).status, 200);
    writeFileSync(file, 'something else');
    process.kill((await world.plugins())[0].pid, 'SIGKILL');
    await until('it is back from the copy', async () => traces(world) === 2 && (await world.get('/v1/trace/answer')).status === 200);
    await world.crashAndRestart();
    await until('it is back from the store', async () => (await world.get('/v1/trace/answer')).status === 200);
  });
});

describe('an older version', () => {
  test('with a good signature is not taken for a newer one: replaying it needs a reason', async (t) => {
    const world = await city(t, { plugins: false });
    const older = plugin('trace');
    const newer = join(world.folder, 'newer.so');
    const bytes = readFileSync(older);
    bytes.write('"version": "1.0.1"', bytes.indexOf('"version": "1.0.0"'));
    writeFileSync(newer, bytes);
    await world.medina('plugin', 'load', newer);
    const before = traces(world);
    const refused = await world.tryMedina('plugin', 'load', older);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /1\.0\.0 is older than 1\.0\.1, which has served already; say why with --reason/);
    assert.equal(traces(world), before);
    await world.crashAndRestart();
    assert.equal((await world.tryMedina('plugin', 'load', older)).code, 1, 'a restart does not forget');
    await world.medina('plugin', 'load', older, '--reason', '1.0.1 counts wrong');
    assert.equal((await world.plugins()).find((one) => one.active).version, '1.0.0');
  });
});

describe('keys', () => {
  test('another agency\'s key is refused with a sentence that says so', async (t) => {
    const world = await city(t, { plugins: false });
    const file = plugin('trace');
    const { code, output } = await world.tryMedina('plugin', 'load', file, '--signature', world.sign(file, 'city-health'));
    assert.equal(code, 1);
    assert.match(output, /it is signed by city-health \(key [0-9A-F]{16}\), but its manifest says that it is a plugin of city-tests/);
  });

  test('one that is taken away ends its plugins at the next start, and the new one\'s signature brings them back', async (t) => {
    const world = await city(t, { plugins: false });
    await world.medina('plugin', 'load', plugin('trace'));
    await world.medina('plugin', 'load', plugin('hello'));
    await world.host.stop();
    world.keys.set('city-tests', makeKey());
    await world.startHost();
    const one = async (name) => (await world.plugins()).find((entry) => entry.instance === name);
    const before = await one('trace');
    assert.equal(before.state, 'quarantined');
    assert.equal(before.pid, 0);
    assert.match(before.reason, /which is no agency's in the configuration/);
    const reply = await world.get('/v1/trace/answer');
    assertProblem(reply, 503, 'service-unavailable');
    assert.ok(Number(reply.headers['retry-after']) >= 1);
    assert.equal((await world.get('/v1/hello/greet?name=Sara')).status, 200, 'the others serve');
    const used = await world.tryMedina('plugin', 'use', 'trace@1.0.0');
    assert.equal(used.code, 1, used.output);
    await world.medina('plugin', 'load', plugin('trace'));
    assert.equal((await world.get('/v1/trace/answer')).status, 200);
    assert.equal((await one('trace')).state, 'active');
    await world.crashAndRestart();
    await until('the new signature is kept', async () => (await world.get('/v1/trace/answer')).status === 200);
  });

  test('of the stock minisign tool sign for an agency, in both of its formats', async (t) => {
    const world = await city(t, { plugins: false });
    const file = (name) => join(world.folder, name);
    execFileSync('minisign', ['-G', '-W', '-p', file('agency.pub'), '-s', file('agency.key')], { stdio: 'ignore' });
    await world.host.stop();
    world.keys.set('city-tests', { public: readFileSync(file('agency.pub'), 'utf8').split('\n')[1] });
    await world.startHost();
    for (const [name, format] of [['legacy', ['-l']], ['hashed', []]]) {
      copyFileSync(plugin('trace'), file(`${name}.so`));
      execFileSync('minisign', ['-S', ...format, '-s', file('agency.key'), '-m', file(`${name}.so`)], { stdio: 'ignore' });
      assert.ok(existsSync(file(`${name}.so.minisig`)));
      // The signature that lies beside the file is found by itself.
      const ended = await run('medina', ['--socket', world.socket, 'plugin', 'load', file(`${name}.so`), '--as', name]);
      assert.equal(ended.code, 0, ended.output);
      assert.equal((await world.get(`/v1/${name}/answer`)).status, 200);
    }
  });

  test('in the configuration with a mistake are refused with their place', async (t) => {
    const world = await city(t, { plugins: false });
    const { public: line } = makeKey();
    const config = join(world.folder, 'bad.json');
    for (const [agencies, pattern] of [
      [[], /agencies is not a section/],
      [{ coast: { keys: ['RW'] } }, /bad\.json: agencies\.coast\.keys\[0\]: not a minisign public key/],
      [{ coast: { keys: line } }, /agencies\.coast\.keys must be a list/],
      [{ coast: { keys: [line] }, toll: { keys: [line] } }, /is there already, for coast/],
    ]) {
      writeFileSync(config, JSON.stringify({ agencies }));
      const { code, output } = await run('medinad', ['--config', config]);
      assert.equal(code, 2, output);
      assert.match(output, pattern);
    }
    writeFileSync(config, JSON.stringify({ agencies: { coast: { keys: [line] } } }));
    const { code, stdout } = await run('medinad', ['--config', config, '--print-config']);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout).agencies, { coast: { keys: [line] } });
  });
});

describe('a file without a signature', () => {
  test('is taken where configuration and operator both say so, and a wrong one not even there', async (t) => {
    const world = await city(t, { plugins: false, config: { plugins: { allow_unsigned: true } } });
    const direct = (...args) => run('medina', ['--socket', world.socket, 'plugin', 'load', plugin('trace'), ...args]);
    const silent = await direct();
    assert.equal(silent.code, 1);
    assert.match(silent.output, /has no signature.*--allow-unsigned/);
    const wrong = await direct('--allow-unsigned', '--signature', world.sign(plugin('hello'), 'city-tests'));
    assert.equal(wrong.code, 1);
    assert.match(wrong.output, /is not of this file/);
    assert.equal(traces(world), 0);
    assert.equal((await direct('--allow-unsigned')).code, 0);
    assert.equal((await world.get('/v1/trace/answer')).status, 200);
    // Kept, and judged anew: a host whose configuration is no developer's does not start it.
    await world.host.stop();
    world.config = {};
    await world.startHost();
    const [entry] = await world.plugins();
    assert.equal(entry.state, 'quarantined');
    assert.match(entry.reason, /plugins\.allow_unsigned is false/);
    assertProblem(await world.get('/v1/trace/answer'), 503, 'service-unavailable');
  });
});

describe('medina plugin check', () => {
  test('goes the steps of a load without a host, and ends at the first that fails', async (t) => {
    const world = await city(t, { plugins: false });
    const settings = join(world.folder, 'bills.json');
    writeFileSync(settings, JSON.stringify({ kind: 'postpaid', backend_url: 'http://127.0.0.1:1' }));
    const partial = join(world.folder, 'partial.json');
    writeFileSync(partial, JSON.stringify({ kind: 'postpaid' }));
    const list = join(world.folder, 'list.json');
    writeFileSync(list, '[]');
    const check = (name, ...args) => {
      const file = plugin(name);
      const config = args.includes('--settings') ? [] : ['--settings', world.configFile];
      return run('medina', ['plugin', 'check', file, '--signature', world.sign(file), ...config, ...args]);
    };
    const sound = await check('bills', '--config', settings, '--as', 'water');
    assert.equal(sound.code, 0, sound.output);
    const steps = ['file', 'signature', 'manifest', 'code', 'instance', 'configuration', 'runner'];
    assert.deepEqual(sound.stdout.trim().split('\n').map((line) => line.split(' ')[0]), [...steps, 'ok']);
    assert.match(sound.stdout, /^signature ok: signed by coast-utility \(key [0-9A-F]{16}\)/m);
    const cases = [
      [1, ['bills'], /^configuration failed: .*(kind|backend_url).* is missing; name its file with --config/m],
      [1, ['bills', '--config', partial], /^configuration failed: configuration\/backend_url: /m],
      [1, ['bills', '--config', settings, '--as', 'payments'], /^instance failed: \/v1\/payments is the host's own/m],
      [1, ['hello', '--config', settings], /^configuration failed: .*takes none/m],
      [2, ['hello', '--config', list], /is not a JSON object/],
      [2, ['hello', '--config', 'absent'], /cannot read absent/],
      [2, ['hello', '--settings', 'absent.json'], /absent\.json/],
      [2, ['hello', '--force'], /does not know "--force"/],
      [1, ['hello', '--settings', list.replace('list', 'nobody')], /^signature failed: .*no agency's/m],
    ];
    writeFileSync(join(world.folder, 'nobody.json'), '{}');
    for (const [code, args, pattern] of cases) {
      const ended = await check(...args);
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.output}`);
      assert.match(ended.output, pattern);
      assert.doesNotMatch(ended.stdout, /^ok$/m);
    }
    const json = await run('medina', ['--json', 'plugin', 'check', plugin('hello'), '--settings', world.configFile]);
    assert.equal(json.code, 1);
    const said = JSON.parse(json.stdout);
    assert.equal(said.ok, false);
    assert.deepEqual(said.steps.map(({ step, ok }) => [step, ok]), [['file', true], ['signature', false]]);
  });

  test('of a plugin that does not start says why', async (t) => {
    const world = await city(t, { plugins: false });
    const bytes = readFileSync(plugin('pharmacies'));
    // The data that it carries is none.
    bytes.write('"type": "FeatureCollectiom"', bytes.indexOf('"type": "FeatureCollection"'));
    const file = join(world.folder, 'broken.so');
    writeFileSync(file, bytes);
    const { code, output } = await run('medina', ['plugin', 'check', file, '--signature', world.sign(file), '--settings', world.configFile]);
    assert.equal(code, 1, output);
    assert.match(output, /^code ok: /m);
    assert.match(output, /^runner failed: .{10}/m);
  });
});
