// SPDX-License-Identifier: Apache-2.0
// A city for one test: started before it, and after it held to what is true after any test: what
// the provider took is what the agencies were posted, nothing about a person was printed or
// counted, and both daemons end cleanly (the sanitizers' reports become an exit code).
import { World } from './world.mjs';
import { assertNothingPersonal } from './personal.mjs';

export async function city(t, options = {}) {
  const world = await World.start(options);
  t.after(async () => {
    try {
      if (!options.owing) world.assertBooksAgree();
      await assertNothingPersonal(world);
    } catch (error) {
      await world.abandon();
      throw error;
    }
    await world.stop();
  });
  return world;
}

// The invented people of the sandbox.
export const MARIAM = {
  phone: '+971501234567',
  bills: '2001234567',
  toll: '3007654321',
  name: 'Mariam Al Suwaidi',
  masked: 'M••••• A• S••••••',
};
export const OMAR = {
  phone: '+971551234568',
  bills: '2001234568',
  toll: '3007654322',
  name: 'Omar Haddad',
};
export const WATER = 'water-electricity';

/** Somebody signed in whose account at the utility is linked: {token, bills}: what they owe. */
export async function owner(world, person = MARIAM) {
  const token = await world.signIn(person.phone);
  await world.linkAccount(token, WATER, person.bills, person.phone);
  const bills = await world.payable(WATER, person.bills, token);
  return { token, bills };
}

export const line = (item, instance = WATER) => ({ instance, item: item.id });
