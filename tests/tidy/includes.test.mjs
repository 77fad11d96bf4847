// SPDX-License-Identifier: Apache-2.0
// The house: calls go down only. Reads every #include of core/, sdk/ and plugins/ and names each
// arrow that points up, each library outside its one room, and each file that has grown too long.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const LONGEST = 800;

// What each room may include beside itself.
const low = ['base', 'loop', 'wire', 'store', 'http'];
const services = [...low, 'search', 'record', 'activity', 'auth', 'money', 'notify'];
const hosted = [...services, 'host'];
const rooms = {
  base: [],
  loop: ['base'],
  wire: ['base', 'loop'],
  store: ['base', 'loop'],
  search: ['base'],
  http: ['base', 'loop'],
  record: low,
  activity: low,
  auth: [...low, 'record', 'activity'],
  money: [...low, 'record', 'activity'],
  notify: [...low, 'record', 'auth'],
  host: services,
  api: hosted,
  // Text from typed results: it needs nobody below but base.
  pages: ['base'],
  portal: [...hosted, 'pages'],
  ops: hosted,
  // The untrusted side.
  runner: ['base', 'loop', 'wire'],
  main: [...hosted, 'api', 'pages', 'portal', 'ops', 'runner'],
};
const sandbox = ['base', 'loop', 'http', 'pages/mustache.h'];

// A library belongs to one place.
const libraries = [
  [/^sqlite3\.h$/, /^core\/store\//],
  [/^libpq/, /^core\/store\//],
  [/^dlfcn\.h$/, /^core\/runner\//],
  [/^sodium/, /^core\/base\/crypto\.c$/],
  [/^openssl\//, /^core\/http\//],
  [/^llhttp\.h$/, /^core\/http\//],
  [/^curl\//, /^core\/(http\/client\.c|main\/(medina|client)\.c)$/],
  [/^seccomp\.h$/, /^core\/runner\//],
  [/^expat/, /^core\/money\/camt\.c$/],
  [/^qrencode\.h$/, /^core\/pages\//],
];

function* sources(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* sources(path);
    else if (/\.[ch]$/.test(entry.name)) yield path;
  }
}

function read(path) {
  const text = readFileSync(join(root, path), 'utf8');
  const includes = [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]/gm)];
  return { path, text, includes: includes.map(([, kind, name]) => ({ quoted: kind === '"', name })) };
}

const files = ['core', 'sdk', 'plugins'].flatMap((folder) => [...sources(folder)].map(read));

/** Every include of a header of core/, as room/header. */
const ofCore = (name) => name.split('/').length > 1 && name.split('/')[0] in rooms;

function mayInclude(path, name) {
  const [room] = name.split('/');
  const [top, second] = path.split('/');
  if (top === 'core') return room === second || rooms[second].includes(room);
  if (path.startsWith('sdk/sandbox/')) return sandbox.includes(room) || sandbox.includes(name);
  if (path.startsWith('sdk/lib/')) return name === 'base/co.h'; // the one switch, compiled in
  return false; // plugins and the templates see sdk/include alone
}

test('every room of core/ has its place in this test', () => {
  const unknown = readdirSync(join(root, 'core'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !(entry.name in rooms))
    .map((entry) => entry.name);
  assert.deepEqual(unknown, []);
  assert.ok(files.length > 100, 'the sources were found');
});

test('calls go down only', () => {
  const wrong = files.flatMap(({ path, includes }) =>
    includes
      .filter(({ quoted, name }) => quoted && ofCore(name) && !mayInclude(path, name))
      .map(({ name }) => `${path} includes ${name}`),
  );
  assert.deepEqual(wrong, []);
});

test('no include climbs out of its folder', () => {
  const wrong = files.flatMap(({ path, includes }) =>
    includes.filter(({ name }) => name.includes('..')).map(({ name }) => `${path} includes ${name}`),
  );
  assert.deepEqual(wrong, []);
});

test('a plugin sees sdk/include and its own folder', () => {
  const own = (path, name) => files.some((file) => file.path === join(dirname(path), name));
  const wrong = files
    .filter(({ path }) => /^(plugins|sdk\/template)\//.test(path))
    .flatMap(({ path, includes }) =>
      includes
        .filter(({ quoted, name }) => (quoted ? !own(path, name) : /^medina\//.test(name) && !/^medina\/(plugin|abi)\.h$/.test(name)))
        .map(({ name }) => `${path} includes ${name}`),
    );
  assert.deepEqual(wrong, []);
});

test('a library is used in its one room', () => {
  const wrong = files.flatMap(({ path, includes }) =>
    includes.flatMap(({ name }) =>
      libraries
        .filter(([library, place]) => library.test(name) && !place.test(path))
        .map(() => `${path} includes ${name}`),
    ),
  );
  assert.deepEqual(wrong, []);
});

test(`no file is over ${LONGEST} lines, and each says under what licence it is`, () => {
  const long = files.filter(({ text }) => text.split('\n').length - 1 > LONGEST);
  assert.deepEqual(long.map(({ path }) => path), []);
  const silent = files.filter(({ text }) => !text.split('\n', 1)[0].includes('SPDX-License-Identifier: Apache-2.0'));
  assert.deepEqual(silent.map(({ path }) => relative('.', path)), []);
});
