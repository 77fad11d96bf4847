// SPDX-License-Identifier: Apache-2.0
// Clients that go on asking while a test does something to the host.
import http from 'node:http';

import { until } from './world.mjs';

/**
 * Clients on kept connections, each asking one thing after another: of paths ({path, token}) in
 * turn. answers counts by status, or as "broken"; faults says what each that is not 2xx was.
 */
export class Load {
  constructor(t, world, paths, connections = 8) {
    t.after(() => (this.going = false));
    this.world = world;
    this.going = true;
    this.count = 0;
    this.answers = {};
    this.faults = [];
    this.agents = [];
    this.clients = Promise.all(Array.from({ length: connections }, (_, i) => this.#client(paths[i % paths.length])));
  }

  async #client({ path, token }) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    this.agents.push(agent);
    while (this.going) {
      const { status, text } = await this.world.get(path, { agent, token })
        .catch((error) => ({ status: 'broken', text: error.message }));
      if (!(status >= 200 && status <= 299)) this.faults.push(`${path}: ${status} ${text}`);
      this.answers[status] = (this.answers[status] ?? 0) + 1;
      this.count++;
    }
  }

  more(count) {
    const goal = this.count + count;
    return until(`${count} more answers`, () => this.count >= goal);
  }

  /** What failed, when the last of the clients has its answer. */
  async stop() {
    this.going = false;
    await this.clients;
    for (const agent of this.agents) agent.destroy();
    return this.faults;
  }
}
