// SPDX-License-Identifier: Apache-2.0
// Whether a receipt is genuine: anybody who holds it may ask, by its number and its ten characters.
// The answer is what the receipt is about and nothing of who paid.

#include "base/json.h"
#include "host/snapshot.h"
#include "portal/payment_view.h"
#include "portal/visit.h"

static json_t *verified(struct visit *visit, const struct payment *payment)
{
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    json_t *model = payment_verified(payment, snapshot);
    snapshot_release(snapshot);
    return model;
}

void visit_verify(struct visit *visit)
{
    struct err err;
    struct payment *payment;
    struct str number = str_trim(visit_field(visit, "number"));
    struct str code = str_trim(visit_field(visit, "code"));
    json_t *model = NULL;
    int status = 200;
    if (number.size || code.size) {
        int rc = money_receipt(visit->portal->services.money, number, code, visit->arena, &payment,
                               &err);
        if (rc < 0 && rc != ERR_NOT_FOUND) {
            visit_problem_err(visit, &err);
            return;
        }
        model = rc == 0 ? json_pack("{s:o}", "receipt", verified(visit, payment))
                        : json_pack("{s:s}", "error", "receipt");
        status = rc == 0 ? 200 : 404;
    } else {
        model = json_object();
    }
    json_object_set_new(model, "number", json_stringn(number.data ? number.data : "", number.size));
    json_object_set_new(model, "code", json_stringn(code.data ? code.data : "", code.size));
    visit_show(visit, status, "verify", model);
    json_decref(model);
}
