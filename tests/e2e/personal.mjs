// SPDX-License-Identifier: Apache-2.0
// What is a person's must not be in anything the host prints or counts: the sandbox's people, and
// whatever numbers, codes, challenges and tokens the test itself came by.
import assert from 'node:assert/strict';

const people = [
  '501234567', '551234568', '521234569', '561234570',
  '2001234567', '2001234568', '2001234569', '2001234570', '3007654321', '3007654322',
  '10234567', '10234568', '10234569', '10990001', 'AE-DU.private', '541234571',
  'Mariam', 'Suwaidi', 'Omar', 'Haddad', 'Sara Khan', 'Yusuf', 'Rahman',
  'مريم', 'السويدي', 'عمر', 'حداد', 'سارة', 'خان', 'يوسف', 'رحمن',
  'Villa 12', 'Flat 804', 'Mirdif', '4242424242424242', '4000002500003155', '4000000000000002',
];

// A code is six digits; inside a longer number or word it is something else.
const occurs = (text, secret) =>
  /^\d{6}$/.test(secret) ? new RegExp(`(?<![\\w.-])${secret}(?!\\w)`).test(text) : text.includes(secret);

export function findPersonal(text, secrets) {
  return [...people, ...secrets].filter((secret) => occurs(text, secret));
}

export async function assertNothingPersonal(world) {
  const metrics = await world.medina('metrics');
  const status = await world.medina('--json', 'status');
  for (const [where, text] of Object.entries({ output: world.hostOutput, metrics, status }))
    assert.deepEqual(findPersonal(text, world.secrets), [], `personal data in the host's ${where}`);
}
