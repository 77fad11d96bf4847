// SPDX-License-Identifier: Apache-2.0
//
// Closing a day: a reader adds up the day's transfers and holds the sums against the balances, a
// short job writes the rows and the transfers that pay them out. Between the two nothing can change
// what the reader saw: the day is over, and what comes after it is of the next one.
#include "money/settlement.h"

#include "base/log.h"
#include "money/money_internal.h"

#include <stdio.h>

#define FOREVER INT64_C(281474976710655) // the last millisecond that an id can name

// --- days ----------------------------------------------------------------------------------------

static bool read_date(const char *day, struct civil *out)
{
    struct str rest = str_from(day);
    struct str parts[3] = {str_cut(&rest, '-'), str_cut(&rest, '-'), str_cut(&rest, '-')};
    int64_t numbers[3];
    static const size_t sizes[] = {4, 2, 2};
    for (size_t i = 0; i < 3; i++)
        if (parts[i].size != sizes[i] || !str_to_integer(parts[i], 1, 9999, &numbers[i]))
            return false;
    *out =
        (struct civil){.year = (int)numbers[0], .month = (int)numbers[1], .day = (int)numbers[2]};
    return rest.data == NULL;
}

static int64_t noon_after(const char *day, int64_t days)
{
    struct civil civil = {0};
    read_date(day, &civil);
    civil.day += (int)days;
    civil.hour = 12;
    return clock_from_civil(&civil);
}

bool settlement_bounds(const char *day, int64_t *began, int64_t *ended)
{
    struct civil civil;
    char again[CLOCK_DATE];
    if (!read_date(day, &civil))
        return false;
    *began = clock_from_civil(&civil);
    civil.day++;
    *ended = clock_from_civil(&civil);
    clock_format_date(*began, again);
    return strcmp(again, day) == 0; // no 30th of February
}

// --- the sums of a day ---------------------------------------------------------------------------

struct plan_job {
    const struct settlement_terms *terms;
    const char *previous; // day; "": this is the first
    struct settlement_day *day;
    struct arena *arena;
};

// Money into the accounts of agencies and out of them, by reason, over a range of instants. What
// pays a day out belongs to the day that it pays and is not counted here.
#define MOVEMENTS(side, sign)                                                                      \
    "SELECT a.owner, t.reason, " sign "CAST(sum(t.amount) AS BIGINT) "                             \
    "FROM ledger_transfer AS t JOIN ledger_account AS a ON a.id = t." side                         \
    " WHERE t.id >= $1 AND t.id < $2 AND t.made >= $3 AND t.made < $4 "                            \
    "AND a.kind = 'settlement' AND a.currency = $5 AND t.reason <> 'settlement' "                  \
    "GROUP BY a.owner, t.reason"

STORE_SQL(settlement_given, MOVEMENTS("credit", ""));
STORE_SQL(settlement_taken, MOVEMENTS("debit", "-"));
STORE_SQL(settlement_accounts,
          "SELECT a.owner, (SELECT coalesce(CAST(sum(b.amount) AS BIGINT), 0) "
          "FROM ledger_balance AS b WHERE b.account = a.id), "
          "coalesce((SELECT s.remainder FROM settlement AS s WHERE s.day = $2 "
          "AND s.instance = a.owner AND s.currency = a.currency), 0) "
          "FROM ledger_account AS a WHERE a.kind = 'settlement' AND a.currency = $1 "
          "ORDER BY a.owner");
STORE_SQL(settlement_account_count, "SELECT count(*) FROM ledger_account "
                                    "WHERE kind = 'settlement' AND currency = $1");
STORE_SQL(settlement_from_transfers,
          "SELECT coalesce((SELECT CAST(sum(amount) AS BIGINT) FROM ledger_transfer "
          "WHERE credit = $1), 0) - coalesce((SELECT CAST(sum(amount) AS BIGINT) "
          "FROM ledger_transfer WHERE debit = $1), 0)");

static struct settlement *find(const struct settlement_day *day, struct str instance)
{
    for (size_t i = 0; i < day->count; i++)
        if (str_equal(day->at[i].instance, instance))
            return &day->at[i];
    return NULL;
}

static int64_t *part_of(struct settlement *s, struct str reason)
{
    if (str_is(reason, "capture"))
        return &s->captured;
    if (str_starts(reason, STR("refund")))
        return &s->refunded;
    if (str_is(reason, "fee") || str_is(reason, "dispute-fee"))
        return &s->fees;
    return str_starts(reason, STR("dispute")) ? &s->disputed : &s->other;
}

struct range {
    int64_t from, until;
    bool after; // the day: all of it goes to the field late, which the balance settles
};

static int add_movements(struct store_db *db, struct plan_job *job, const struct store_sql *sql,
                         struct range range, struct err *err)
{
    struct id low = id_edge(range.from - SETTLEMENT_ID_SLACK_MS);
    struct id high = id_edge(range.until > FOREVER - SETTLEMENT_ID_SLACK_MS
                                 ? FOREVER
                                 : range.until + SETTLEMENT_ID_SLACK_MS);
    struct store_cursor row;
    int status =
        store_query(db, sql,
                    BIND(bind_text(id_str(&low)), bind_text(id_str(&high)), bind_int(range.from),
                         bind_int(range.until), bind_string(job->terms->currency)),
                    &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        struct settlement *s = find(job->day, cursor_text(&row, 0));
        if (s && range.after)
            s->late -= cursor_int(&row, 2);
        else if (s)
            *part_of(s, cursor_text(&row, 1)) += cursor_int(&row, 2);
        status = 0;
    }
    cursor_finish(&row);
    return status;
}

static int64_t closing_of(const struct settlement *s)
{
    return s->carried + s->captured + s->refunded + s->disputed + s->fees + s->other + s->late;
}

// late holds the balance for a while: what neither the day before, nor the day, nor what came after
// it explains has come late.
static int read_accounts(struct store_db *db, struct plan_job *job, struct err *err)
{
    const char *currency = job->terms->currency;
    struct store_cursor row;
    int status = store_one(db, settlement_account_count, BIND(bind_string(currency)), &row, err);
    if (status < 0)
        return status;
    size_t count = (size_t)cursor_int(&row, 0);
    cursor_finish(&row);
    job->day->at = arena_zero(job->arena, (count + 1) * sizeof *job->day->at);
    job->day->count = 0;
    status = store_query(db, settlement_accounts,
                         BIND(bind_string(currency), bind_string(job->previous)), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        struct settlement *s = &job->day->at[job->day->count++];
        s->instance = str_from(arena_string(job->arena, cursor_text(&row, 0)));
        snprintf(s->currency, sizeof s->currency, "%s", currency);
        s->late = cursor_int(&row, 1);
        s->carried = cursor_int(&row, 2);
        status = 0;
    }
    cursor_finish(&row);
    return status;
}

// Lateness that the transfers themselves do not bear out is a ledger that is not whole.
static int check_late(struct store_db *db, const struct settlement *s, int64_t balance,
                      struct err *err)
{
    char account[LEDGER_NAME];
    struct store_cursor row;
    snprintf(account, sizeof account, "settlement:%s:%s", s->instance.data, s->currency);
    int status = store_one(db, settlement_from_transfers, BIND(bind_string(account)), &row, err);
    if (status < 0)
        return status;
    int64_t sum = cursor_int(&row, 0);
    cursor_finish(&row);
    if (sum == balance)
        return 0;
    return err_set(err, ERR_CONFLICT,
                   "the balance of %s is %lld and its transfers say %lld: nothing is settled; see "
                   "medina money verify",
                   account, (long long)balance, (long long)sum);
}

static void pay_out(struct plan_job *job, struct settlement *s)
{
    const char *agency;
    const struct payee_account *account = payees_find(job->terms->payees, s->instance, &agency);
    int64_t closing = closing_of(s);
    s->agency = str_from(agency);
    s->name = s->iban = s->bic = STR("");
    if (account) {
        s->name = str_from(account->name);
        s->iban = str_from(account->iban);
        s->bic = str_from(account->bic);
    }
    s->payable = account && closing > 0 && closing <= LEDGER_AMOUNT_MAX ? closing : 0;
    s->remainder = closing - s->payable;
}

static int plan_job(struct store_db *db, void *argument, struct err *err)
{
    struct plan_job *job = argument;
    struct settlement_day *day = job->day;
    struct range of_day = {day->began, day->ended, false}, after = {day->ended, FOREVER, true};
    int status = read_accounts(db, job, err);
    int64_t *balances = arena_alloc(job->arena, (day->count + 1) * sizeof *balances);
    for (size_t i = 0; i < day->count; i++)
        balances[i] = day->at[i].late;
    if (status == 0)
        status = add_movements(db, job, settlement_given, of_day, err);
    if (status == 0)
        status = add_movements(db, job, settlement_taken, of_day, err);
    if (status == 0)
        status = add_movements(db, job, settlement_given, after, err);
    if (status == 0)
        status = add_movements(db, job, settlement_taken, after, err);
    for (size_t i = 0; status == 0 && i < day->count; i++) {
        struct settlement *s = &day->at[i];
        s->late -= closing_of(s) - s->late;
        if (s->late)
            status = check_late(db, s, balances[i], err);
        pay_out(job, s);
    }
    return status;
}

// --- closing -------------------------------------------------------------------------------------

struct close_job {
    struct settlement_day *day;
    struct money_stamp stamp;
    bool closed; // result; false: somebody else was faster
};

static int post(struct store_db *db, struct close_job *job, struct settlement *s, struct err *err)
{
    struct ledger_transfer transfer = {.id = money_ids_next(&job->stamp.ids),
                                       .debit = {LEDGER_SETTLEMENT, s->instance.data},
                                       .credit = {LEDGER_CLEARING, SETTLEMENT_BANK},
                                       .amount = s->payable,
                                       .currency = s->currency,
                                       .reason = "settlement",
                                       .made = job->stamp.now,
                                       .node = job->stamp.node};
    s->transfer = *transfer.id;
    return ledger_post(db, &transfer, err);
}

STORE_SQL(settlement_day_exists, "SELECT 1 FROM settlement_day WHERE day = $1");

static int close_job(struct store_db *db, void *argument, struct err *err)
{
    struct close_job *job = argument;
    struct store_cursor row;
    job->stamp.ids.used = 0;
    int status = store_one(db, settlement_day_exists, BIND(bind_string(job->day->day)), &row, err);
    cursor_finish(&row);
    job->closed = status == 0;
    if (status != 0)
        return status;
    for (size_t i = 0; status == 0 && i < job->day->count; i++)
        if (job->day->at[i].payable)
            status = post(db, job, &job->day->at[i], err);
    return status < 0 ? status : settlement_insert(db, job->day, err);
}

struct look_job {
    const char *day;
    struct settlement_state state;
};

static int look_job(struct store_db *db, void *argument, struct err *err)
{
    struct look_job *job = argument;
    return settlement_look(db, job->day, &job->state, err);
}

// The day that is to be closed next: the one after the last, or the first that has a transfer.
static void next_day(const struct settlement_state *state, char out[CLOCK_DATE])
{
    out[0] = '\0';
    if (state->last[0])
        clock_format_date(noon_after(state->last, 1), out);
    else if (state->first_made)
        clock_format_date(state->first_made, out);
}

static int check_turn(const struct settlement_state *state, const char *day, struct err *err)
{
    char next[CLOCK_DATE];
    next_day(state, next);
    if (!next[0])
        return err_set(err, ERR_NOT_FOUND, "no agency has been paid anything yet");
    if (strcmp(day, next) < 0)
        return err_set(err, ERR_NOT_FOUND, "%s is before the first day that was settled", day);
    if (strcmp(day, next) > 0)
        return err_set(err, ERR_CONFLICT, "%s is not settled yet: days are settled in order", next);
    return 0;
}

static int check_over(const struct settlement_terms *terms, const struct settlement_day *day,
                      int64_t now, struct err *err)
{
    char from[CLOCK_TEXT];
    if (now >= day->ended + terms->grace_ms)
        return 0;
    clock_format_local(day->ended + terms->grace_ms, from);
    return err_set(err, ERR_CONFLICT, "%s is not over: it can be settled from %s on", day->day,
                   from);
}

static int set_terms(struct money *money, const struct settlement_terms *terms,
                     struct settlement_day *day, struct err *err)
{
    const struct payee_account *debtor = payees_debtor(terms->payees);
    char today[CLOCK_DATE];
    if (!debtor)
        return err_set(err, ERR_UNAVAILABLE,
                       "the city has no account to pay from: set settlement.debtor_name and "
                       "settlement.debtor_iban");
    day->debtor_name = str_from(debtor->name);
    day->debtor_iban = str_from(debtor->iban);
    day->debtor_bic = str_from(debtor->bic);
    day->made = money_now(money);
    clock_format_date(day->made, today);
    clock_format_date(noon_after(day->day, terms->execution_days), day->execution);
    if (strcmp(day->execution, today) < 0) // no bank pays yesterday
        memcpy(day->execution, today, sizeof today);
    return check_over(terms, day, day->made, err);
}

static int close_day(struct money *money, struct settlement_day *day, struct arena *arena,
                     struct err *err)
{
    struct close_job job = {.day = day, .stamp = money_stamp_make(money, arena, day->count)};
    job.stamp.now = day->made;
    int status = store_run(money->config.store, close_job, &job, err);
    if (status < 0)
        return status;
    day->planned = !job.closed;
    int64_t payable = 0;
    for (size_t i = 0; i < day->count; i++)
        payable += day->at[i].payable;
    if (job.closed)
        log_line(LOG_LEVEL_INFORMATION, "money", "%s is settled: %lld to pay on %s", day->day,
                 (long long)payable, day->execution);
    return 0;
}

int settlement_close(struct money *money, const struct settlement_order *order, struct arena *arena,
                     struct settlement_day **out, struct err *err)
{
    struct settlement_day *day = arena_zero(arena, sizeof *day);
    struct look_job look = {.day = order->day};
    if (!settlement_bounds(order->day, &day->began, &day->ended))
        return err_set(err, ERR_INVALID, "a day is written like 2026-03-01");
    int status = store_read(money->config.store, look_job, &look, err);
    if (status == 0 && look.state.closed)
        return settlement_read(money, order->day, arena, out, err);
    snprintf(day->day, sizeof day->day, "%s", order->day);
    day->planned = true;
    if (status == 0)
        status = check_turn(&look.state, day->day, err);
    if (status == 0)
        status = set_terms(money, order->terms, day, err);
    struct plan_job plan = {order->terms, look.state.last, day, arena};
    if (status == 0)
        status = store_read(money->config.store, plan_job, &plan, err);
    if (status == 0 && !order->dry)
        status = close_day(money, day, arena, err);
    *out = day;
    // Another caller closed it between our looks: what it said is what holds.
    bool lost = status == 0 && !order->dry && day->planned;
    return lost ? settlement_read(money, order->day, arena, out, err) : status;
}

int settlement_due(struct money *money, const struct settlement_terms *terms, char day[CLOCK_DATE],
                   struct err *err)
{
    struct look_job look = {.day = ""};
    int64_t began, ended;
    int status = store_read(money->config.store, look_job, &look, err);
    if (status < 0)
        return status;
    next_day(&look.state, day);
    return day[0] && settlement_bounds(day, &began, &ended) &&
           money_now(money) >= ended + terms->grace_ms;
}

// --- reading -------------------------------------------------------------------------------------

struct load_job {
    const char *day;
    struct arena *arena;
    struct settlement_day **out;
};

static int load_job(struct store_db *db, void *argument, struct err *err)
{
    struct load_job *job = argument;
    return settlement_load(db, job->day, job->arena, job->out, err);
}

int settlement_read(struct money *money, const char *day, struct arena *arena,
                    struct settlement_day **out, struct err *err)
{
    struct load_job job = {day, arena, out};
    return store_read(money->config.store, load_job, &job, err);
}
