// SPDX-License-Identifier: Apache-2.0
// The rows of a closed day.
#include "money/settlement.h"

STORE_SQL(settlement_last, "SELECT coalesce(max(day), '') FROM settlement_day");
STORE_SQL(settlement_first, "SELECT coalesce(min(opened), 0) FROM ledger_account "
                            "WHERE kind = 'settlement'");
STORE_SQL(settlement_is_closed, "SELECT 1 FROM settlement_day WHERE day = $1");

// An account opens with its first transfer.
int settlement_look(struct store_db *db, const char *day, struct settlement_state *out,
                    struct err *err)
{
    struct store_cursor row;
    *out = (struct settlement_state){0};
    int found = store_one(db, settlement_last, BIND(), &row, err);
    if (found < 0)
        return found;
    cursor_copy(&row, 0, out->last, sizeof out->last);
    cursor_finish(&row);
    found = store_one(db, settlement_first, BIND(), &row, err);
    if (found < 0)
        return found;
    out->first_made = cursor_int(&row, 0);
    cursor_finish(&row);
    found = store_one(db, settlement_is_closed, BIND(bind_string(day)), &row, err);
    out->closed = found == 1;
    cursor_finish(&row);
    return found < 0 ? found : 0;
}

STORE_SQL(settlement_day_read, "SELECT began, ended, made, execution, debtor_name, debtor_iban, "
                               "debtor_bic, (SELECT count(*) FROM settlement AS s "
                               "WHERE s.day = d.day) FROM settlement_day AS d WHERE d.day = $1");
STORE_SQL(settlement_rows, "SELECT instance, currency, agency, name, iban, bic, carried, captured, "
                           "refunded, disputed, fees, other, late, payable, remainder, transfer "
                           "FROM settlement WHERE day = $1 ORDER BY instance, currency");

static struct str keep(const struct store_cursor *row, int column, struct arena *arena)
{
    return str_from(arena_string(arena, cursor_text(row, column)));
}

static void read_row(const struct store_cursor *row, struct arena *arena, struct settlement *out)
{
    int64_t *const amounts[] = {&out->carried,  &out->captured, &out->refunded,
                                &out->disputed, &out->fees,     &out->other,
                                &out->late,     &out->payable,  &out->remainder};
    out->instance = keep(row, 0, arena);
    cursor_copy(row, 1, out->currency, sizeof out->currency);
    out->agency = keep(row, 2, arena);
    out->name = keep(row, 3, arena);
    out->iban = keep(row, 4, arena);
    out->bic = keep(row, 5, arena);
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        *amounts[i] = cursor_int(row, 6 + (int)i);
    out->transfer = id_from(cursor_text(row, 15));
}

static int load_rows(struct store_db *db, struct settlement_day *day, struct arena *arena,
                     struct err *err)
{
    struct store_cursor row;
    int status = store_query(db, settlement_rows, BIND(bind_string(day->day)), &row, err);
    for (size_t i = 0; status >= 0 && i < day->count; i++)
        if ((status = cursor_next(&row, err)) == 1)
            read_row(&row, arena, &day->at[i]);
    cursor_finish(&row);
    return status < 0 ? status : 0;
}

int settlement_load(struct store_db *db, const char *name, struct arena *arena,
                    struct settlement_day **out, struct err *err)
{
    struct store_cursor row;
    int found = store_one(db, settlement_day_read, BIND(bind_string(name)), &row, err);
    if (found <= 0)
        return found < 0 ? found : err_set(err, ERR_NOT_FOUND, "%.15s is not settled", name);
    struct settlement_day *day = arena_zero(arena, sizeof *day);
    memcpy(day->day, name, strnlen(name, sizeof day->day - 1));
    day->began = cursor_int(&row, 0);
    day->ended = cursor_int(&row, 1);
    day->made = cursor_int(&row, 2);
    cursor_copy(&row, 3, day->execution, sizeof day->execution);
    day->debtor_name = keep(&row, 4, arena);
    day->debtor_iban = keep(&row, 5, arena);
    day->debtor_bic = keep(&row, 6, arena);
    day->count = (size_t)cursor_int(&row, 7);
    day->at = arena_zero(arena, day->count * sizeof *day->at);
    cursor_finish(&row);
    *out = day;
    return load_rows(db, day, arena, err);
}

STORE_SQL(settlement_add_day,
          "INSERT INTO settlement_day (day, began, ended, made, execution, debtor_name, "
          "debtor_iban, debtor_bic) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
          "ON CONFLICT (day) DO NOTHING");
STORE_SQL(settlement_add,
          "INSERT INTO settlement (day, instance, currency, agency, name, iban, bic, carried, "
          "captured, refunded, disputed, fees, other, late, payable, remainder, transfer) VALUES "
          "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)");

static int add_row(struct store_db *db, const struct settlement_day *day,
                   const struct settlement *s, struct err *err)
{
    struct store_value transfer =
        s->transfer.text[0] ? bind_text(id_str(&s->transfer)) : bind_null();
    return store_exec(db, settlement_add,
                      BIND(bind_string(day->day), bind_text(s->instance), bind_string(s->currency),
                           bind_text(s->agency), bind_text(s->name), bind_text(s->iban),
                           bind_text(s->bic), bind_int(s->carried), bind_int(s->captured),
                           bind_int(s->refunded), bind_int(s->disputed), bind_int(s->fees),
                           bind_int(s->other), bind_int(s->late), bind_int(s->payable),
                           bind_int(s->remainder), transfer),
                      err);
}

int settlement_insert(struct store_db *db, const struct settlement_day *day, struct err *err)
{
    int rows = store_exec(db, settlement_add_day,
                          BIND(bind_string(day->day), bind_int(day->began), bind_int(day->ended),
                               bind_int(day->made), bind_string(day->execution),
                               bind_text(day->debtor_name), bind_text(day->debtor_iban),
                               bind_text(day->debtor_bic)),
                          err);
    for (size_t i = 0; rows > 0 && i < day->count; i++)
        rows = add_row(db, day, &day->at[i], err);
    return rows;
}
