-- SPDX-License-Identifier: Apache-2.0
-- One POST a payment from the wallet: a fresh item and a fresh Idempotency-Key each time.
-- Arguments: a word for this run, instances with commas between, tokens; both are used in turn.
local threads = 0

function setup(thread)
    threads = threads + 1
    thread:set("id", threads)
end

function init(args)
    run, count, tokens, instances = args[1], 0, {}, {}
    for name in string.gmatch(args[2], "[^,]+") do instances[#instances + 1] = name end
    for i = 3, #args do tokens[#tokens + 1] = args[i] end
end

function request()
    count = count + 1
    local name = run .. "-" .. id .. "-" .. count
    local instance = instances[count % #instances + 1]
    return wrk.format("POST", "/v1/payments", {
        ["authorization"] = "Bearer " .. tokens[count % #tokens + 1],
        ["content-type"] = "application/json",
        ["idempotency-key"] = name,
    }, '{"method":"wallet","items":[{"instance":"' .. instance .. '","item":"' .. name .. '"}]}')
end
