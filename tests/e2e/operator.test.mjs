// SPDX-License-Identifier: Apache-2.0
// The operator: plugins come, change and go while people are served, whatever crashes comes back,
// and what is refused is refused with a line that says why.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { city, line, MARIAM, owner, WATER } from './city.mjs';
import { assertProblem, CARD, freePort, plugin, request, root, run, until } from './world.mjs';

const FIND = '/v1/pharmacies/find?kind=pharmacy';

/** A copy of a plugin file with that text in its manifest replaced by one of the same length. */
function altered(world, name, from, to) {
  assert.equal(from.length, to.length);
  const bytes = readFileSync(plugin(name));
  const at = bytes.indexOf(from);
  assert.notEqual(at, -1, `${name} holds ${from}`);
  bytes.write(to, at);
  const file = join(world.folder, `${name}-${to.replace(/\W+/g, '_')}.so`);
  writeFileSync(file, bytes);
  return file;
}

const newer = (world, name) => altered(world, name, '"version": "1.0.0"', '"version": "1.0.1"');

/** Requests on kept connections, one after another on each, until it is told to stop. */
class Traffic {
  constructor(world, path, connections = 4) {
    this.statuses = new Map();
    this.going = true;
    this.count = 0;
    const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
    const client = async () => {
      while (this.going) {
        const reply = await request(world.url + path, { agent });
        this.statuses.set(reply.status, (this.statuses.get(reply.status) ?? 0) + 1);
        this.count++;
      }
    };
    this.clients = Promise.all(Array.from({ length: connections }, client)).finally(() => agent.destroy());
    this.clients.catch(() => (this.going = false)); // stop() reports it
  }

  /** Waits until that many more were answered. */
  more(count) {
    const goal = this.count + count;
    return until(`${count} more answers`, () => !this.going || this.count >= goal);
  }

  async stop() {
    this.going = false;
    await this.clients;
    return Object.fromEntries(this.statuses);
  }
}

describe('the operator\'s command', () => {
  test('tells how the host is, in words and in JSON', async (t) => {
    const world = await city(t);
    assert.match(await world.medina('status'), /^plugins_serving +3$/m);
    const status = JSON.parse(await world.medina('--json', 'status'));
    assert.equal(status.pid, world.host.pid);
    assert.equal(status.plugins_down, 0);
    const list = await world.medina('plugin', 'list');
    for (const instance of [WATER, 'toll', 'pharmacies'])
      assert.match(list, new RegExp(`^${instance} +1\\.0\\.0 +active +\\d+`, 'm'));
    for (const entry of await world.plugins()) {
      assert.equal(entry.state, 'active');
      assert.match(entry.sha256, /^[0-9a-f]{64}$/);
      process.kill(entry.pid, 0); // there is such a process
    }
  });

  test('explains itself, and every wrong use of it ends with its own exit code', async (t) => {
    const world = await city(t, { plugins: false });
    await world.medina('plugin', 'load', plugin('pharmacies'));
    const text = join(world.folder, 'text.txt');
    writeFileSync(text, 'not a plugin');
    const numbers = join(world.folder, 'numbers.json');
    writeFileSync(numbers, '[1, 2');
    const partial = join(world.folder, 'partial.json');
    writeFileSync(partial, '{"kind": "postpaid"}');
    const misspelt = join(world.folder, 'misspelt.json');
    writeFileSync(misspelt, '{"kind": "postpaid", "backend_ulr": "http://127.0.0.1:1"}');
    const broken = altered(world, 'pharmacies', '"category": "health"', '"category": "wealth"');
    const cases = [
      [2, [], /usage/],
      [2, ['nonsense'], /usage/],
      [2, ['status', 'more'], /usage/],
      [2, ['plugin'], /usage/],
      [2, ['plugin', 'load'], /usage/],
      [2, ['plugin', 'load', join(world.folder, 'absent.so')], /cannot read .*absent\.so: No such file/],
      [2, ['plugin', 'load', plugin('hello'), '--as'], /--as needs a value after it/],
      [2, ['plugin', 'load', plugin('hello'), '--force'], /does not know "--force"/],
      [2, ['plugin', 'load', plugin('hello'), '--config', join(world.folder, 'absent')], /cannot read/],
      [2, ['plugin', 'use', 'pharmacies'], /NAME@VERSION/],
      [2, ['plugin', 'data', 'pharmacies', join(world.folder, 'absent')], /cannot read/],
      [1, ['plugin', 'use', 'pharmacies@9.9.9'], /9\.9\.9/],
      [1, ['plugin', 'use', 'nobody@1.0.0'], /nobody/],
      [1, ['plugin', 'unload', 'nobody'], /nobody/],
      [1, ['plugin', 'data', 'nobody', text], /nobody/],
      [1, ['plugin', 'load', text], /not a shared object/],
      [1, ['plugin', 'load', plugin('hello'), '--as', 'Not A Name'], /Not A Name/],
      [1, ['plugin', 'load', plugin('hello'), '--as', 'payments'], /payments/],
      [1, ['plugin', 'load', plugin('hello'), '--config', numbers], /configuration/],
      [1, ['plugin', 'load', plugin('bills'), '--as', 'b', '--config', partial], /backend_url/],
      [1, ['plugin', 'load', plugin('bills'), '--as', 'b', '--config', misspelt], /backend_u/],
      [1, ['plugin', 'load', plugin('bills'), '--as', 'b'], /kind|backend_url/],
      [1, ['plugin', 'load', broken], /\/category: must be one of utilities, /],
    ];
    for (const [code, args, pattern] of cases) {
      const ended = await world.tryMedina(...args);
      assert.equal(ended.code, code, `medina ${args.join(' ')}: ${ended.output}`);
      assert.match(ended.output, pattern);
      assert.equal(ended.stdout, '', 'what went wrong is not an answer');
      if (code === 1) assert.equal(ended.output.trim().split('\n').length, 1, ended.output);
    }
    assert.deepEqual((await world.plugins()).map((entry) => entry.instance), ['pharmacies']);
    assert.match(await world.medina('--help'), /usage/);
    const nobody = await run('medina', ['--socket', join(world.folder, 'nobody.sock'), 'status']);
    assert.equal(nobody.code, 3);
    assert.match(nobody.output, /is medinad running\?/);
  });

  test('with --json a refusal is JSON too', async (t) => {
    const world = await city(t, { plugins: false });
    const { code, stdout } = await world.tryMedina('--json', 'plugin', 'unload', 'nobody');
    assert.equal(code, 1);
    const { error, message } = JSON.parse(stdout);
    assert.ok(error && message, stdout);
  });

  test('metrics are Prometheus text, on the socket and on a loopback port', async (t) => {
    const metrics_port = await freePort();
    const world = await city(t, { config: { listen: { metrics_port } } });
    const value = (text, name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
    const scrape = async () => (await request(`http://127.0.0.1:${metrics_port}/metrics`)).text;
    const before = await scrape();
    for (let i = 0; i < 3; i++) await world.get(FIND);
    for (const text of [await scrape(), await world.medina('metrics')]) {
      assert.equal(value(text, 'medina_plugin_calls_total'), value(before, 'medina_plugin_calls_total') + 3);
      for (const line of text.trim().split('\n'))
        assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [-+.\deInf]+)$/);
      const names = [...text.matchAll(/^# TYPE (\w+)/gm)].map((match) => match[1]);
      assert.equal(new Set(names).size, names.length);
      for (const name of ['medina_request_seconds', 'medina_runner_starts_total', 'medina_store_batch_jobs', 'medina_store_queue_depth'])
        assert.ok(names.includes(name), name);
    }
    assert.equal((await request(`http://127.0.0.1:${metrics_port}/plugins`)).status, 404);
  });
});

describe('plugins under traffic', () => {
  test('a plugin that is loaded is in catalogue and API at once, and gone when it is unloaded', async (t) => {
    const world = await city(t, { plugins: false });
    const listed = async () => (await world.get('/v1/services')).json.services.map((one) => one.instance);
    const documented = async () => Object.keys((await world.get('/openapi.json')).json.paths);
    assert.deepEqual(await listed(), []);
    assertProblem(await world.get(FIND), 404, 'not-found');
    await world.medina('plugin', 'load', plugin('pharmacies'));
    assert.deepEqual(await listed(), ['pharmacies']);
    assert.ok((await documented()).includes('/v1/pharmacies/find'));
    assert.equal((await world.get(FIND)).json.type, 'places');
    await world.medina('plugin', 'unload', 'pharmacies');
    assert.deepEqual(await listed(), []);
    assert.ok(!(await documented()).includes('/v1/pharmacies/find'));
    assertProblem(await world.get(FIND), 404, 'not-found');
  });

  test('no request fails while another instance is loaded, switched and unloaded', async (t) => {
    const world = await city(t);
    const traffic = new Traffic(world, FIND);
    for (let i = 0; i < 3; i++) {
      await world.medina('plugin', 'load', plugin('hello'), '--as', 'greeter');
      await traffic.more(20);
      await world.medina('plugin', 'load', newer(world, 'hello'), '--as', 'greeter');
      await world.medina('plugin', 'use', 'greeter@1.0.0', '--reason', 'back and forth');
      await traffic.more(20);
      await world.medina('plugin', 'unload', 'greeter');
    }
    const statuses = await traffic.stop();
    assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses));
  });

  test('no request fails while the instance that serves them is switched back and forth', async (t) => {
    const world = await city(t);
    const traffic = new Traffic(world, FIND);
    await world.medina('plugin', 'load', newer(world, 'pharmacies'));
    for (const version of ['1.0.0', '1.0.1', '1.0.0', '1.0.1']) {
      await world.medina('plugin', 'use', `pharmacies@${version}`, '--reason', 'back and forth');
      await traffic.more(20);
      const { services } = (await world.get('/v1/services')).json;
      assert.equal(services.find((one) => one.instance === 'pharmacies').version, version);
    }
    const statuses = await traffic.stop();
    assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses));
  });

  test('an instance that is unloaded under traffic answers its last calls, then is not there', async (t) => {
    const world = await city(t);
    const traffic = new Traffic(world, FIND);
    await traffic.more(20);
    await world.medina('plugin', 'unload', 'pharmacies');
    await traffic.more(20);
    const statuses = await traffic.stop();
    assert.deepEqual(Object.keys(statuses).sort(), ['200', '404'], JSON.stringify(statuses));
  });

  test('a version that does not start changes nothing for anybody', async (t) => {
    const world = await city(t);
    const traffic = new Traffic(world, FIND);
    // The sample data that it carries is none.
    const broken = altered(world, 'pharmacies', '"type": "FeatureCollection"', '"type": "FeatureCollectiom"');
    writeFileSync(broken, readFileSync(broken, 'latin1').replace('"version": "1.0.0"', '"version": "1.0.2"'), 'latin1');
    const { code, output } = await world.tryMedina('plugin', 'load', broken);
    assert.equal(code, 1, output);
    await traffic.more(20);
    assert.deepEqual(Object.keys(await traffic.stop()), ['200']);
    const serving = (await world.plugins()).filter((one) => one.instance === 'pharmacies' && one.active);
    assert.deepEqual(serving.map((one) => one.version), ['1.0.0']);
  });
});

describe('crashes', () => {
  test('a plugin process that dies is a 503 that says when to come back, and comes back', async (t) => {
    const world = await city(t, { config: { plugins: { restart_ms: 1500, retry_ms: 0 } } });
    const [{ pid }] = (await world.plugins()).filter((one) => one.instance === 'pharmacies');
    process.kill(pid, 'SIGKILL');
    const reply = await until('503', async () => {
      const now = await world.get(FIND, { language: 'ar' });
      return now.status !== 200 && now;
    });
    assertProblem(reply, 503, 'service-unavailable');
    assert.ok(Number(reply.headers['retry-after']) >= 1);
    assert.equal(reply.headers['content-language'], 'ar');
    assert.equal((await world.get(`/v1/toll/bills?account=${MARIAM.toll}`)).status, 200, 'the others serve');
    await until('it is back', async () => (await world.get(FIND)).status === 200);
    const [after] = (await world.plugins()).filter((one) => one.instance === 'pharmacies');
    assert.notEqual(after.pid, pid);
    assert.equal(after.crashes, 1);
    assert.match(await world.medina('metrics'), /^medina_runner_crashes_total 1$/m);
  });

  test('one that keeps dying is started more and more slowly', async (t) => {
    const world = await city(t, { config: { plugins: { restart_ms: 200, restart_most_ms: 60_000 } } });
    const away = [];
    for (let i = 0; i < 3; i++) {
      const [{ pid }] = (await world.plugins()).filter((one) => one.instance === 'pharmacies');
      const begin = Date.now();
      process.kill(pid, 'SIGKILL');
      await until('it is back', async () =>
        (await world.plugins()).some((one) => one.instance === 'pharmacies' && one.pid && one.pid !== pid));
      away.push(Date.now() - begin);
    }
    assert.ok(away[0] >= 200 && away[1] >= 400 && away[2] >= 800, away.join());
  });

  test('a call that is under way when its process dies is answered', async (t) => {
    const world = await city(t, { config: { plugins: { retry_ms: 0 } } });
    await world.fault('utility', 'slow', 3000);
    const call = world.get(`/v1/${WATER}/bills?account=${MARIAM.bills}`);
    await until('the plugin is at it', async () =>
      /^medina_plugin_calls_in_flight [1-9]/m.test(await world.medina('metrics')));
    const [{ pid }] = (await world.plugins()).filter((one) => one.instance === WATER);
    process.kill(pid, 'SIGKILL');
    assertProblem(await call, 503, 'service-unavailable');
  });

  test('callers over a plugin\'s credit wait, and over the waiting places are told to come back', async (t) => {
    // Per loop: 2 calls under way, of one operation half of them.
    const config = { listen: { gateways: 1 }, plugins: { credit: 2, waiting: 1 } };
    const world = await city(t, { config });
    await world.fault('utility', 'slow', 2000);
    const path = `/v1/${WATER}/bills?account=${MARIAM.bills}`;
    const replies = await Promise.all(Array.from({ length: 6 }, () => world.get(path)));
    const served = replies.filter((reply) => reply.status === 200);
    const refused = replies.filter((reply) => reply.status !== 200);
    assert.equal(served.length, 1, 'one operation has half the credit');
    for (const reply of refused) {
      assertProblem(reply, 503, 'busy');
      assert.ok(Number(reply.headers['retry-after']) >= 1);
    }
    assert.equal((await world.get(FIND)).status, 200, 'another plugin is not held up');
    assert.match(await world.medina('metrics'), /^medina_plugin_calls_refused_total 5$/m);
    await world.fault('utility', 'none');
    assert.equal((await world.get(path)).status, 200, 'the credit is back');
  });

  test('an agency that is silent past the deadline is a 502 in the plugin\'s words', async (t) => {
    const world = await city(t);
    await world.fault('utility', 'slow', 8000);
    const path = `/v1/${WATER}/bills?account=${MARIAM.bills}`;
    assertProblem(await world.get(path), 502, 'bills.agency-unavailable');
    await world.fault('utility', 'none');
    assert.equal((await world.get(path)).status, 200);
  });

  test('a plugin process that hangs is a 504 at the deadline, and serves when it goes on', async (t) => {
    const world = await city(t);
    const [{ pid }] = (await world.plugins()).filter((one) => one.instance === 'pharmacies');
    process.kill(pid, 'SIGSTOP');
    try {
      assertProblem(await world.get(FIND), 504, 'timeout');
      assert.equal((await world.get(`/v1/toll/bills?account=${MARIAM.toll}`)).status, 200, 'the others serve');
      assert.match(await world.medina('metrics'), /^medina_plugin_calls_late_total 1$/m);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    assert.equal((await world.get(FIND)).status, 200);
  });

  test('a host that was killed comes back with the same plugins, people, payments and sessions', async (t) => {
    const world = await city(t);
    await world.medina('plugin', 'load', newer(world, 'pharmacies'));
    await world.medina('plugin', 'use', 'pharmacies@1.0.0', '--reason', 'it was better');
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    await world.giveCard(payment, CARD.pays);
    const paid = await world.settled(payment.payment, { token });
    const essence = (list) =>
      list.map((one) => [one.instance, one.version, one.active, one.sha256].join(' ')).sort();
    const plugins = await world.plugins();
    const links = (await world.get('/v1/links', { token })).text;
    const session = (await world.get('/v1/session', { token })).json.session;
    await world.crashAndRestart();
    // What the old host started ended with it.
    for (const { pid } of plugins.filter((one) => one.pid))
      await until('no process is left behind', () => {
        try {
          return !readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('medina-runner');
        } catch {
          return true;
        }
      });
    assert.deepEqual(essence(await world.plugins()), essence(plugins));
    assert.equal((await world.get('/v1/session', { token })).json.session, session);
    assert.equal((await world.get('/v1/links', { token })).text, links);
    assert.deepEqual(await world.payment(payment.payment, token), paid);
    await until('the plugins serve', async () => (await world.get(FIND)).status === 200);
    const again = await world.signIn(MARIAM.phone);
    assert.equal((await world.get('/v1/links', { token: again })).text, links, 'the same account');
  });

  test('a host that is told to stop answers what is under way', async (t) => {
    const world = await city(t);
    await world.fault('utility', 'slow', 1000);
    const call = world.get(`/v1/${WATER}/bills?account=${MARIAM.bills}`);
    await until('the plugin is at it', async () =>
      /^medina_plugin_calls_in_flight [1-9]/m.test(await world.medina('metrics')));
    await world.medina('metrics');
    world.host.child.kill('SIGTERM');
    assert.equal((await call).status, 200);
    assert.equal((await world.host.end()).code, 0);
    await world.startHost();
  });
});

describe('data files', () => {
  const sample = () => JSON.parse(readFileSync(join(root, 'plugins/pharmacies/facilities.geojson'), 'utf8'));

  function write(world, name, value) {
    const file = join(world.folder, name);
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return file;
  }

  test('a new one takes the old one\'s place while the host runs, and survives it', async (t) => {
    const world = await city(t);
    const data = sample();
    data.features = data.features.filter((one) => one.properties.amenity === 'pharmacy').slice(0, 3);
    const count = async () => (await world.get('/v1/pharmacies/find')).json.places.length;
    assert.ok((await count()) > 3);
    await world.medina('plugin', 'data', 'pharmacies', write(world, 'three.geojson', data));
    assert.equal(await count(), 3);
    await world.crashAndRestart();
    await until('the plugins serve', async () => (await world.get(FIND)).status === 200);
    assert.equal(await count(), 3);
  });

  test('a malformed one is refused whole, with feature and field named, and the old one stays', async (t) => {
    const world = await city(t);
    const before = (await world.get('/v1/pharmacies/find')).json.summary;
    const bad = (change) => {
      const data = sample();
      change(data.features[4]);
      return data;
    };
    const id = sample().features[4].id;
    const cases = [
      [bad((one) => (one.geometry.coordinates = [155, 95])), /coordinates/],
      [bad((one) => (one.properties.amenity = 'castle')), /amenity/],
      [bad((one) => ['name', 'name:en', 'name:ar'].forEach((name) => delete one.properties[name])), /name/],
      [bad((one) => (one.geometry.type = 'Polygon')), /geometry|Point/],
    ];
    for (const [data, field] of cases) {
      const { code, output } = await world.tryMedina('plugin', 'data', 'pharmacies', write(world, 'bad.geojson', data));
      assert.equal(code, 1, `${field} ${output}`);
      assert.match(output, field);
      assert.ok(output.includes(id), `${output} names ${id}`);
    }
    for (const text of ['', '{', '[]', '{"type": "FeatureCollection"}', '\u0000'])
      assert.equal((await world.tryMedina('plugin', 'data', 'pharmacies', write(world, 'bad', text))).code, 1, text);
    assert.equal((await world.tryMedina('plugin', 'data', 'toll', write(world, 'any', '{}'))).code, 1);
    assert.deepEqual((await world.get('/v1/pharmacies/find')).json.summary, before);
  });
});

describe('starting', () => {
  const refused = async (args, env) => {
    const ended = await run('medinad', args, env);
    assert.ok(ended.code > 0, ended.output);
    assert.equal(ended.output.trim().split('\n').length, 1, ended.output);
    return ended.output;
  };

  test('a second host on the same port, or on the same data, ends with one clear line', async (t) => {
    const world = await city(t);
    const { token, bills: [bill] } = await owner(world);
    const payment = await world.startPayment([line(bill)], { token });
    const config = JSON.parse(readFileSync(world.configFile, 'utf8'));
    const second = (name, value) => {
      const file = join(world.folder, name);
      writeFileSync(file, JSON.stringify(value));
      return ['--config', file];
    };
    const elsewhere = { ...config, paths: { data: join(world.folder, 'elsewhere') } };
    assert.match(await refused(second('port.json', elsewhere)), new RegExp(`${world.port}.*in use`));
    const otherPort = { ...config, listen: { port: 0 } };
    assert.match(await refused(second('data.json', otherPort)), /another|in use|already/);
    // And the first goes on as if nothing had happened.
    await world.giveCard(payment, CARD.pays);
    await world.settled(payment.payment, { token });
    assert.match(await world.medina('status'), /plugins_serving +3/);
  });

  test('a configuration with a mistake is refused with its place', async (t) => {
    const world = await city(t, { plugins: false });
    const cases = [
      ['{', /bad\.json/],
      ['{"listen": {"prot": 1}}', /listen\.prot is not known/],
      ['{"listen": {"port": "80"}}', /listen\.port must be a whole number from 0 to 65535/],
      ['{"listen": {"port": 70000}}', /listen\.port/],
      ['{"listen": 1}', /listen is not a section/],
      ['{"city": {"zone": 3}}', /city\.zone must be a string/],
      ['{"city": {"zone": "Asia/Atlantis"}}', /Asia\/Atlantis/],
      ['{"money": {"wallet": 1}}', /money\.wallet must be true or false/],
      ['{"sandbox": {"require": "seccomp apparmor"}}', /sandbox\.require: "apparmor" is no layer; choose from: no_new_privs/],
      ['{"listen": {"port": 1}, "listen": {"port": 2}}', /bad\.json/],
    ];
    const file = join(world.folder, 'bad.json');
    for (const [text, pattern] of cases) {
      writeFileSync(file, text);
      assert.match(await refused(['--config', file]), pattern, text);
    }
    assert.match(await refused(['--config', join(world.folder, 'absent.json')]), /absent\.json/);
    assert.match(await refused(['--nonsense']), /usage/);
  });

  test('--print-config shows every setting, and no secret', async (t) => {
    const world = await city(t, { plugins: false });
    const { code, stdout } = await run('medinad', ['--config', world.configFile, '--print-config']);
    assert.equal(code, 0);
    const printed = JSON.parse(stdout);
    assert.equal(printed.listen.port, world.port);
    assert.equal(printed.provider.key, '(set)');
    assert.ok(!stdout.includes('sk_test_e2e') && !stdout.includes('whsec_e2e'));
  });
});

describe('/openapi.json', () => {
  test('is a sound OpenAPI 3.1 document of the host and of what is loaded', async (t) => {
    const world = await city(t);
    const reply = await world.get('/openapi.json');
    const document = reply.json;
    assert.match(document.openapi, /^3\.1\./);
    assert.ok(document.info.title && document.info.version);
    const tags = document.tags.map((tag) => tag.name);
    assert.equal(new Set(tags).size, tags.length);
    const ids = [];
    for (const [path, item] of Object.entries(document.paths)) {
      assert.match(path, /^\//);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const [method, operation] of Object.entries(item)) {
        if (method === 'parameters') continue;
        assert.match(method, /^(get|post|put|delete|patch)$/, path);
        ids.push(operation.operationId);
        assert.ok(Object.keys(operation.responses).length > 0, `${method} ${path} has responses`);
        for (const code of Object.keys(operation.responses)) assert.match(code, /^([1-5]\d\d|default)$/);
        for (const tag of operation.tags) assert.ok(tags.includes(tag), tag);
        const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
        const names = parameters.map((one) => `${one.in} ${one.name}`);
        assert.equal(new Set(names).size, names.length, `${method} ${path}: ${names}`);
        for (const parameter of parameters) assert.ok(parameter.schema, `${path} ${parameter.name}`);
        for (const name of inPath) assert.ok(names.includes(`path ${name}`), `${path} declares ${name}`);
        for (const one of parameters.filter((parameter) => parameter.in === 'path')) assert.equal(one.required, true);
        if (method === 'get') assert.equal(operation.requestBody, undefined);
      }
    }
    assert.ok(ids.every(Boolean));
    assert.equal(new Set(ids).size, ids.length, 'operationIds are unique');
    for (const [, pointer] of reply.text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = pointer.split('/').reduce((value, part) => value?.[part], document);
      assert.ok(found, `#/${pointer} is there`);
    }
    for (const wanted of [`/v1/${WATER}/bills`, '/v1/toll/bills', '/v1/pharmacies/find', '/v1/payments'])
      assert.ok(document.paths[wanted], wanted);
    const tagged = await world.get('/openapi.json', { headers: { 'if-none-match': reply.headers.etag } });
    assert.equal(tagged.status, 304);
  });

  test('every operation of a safe kind that it documents answers by GET', async (t) => {
    const world = await city(t);
    const { paths } = (await world.get('/openapi.json')).json;
    for (const [path, item] of Object.entries(paths)) {
      if (!item.get || path.includes('{')) continue;
      const reply = await world.get(path);
      assert.ok([200, 401, 422].includes(reply.status), `${path}: ${reply.text}`);
    }
  });
});
