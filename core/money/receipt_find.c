// SPDX-License-Identifier: Apache-2.0
#include "money/money_internal.h"

STORE_SQL(receipt_by_number, "SELECT id, receipt_code FROM payment WHERE receipt = $1");

struct find_job {
    struct str number;
    const char *code;
    struct arena *arena;
    struct payment **out;
};

static int find_job(struct store_db *db, void *argument, struct err *err)
{
    struct find_job *job = argument;
    struct store_cursor row;
    int found = store_one(db, receipt_by_number, BIND(bind_text(job->number)), &row, err);
    if (found < 0)
        return found;
    // The same words whether the number, the code or both are not right.
    if (found == 0)
        return err_set(err, ERR_NOT_FOUND, "no receipt has this number and code");
    struct id id = id_from(cursor_text(&row, 0));
    bool right = !cursor_null(&row, 1) && str_is(cursor_text(&row, 1), job->code);
    cursor_finish(&row);
    if (!right)
        return err_set(err, ERR_NOT_FOUND, "no receipt has this number and code");
    return payment_read(db, id_str(&id), job->arena, job->out, err);
}

int money_receipt(struct money *money, struct str number, struct str code, struct arena *arena,
                  struct payment **out, struct err *err)
{
    char clean[RECEIPT_CODE];
    struct find_job job = {number, clean, arena, out};
    if (!receipt_number_valid(number) || !receipt_code_read(code, clean))
        return err_set(err, ERR_NOT_FOUND, "no receipt has this number and code");
    return store_read(money->config.store, find_job, &job, err);
}
