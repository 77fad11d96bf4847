// SPDX-License-Identifier: Apache-2.0
// The daemons' wall clock, which a test can set ahead (clock/shift.c).
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bin } from './world.mjs';

export class Clock {
  /** It is noon in the city, whenever the test runs: no day ends by itself in the midst of it. */
  constructor(t) {
    this.folder = mkdtempSync(join(tmpdir(), 'medina-clock-'));
    this.path = join(this.folder, 'ahead');
    this.ahead = 0;
    writeFileSync(this.path, Buffer.alloc(8));
    this.nextDay(12);
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** What a daemon is started with. */
  get env() {
    return {
      LD_PRELOAD: join(bin, 'test_clock.so'),
      MEDINA_TEST_CLOCK: this.path,
      ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`,
    };
  }

  // In place: the daemons have the file mapped.
  #write() {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(this.ahead));
    const fd = openSync(this.path, 'r+');
    writeSync(fd, bytes, 0, 8, 0);
    closeSync(fd);
  }

  now() {
    return Date.now() + this.ahead * 1000;
  }

  forward(seconds) {
    this.ahead += seconds;
    this.#write();
  }

  /** The city's date. */
  day(zone = 'Asia/Dubai', moment = this.now()) {
    return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(moment);
  }

  /** To that hour of the city's next day. */
  nextDay(hour = 1, zone = 'Asia/Dubai') {
    const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' });
    const [h, m, s] = parts.format(this.now()).split(':').map(Number);
    this.forward((24 + hour) * 3600 - (h * 3600 + m * 60 + s));
  }
}
