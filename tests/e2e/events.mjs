// SPDX-License-Identifier: Apache-2.0
// An event stream as a browser reads it (the HTML standard's section 9.2), without its coming back.
import http from 'node:http';

import { until } from './world.mjs';

export class Events {
  /** Opens a stream; resolves with its head. headers: of the request. */
  static open(t, url, headers = {}) {
    const events = new Events();
    events.data = []; // of every event, in order
    events.comments = 0;
    events.ended = false;
    return new Promise((done, fail) => {
      events.asked = http.get(url, { headers, agent: false }, (reply) => {
        events.status = reply.statusCode;
        events.headers = reply.headers;
        let text = '';
        reply.setEncoding('utf8').on('data', (piece) => {
          text += piece;
          for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) events.#take(text.slice(0, end));
        });
        reply.once('end', () => (events.ended = true)).once('error', () => (events.ended = true));
        events.reply = reply;
        done(events);
      });
      events.asked.once('error', fail);
      t.after(() => events.close());
    });
  }

  #take(block) {
    const lines = block.split('\n');
    const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6));
    if (data.length) this.data.push(data.join('\n'));
    for (const line of lines) {
      if (line.startsWith(':')) this.comments++;
      if (line.startsWith('retry: ')) this.retry = Number(line.slice(7));
    }
  }

  /** The results so far. */
  get results() {
    return this.data.map((text) => JSON.parse(text));
  }

  /** The first event, now or to come, of which that is true. */
  async seen(what, test, ms) {
    await until(what, () => this.data.some(test), ms);
    return this.data.find(test);
  }

  async end(ms) {
    await until('the stream ends', () => this.ended, ms);
  }

  close() {
    this.asked.destroy();
  }
}
