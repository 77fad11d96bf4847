-- SPDX-License-Identifier: Apache-2.0
-- One POST a payment from the wallet: a fresh item and a fresh Idempotency-Key each time.
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("id", threads)
end

function init(args)
    token, run, count, refused = args[1], args[2], 0, 0
end

function request()
    count = count + 1
    local name = run .. "-" .. id .. "-" .. count
    return wrk.format("POST", "/v1/payments", {
        ["authorization"] = "Bearer " .. token,
        ["content-type"] = "application/json",
        ["idempotency-key"] = name,
    }, '{"method":"wallet","items":[{"instance":"bench","item":"' .. name .. '"}]}')
end
