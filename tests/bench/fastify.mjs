// SPDX-License-Identifier: Apache-2.0
// The peer: the same route, the same validated input, the same bytes. One process a core.
import cluster from "node:cluster";
import { cpus } from "node:os";
import Fastify from "fastify";

const [, , port, body] = process.argv;
if (cluster.isPrimary) {
    for (const _ of cpus()) cluster.fork();
} else {
    const app = Fastify();
    app.get("/v1/bench/kilobyte", {
        schema: {
            querystring: {
                type: "object", additionalProperties: false, required: ["account", "months"],
                properties: {
                    account: { type: "string", pattern: "^[0-9]{10}$" },
                    months: { type: "integer", minimum: 1, maximum: 24 },
                },
            },
        },
    }, (request, reply) => {
        reply.header("cache-control", "no-store").type("application/json").send(body);
    });
    app.listen({ port: Number(port), host: "127.0.0.1" });
}
