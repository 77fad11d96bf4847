// SPDX-License-Identifier: Apache-2.0
// A postpaid agency inside the test, for the faults that need an exact moment: what it answers to a
// quote and to a posting is set apart, and every posting that it saw is kept.
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';

import { plugin } from './world.mjs';

export const ACCOUNT = '2100000001';
export const MONTH = '2026-01';
export const ITEM = { instance: 'harbour', item: `${ACCOUNT}.${MONTH}` };
const TOTAL = 12_345;

export class Agency {
  /** Loaded into the world as the instance "harbour". */
  static async open(t, world) {
    const agency = new Agency();
    agency.quoting = 'well'; // or down, dearer, settled
    agency.posting = 'well'; // or down, wrong, refuse, hang-up (takes it and says nothing)
    agency.seen = []; // every posting, taken or not
    agency.paidBy = null;
    agency.server = http.createServer((asked, reply) => agency.#serve(asked, reply));
    await new Promise((done) => agency.server.listen(0, '127.0.0.1', done));
    t.after(() => {
      agency.server.closeAllConnections();
      agency.server.close();
    });
    const file = join(world.folder, 'harbour.json');
    const backend_url = `http://127.0.0.1:${agency.server.address().port}`;
    writeFileSync(file, JSON.stringify({ kind: 'postpaid', backend_url }));
    await world.medina('plugin', 'load', plugin('bills'), '--as', 'harbour', '--config', file);
    return agency;
  }

  get posted() {
    return this.paidBy ? TOTAL : 0;
  }

  #bill() {
    const total = this.quoting === 'dearer' ? TOTAL + 100 : TOTAL;
    const paid = this.paidBy !== null || this.quoting === 'settled';
    const bill = { id: MONTH, issued: '2026-02-01', due: '2026-02-21', total, lines: [], readings: [] };
    return { ...bill, status: paid ? 'paid' : 'due', paid_reference: this.paidBy ?? undefined };
  }

  #serve(asked, reply) {
    const pieces = [];
    asked.on('data', (piece) => pieces.push(piece));
    asked.on('end', () => {
      if (asked.method === 'POST' && asked.url === '/payments')
        this.#take(JSON.parse(Buffer.concat(pieces)), asked, reply);
      else if (asked.url === `/accounts/${ACCOUNT}/bills/${MONTH}` && this.quoting !== 'down')
        answer(reply, 200, { account: ACCOUNT, bill: this.#bill(), history: [] });
      else answer(reply, this.quoting === 'down' ? 503 : 404, {});
    });
  }

  #take(posting, asked, reply) {
    this.seen.push({ ...posting, key: asked.headers['idempotency-key'] });
    if (this.posting === 'down') return answer(reply, 503, {});
    if (this.posting === 'wrong') return answer(reply, 200, { nonsense: '<html>' });
    if (this.posting === 'refuse') return answer(reply, 409, { error: 'settled' });
    if (this.paidBy && this.paidBy !== posting.reference) return answer(reply, 409, {});
    this.paidBy = posting.reference;
    if (this.posting === 'hang-up') return asked.socket.destroy();
    return answer(reply, 201, { bill: this.#bill() });
  }
}

function answer(reply, status, value) {
  reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
