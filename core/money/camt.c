// SPDX-License-Identifier: Apache-2.0
//
// expat calls at the start and the end of each element; the path of names from the root says what a
// text is. A transaction of an entry with several gets an entry of its own here.
#include "money/camt.h"

#include "base/buf.h"
#include "base/mem.h"
#include "money/decimal.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>

#define NAMESPACE "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
#define STATEMENT "/Document/BkToCstmrStmt/Stmt"

struct camt {
    const struct camt_limits *limits;
    struct arena *arena;
    XML_Parser parser;
    struct bank_statement *out;
    size_t capacity;
    struct buf path, text;
    unsigned depth;
    struct err *err;
    int status;
    // the statement under way
    int64_t opening, closing, sum;
    bool opened, closed, ours;
    // the balance or entry under way, and its transaction
    char kind[8];
    struct parts {
        int64_t amount;
        bool has_amount, credit, has_side;
        struct str reference;
        struct buf text;
    } entry, transaction;
    struct str number;
    char booked[CLOCK_DATE], valued[CLOCK_DATE];
    bool is_booked;
    int64_t line, of_transactions;
    size_t transactions, without_amount;
};

static long long line_of(const struct camt *camt)
{
    return (long long)XML_GetCurrentLineNumber(camt->parser);
}

static void refuse(struct camt *camt, int code, const char *why)
{
    if (camt->status == 0)
        camt->status =
            err_set(camt->err, code, "the bank's statement, line %lld: %s", line_of(camt), why);
    XML_StopParser(camt->parser, XML_FALSE);
}

// ---- what a text is ----

static struct str trimmed(const struct camt *camt)
{
    struct str text = buf_str(&camt->text);
    while (text.size && strchr(" \t\r\n", text.data[0]))
        text = str_from_offset(text, 1);
    while (text.size && strchr(" \t\r\n", text.data[text.size - 1]))
        text.size--;
    return text;
}

static struct str kept(struct camt *camt)
{
    struct str text = trimmed(camt);
    return (struct str){arena_string(camt->arena, text), text.size};
}

static void read_amount(struct camt *camt, struct parts *parts)
{
    parts->has_amount = decimal_read(trimmed(camt), camt->limits->currency, &parts->amount);
    if (!parts->has_amount || parts->amount < 0)
        refuse(camt, ERR_INVALID, "not an amount like 12.50");
}

static void read_side(struct camt *camt, struct parts *parts)
{
    parts->credit = str_is(trimmed(camt), "CRDT");
    parts->has_side = true;
    if (!parts->credit && !str_is(trimmed(camt), "DBIT"))
        refuse(camt, ERR_INVALID, "CdtDbtInd is CRDT or DBIT");
}

static void read_date(struct camt *camt, char out[CLOCK_DATE])
{
    struct str text = trimmed(camt);
    if (text.size < 10 || text.data[4] != '-' || text.data[7] != '-')
        refuse(camt, ERR_INVALID, "not a date like 2026-03-01");
    snprintf(out, CLOCK_DATE, "%.*s", text.size < 10 ? (int)text.size : 10, text.data);
}

static void add_text(struct camt *camt, struct parts *parts)
{
    if (parts->text.size)
        buf_append_char(&parts->text, ' ');
    buf_append_str(&parts->text, trimmed(camt));
}

static void check_account(struct camt *camt)
{
    camt->ours = str_is(trimmed(camt), camt->limits->iban);
    if (!camt->ours)
        refuse(camt, ERR_INVALID, "it is of another account than settlement.debtor_iban");
}

// ---- entries ----

static void put_entry(struct camt *camt, const struct parts *from, int64_t amount)
{
    struct bank_statement *out = camt->out;
    if (out->count == camt->capacity) {
        camt->capacity = camt->capacity ? camt->capacity * 2 : 64;
        struct bank_entry *grown = arena_alloc(camt->arena, camt->capacity * sizeof *grown);
        if (out->count)
            memcpy(grown, out->entries, out->count * sizeof *grown);
        out->entries = grown;
    }
    // What is said of the whole entry is said of each of its transactions.
    struct str own = buf_str(&from->text);
    struct str whole = from == &camt->entry ? STR("") : buf_str(&camt->entry.text);
    char *text = arena_printf(camt->arena, STR_FORMAT "%s" STR_FORMAT, STR_ARGUMENTS(own),
                              own.size && whole.size ? " " : "", STR_ARGUMENTS(whole));
    struct bank_entry *entry = &out->entries[out->count++];
    *entry = (struct bank_entry){.line = camt->line,
                                 .amount = amount,
                                 .reference = from->reference,
                                 .number = camt->number,
                                 .text = str_from(text)};
    memcpy(entry->date, camt->booked[0] ? camt->booked : camt->valued, sizeof entry->date);
}

static void start_parts(struct parts *parts)
{
    struct buf text = parts->text;
    buf_clear(&text);
    *parts = (struct parts){.text = text};
}

static void start_entry(struct camt *camt)
{
    start_parts(&camt->entry);
    start_parts(&camt->transaction);
    camt->number = (struct str){0};
    camt->booked[0] = camt->valued[0] = '\0';
    camt->is_booked = true;
    camt->line = line_of(camt);
    camt->transactions = camt->without_amount = 0;
    camt->of_transactions = 0;
}

// The entry's own figures come before its transactions (the schema is a sequence).
static void end_transaction(struct camt *camt)
{
    struct parts *transaction = &camt->transaction;
    int64_t amount = transaction->has_amount ? transaction->amount : camt->entry.amount;
    bool credit = transaction->has_side ? transaction->credit : camt->entry.credit;
    camt->transactions++;
    camt->without_amount += !transaction->has_amount;
    camt->of_transactions += credit ? amount : -amount;
    if (camt->is_booked)
        put_entry(camt, transaction, credit ? amount : -amount);
}

static void end_entry(struct camt *camt)
{
    int64_t amount = camt->entry.credit ? camt->entry.amount : -camt->entry.amount;
    if (!camt->entry.has_amount || !camt->entry.has_side) {
        refuse(camt, ERR_INVALID, "an entry has Amt and CdtDbtInd");
        return;
    }
    if (!camt->is_booked)
        return;
    if (!camt->booked[0] && !camt->valued[0])
        refuse(camt, ERR_INVALID, "a booked entry has BookgDt or ValDt");
    if (camt->transactions == 0)
        put_entry(camt, &camt->entry, amount);
    else if (camt->transactions > 1 && camt->without_amount)
        refuse(camt, ERR_INVALID, "of several transactions in an entry each has an Amt");
    else if (camt->of_transactions != amount)
        refuse(camt, ERR_INVALID, "the transactions of an entry do not add up to its Amt");
    camt->sum += amount;
}

// ---- balances ----

static void end_balance(struct camt *camt)
{
    int64_t amount = camt->entry.credit ? camt->entry.amount : -camt->entry.amount;
    if (strcmp(camt->kind, "OPBD") == 0 || strcmp(camt->kind, "PRCD") == 0) {
        camt->opening = amount;
        camt->opened = true;
    } else if (strcmp(camt->kind, "CLBD") == 0) {
        camt->closing = amount;
        camt->closed = true;
    }
}

static void start_statement(struct camt *camt)
{
    camt->opening = camt->closing = camt->sum = 0;
    camt->opened = camt->closed = camt->ours = false;
}

static void end_statement(struct camt *camt)
{
    if (!camt->ours)
        refuse(camt, ERR_INVALID, "the statement names no account by its IBAN");
    else if (camt->opened && camt->closed && camt->opening + camt->sum != camt->closing)
        refuse(camt, ERR_INVALID, "the balances and the entries of the statement do not add up");
}

// ---- paths ----

static void read_balance_kind(struct camt *camt)
{
    snprintf(camt->kind, sizeof camt->kind, STR_FORMAT, STR_ARGUMENTS(trimmed(camt)));
}

static void read_entry_amount(struct camt *camt)
{
    read_amount(camt, &camt->entry);
}

static void read_entry_side(struct camt *camt)
{
    read_side(camt, &camt->entry);
}

static void read_status(struct camt *camt)
{
    camt->is_booked = str_is(trimmed(camt), "BOOK");
}

static void read_booked(struct camt *camt)
{
    read_date(camt, camt->booked);
}

static void read_valued(struct camt *camt)
{
    read_date(camt, camt->valued);
}

static void read_number(struct camt *camt)
{
    camt->number = kept(camt);
}

static void read_entry_text(struct camt *camt)
{
    add_text(camt, &camt->entry);
}

static void start_transaction(struct camt *camt)
{
    start_parts(&camt->transaction);
}

static void read_transaction_amount(struct camt *camt)
{
    read_amount(camt, &camt->transaction);
}

static void read_transaction_side(struct camt *camt)
{
    read_side(camt, &camt->transaction);
}

static void read_reference(struct camt *camt)
{
    camt->transaction.reference = kept(camt);
}

static void read_transaction_text(struct camt *camt)
{
    add_text(camt, &camt->transaction);
}

static const struct place {
    const char *path; // below STATEMENT
    void (*start)(struct camt *camt);
    void (*end)(struct camt *camt);
} places[] = {
    {"", start_statement, end_statement},
    {"/Acct/Id/IBAN", NULL, check_account},
    {"/Bal", start_entry, end_balance},
    {"/Bal/Tp/CdOrPrtry/Cd", NULL, read_balance_kind},
    {"/Bal/Amt", NULL, read_entry_amount},
    {"/Bal/CdtDbtInd", NULL, read_entry_side},
    {"/Ntry", start_entry, end_entry},
    {"/Ntry/Amt", NULL, read_entry_amount},
    {"/Ntry/CdtDbtInd", NULL, read_entry_side},
    {"/Ntry/Sts/Cd", NULL, read_status},
    {"/Ntry/BookgDt/Dt", NULL, read_booked},
    {"/Ntry/BookgDt/DtTm", NULL, read_booked},
    {"/Ntry/ValDt/Dt", NULL, read_valued},
    {"/Ntry/ValDt/DtTm", NULL, read_valued},
    {"/Ntry/AcctSvcrRef", NULL, read_number},
    {"/Ntry/AddtlNtryInf", NULL, read_entry_text},
    {"/Ntry/NtryDtls/TxDtls", start_transaction, end_transaction},
    {"/Ntry/NtryDtls/TxDtls/Amt", NULL, read_transaction_amount},
    {"/Ntry/NtryDtls/TxDtls/CdtDbtInd", NULL, read_transaction_side},
    {"/Ntry/NtryDtls/TxDtls/Refs/EndToEndId", NULL, read_reference},
    {"/Ntry/NtryDtls/TxDtls/RmtInf/Ustrd", NULL, read_transaction_text},
};

static const struct place *find_place(const struct camt *camt)
{
    struct str path = buf_str(&camt->path);
    if (!str_starts(path, STR(STATEMENT)))
        return NULL;
    struct str rest = {path.data + sizeof STATEMENT - 1, path.size - (sizeof STATEMENT - 1)};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (str_is(rest, places[i].path))
            return &places[i];
    return NULL;
}

// ---- expat ----

static void check_currency(struct camt *camt, const XML_Char **attributes)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (strcmp(attributes[i], "Ccy") == 0 &&
            strcmp(attributes[i + 1], camt->limits->currency) != 0)
            refuse(camt, ERR_INVALID, "an amount is in another currency than the city's");
}

static void XMLCALL on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct camt *camt = context;
    const char *mark = strchr(name, '\n');
    if (camt->status < 0)
        return;
    if (++camt->depth > camt->limits->depth) {
        refuse(camt, ERR_LIMIT, "elements nest deeper than reconcile.bank_depth");
        return;
    }
    if (camt->depth == 1 && (!mark || strncmp(name, NAMESPACE "\n", sizeof NAMESPACE) != 0)) {
        refuse(camt, ERR_INVALID, "it is no camt.053.001.08");
        return;
    }
    buf_printf(&camt->path, "/%s", mark ? mark + 1 : name);
    buf_clear(&camt->text);
    const struct place *place = find_place(camt);
    if (place)
        check_currency(camt, attributes);
    if (place && place->start)
        place->start(camt);
}

static void XMLCALL on_end(void *context, const XML_Char *name)
{
    struct camt *camt = context;
    (void)name;
    if (camt->status < 0)
        return;
    const struct place *place = find_place(camt);
    if (place && place->end)
        place->end(camt);
    const char *slash = memrchr(camt->path.data, '/', camt->path.size);
    camt->path.size = (size_t)(slash - camt->path.data);
    camt->path.data[camt->path.size] = '\0';
    camt->depth--;
    buf_clear(&camt->text);
}

static void XMLCALL on_text(void *context, const XML_Char *text, int size)
{
    struct camt *camt = context;
    if (camt->status == 0)
        buf_append(&camt->text, text, (size_t)size);
}

// Entities are declared in a document type, and this message needs none: with it every way of
// making a small file large, or of reading another one, is refused.
static void XMLCALL on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal;
    refuse(context, ERR_INVALID, "a document type declaration is refused");
}

static int parse(struct camt *camt, struct str text)
{
    enum { PIECE = 1 << 20 };
    XML_Parser parser = camt->parser;
    XML_SetUserData(parser, camt);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    enum XML_Status status = XML_STATUS_OK;
    for (size_t at = 0; at <= text.size && status == XML_STATUS_OK; at += PIECE) {
        size_t left = text.size - at, size = left < PIECE ? left : PIECE;
        status = XML_Parse(parser, text.data ? text.data + at : "", (int)size, left <= PIECE);
        if (left <= PIECE)
            break;
    }
    if (status == XML_STATUS_ERROR)
        refuse(camt, ERR_INVALID, XML_ErrorString(XML_GetErrorCode(parser)));
    return camt->status;
}

int camt_read(struct str text, const struct camt_limits *limits, struct arena *arena,
              struct bank_statement *out, struct err *err)
{
    if (text.size > limits->bytes)
        return err_set(err, ERR_LIMIT, "the bank's statement is over %zu bytes (reconcile.%s)",
                       limits->bytes, "bank_bytes");
    *out = (struct bank_statement){0};
    struct camt *camt = mem_zero(1, sizeof *camt);
    camt->limits = limits;
    camt->arena = arena;
    camt->out = out;
    camt->err = err;
    camt->parser = XML_ParserCreateNS(NULL, '\n');
    if (!camt->parser)
        abort();
    int status = parse(camt, text);
    XML_ParserFree(camt->parser);
    buf_finish(&camt->path);
    buf_finish(&camt->text);
    buf_finish(&camt->entry.text);
    buf_finish(&camt->transaction.text);
    free(camt);
    return status;
}
