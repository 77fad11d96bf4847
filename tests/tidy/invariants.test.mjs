// SPDX-License-Identifier: Apache-2.0
// core/money/README.md says which test guards which invariant: each of them exists, and each
// invariant has one.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;
const folders = ['tests/core/money', 'tests/core/money/proof'];

const sources = folders.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.c'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8')),
);
const tests = new Set(
  sources.flatMap((text) => [...text.matchAll(/^Test\(\s*(\w+),\s*(\w+)/gm)].map(([, suite, name]) => `${suite}/${name}`)),
);

const readme = readFileSync(join(root, 'core/money/README.md'), 'utf8');
const section = readme.split(/^## /m).find((part) => part.startsWith('What always holds')) ?? '';
const invariants = [...section.matchAll(/^(\d+)\. (.*)$/gm)].map(([, number, text]) => ({
  number: Number(number),
  guards: [...text.matchAll(/`(\w+\/\w+)`/g)].map(([, name]) => name),
}));

test('the invariants of the money are numbered from 1', () => {
  assert.ok(invariants.length > 10, 'the section was found');
  assert.deepEqual(invariants.map(({ number }) => number), invariants.map((_, index) => index + 1));
});

test('every invariant of the money has a test, and that test exists', () => {
  assert.deepEqual(invariants.filter(({ guards }) => guards.length === 0).map(({ number }) => number), []);
  assert.deepEqual(invariants.flatMap(({ guards }) => guards).filter((name) => !tests.has(name)), []);
});

test('every arrow of the money names a function that is there', () => {
  const core = readdirSync(join(root, 'core/money'))
    .filter((name) => name.endsWith('.c'))
    .map((name) => readFileSync(join(root, 'core/money', name), 'utf8'))
    .join('\n');
  const states = readme.split(/^## /m).find((part) => part.startsWith('The states')) ?? '';
  const rows = [...states.matchAll(/^\|.*\|(.*)\|$/gm)].flatMap(([, cell]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const drawn = [...states.matchAll(/\b((?:outcome|payment|money|checkout|order|finish|hold|wallet_hold)_[a-z_]+[a-z])\b/g)].map(([, name]) => name);
  assert.ok(rows.length > 15 && drawn.length > 5, 'the drawing was found');
  assert.deepEqual([...new Set([...rows, ...drawn])].filter((name) => !new RegExp(`\\b${name}\\(`).test(core)), []);
});
