// SPDX-License-Identifier: Apache-2.0
// The host's answers about money in words.

#include "main/client.h"

#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_get_string(object, name);
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
    return (long long)json_get_integer(object, name, 0);
}

// ---- the books as a whole ----

static void print_verify(const json_t *answer)
{
    size_t index;
    json_t *finding;
    printf("%-20s %lld\n%-20s %lld\n%-20s %lld%s%s\n", "accounts", number_of(answer, "accounts"),
           "transfers", number_of(answer, "transfers"), "differing", number_of(answer, "differing"),
           text_of(answer, "first")[0] ? ", first " : "", text_of(answer, "first"));
    if (number_of(answer, "sum"))
        printf("the ledger does not sum to zero but to %lld\n", number_of(answer, "sum"));
    if (number_of(answer, "wallets_below_zero"))
        printf("%lld wallets are below zero\n", number_of(answer, "wallets_below_zero"));
    json_array_foreach(json_object_get(answer, "findings"), index, finding)
        printf("%-20s %lld do not keep to it: %s; first %s\n", text_of(finding, "check"),
               number_of(finding, "count"), text_of(finding, "rule"), text_of(finding, "first"));
    printf("%s\n", json_is_true(json_object_get(answer, "whole"))
                       ? "all of it agrees"
                       : "the books do not agree: nothing was changed");
}

// ---- settlement ----

static void print_settlement(const json_t *row)
{
    bool held = number_of(row, "payable") == 0 && number_of(row, "remainder") > 0;
    printf("  %-24s %12lld carried %12lld captured %12lld refunded %12lld disputed %12lld fees "
           "%12lld payable %12lld remains\n",
           text_of(row, "instance"), number_of(row, "carried"), number_of(row, "captured"),
           number_of(row, "refunded"), number_of(row, "disputed"), number_of(row, "fees"),
           number_of(row, "payable"), number_of(row, "remainder"));
    if (number_of(row, "late") || number_of(row, "other"))
        printf("    late %lld, other %lld\n", number_of(row, "late"), number_of(row, "other"));
    if (held && !text_of(row, "iban")[0])
        printf("    is carried forward: no agency in the configuration names this instance and has "
               "an IBAN\n");
}

static void print_day(const json_t *day)
{
    size_t index;
    json_t *row;
    if (json_is_true(json_object_get(day, "planned")))
        printf("%s would pay %lld on %s\n", text_of(day, "day"), number_of(day, "payable"),
               text_of(day, "execution"));
    else
        printf("%s is settled: %lld to pay on %s\n", text_of(day, "day"), number_of(day, "payable"),
               text_of(day, "execution"));
    json_array_foreach(json_object_get(day, "settlements"), index, row) print_settlement(row);
}

static void print_days(const json_t *days)
{
    size_t index;
    json_t *day;
    if (json_array_size(days) == 0)
        printf("no day waits to be settled\n");
    json_array_foreach((json_t *)days, index, day) print_day(day);
}

// ---- reconciliation ----

static void print_sums(const char *who, const json_t *sums)
{
    printf("%-10s charged %12lld  refunded %12lld  disputed %12lld\n", who,
           number_of(sums, "charged"), number_of(sums, "refunded"), number_of(sums, "disputed"));
}

static void print_difference(const json_t *d)
{
    const char *ours = text_of(d, "our_day"), *theirs = text_of(d, "their_day");
    printf("%s with the %s: %s %s", text_of(d, "kind"), text_of(d, "with"), text_of(d, "about"),
           text_of(d, "reference"));
    if (text_of(d, "payment")[0])
        printf(" of payment %s", text_of(d, "payment"));
    if (number_of(d, "line"))
        printf(", line %lld", number_of(d, "line"));
    printf("\n    ours %lld%s%s, theirs %lld%s%s\n    next: %s\n", number_of(d, "ours"),
           ours[0] ? " on " : "", ours, number_of(d, "theirs"), theirs[0] ? " on " : "", theirs,
           text_of(d, "next"));
}

static void print_reconciliation(const json_t *answer)
{
    const json_t *provider = json_object_get(answer, "provider");
    const json_t *bank = json_object_get(answer, "bank");
    size_t index;
    json_t *d;
    print_sums("ledger", json_object_get(answer, "ledger"));
    print_sums("provider", provider);
    printf("%-10s fees    %12lld  paid out %12lld\n", "", number_of(provider, "fees"),
           number_of(provider, "paid_out"));
    printf("%-10s received%12lld  paid     %12lld  of %lld that are settled\n", "bank",
           number_of(bank, "received"), number_of(bank, "spent"), number_of(answer, "settled"));
    json_array_foreach(json_object_get(answer, "differences"), index, d) print_difference(d);
    if (number_of(answer, "posted"))
        printf("%lld transactions of the provider are posted\n", number_of(answer, "posted"));
    printf("%s about %s\n",
           json_is_true(json_object_get(answer, "agrees")) ? "ledger, provider and bank agree"
                                                           : "they differ",
           text_of(answer, "day"));
}

// ---- single payments ----

static long long amount_of(const json_t *object, const char *name)
{
    return number_of(json_object_get(object, name), "amount");
}

static void print_payment(const json_t *answer)
{
    size_t index;
    json_t *line;
    printf("%s is %s, by %s, made %s\n", text_of(answer, "payment"), text_of(answer, "state"),
           text_of(answer, "provider"), text_of(answer, "created"));
    if (text_of(answer, "receipt")[0])
        printf("receipt %s\n", text_of(answer, "receipt"));
    if (text_of(answer, "reason")[0])
        printf("reason %s\n", text_of(answer, "reason"));
    json_array_foreach(json_object_get(answer, "lines"), index, line)
        printf("  %lld %-24s %-24s %12lld %s%s%s, refunded %lld, refundable %lld\n",
               number_of(line, "line"), text_of(line, "instance"), text_of(line, "item"),
               amount_of(line, "amount"), text_of(line, "state"),
               text_of(line, "reason")[0] ? " " : "", text_of(line, "reason"),
               amount_of(line, "refunded"), number_of(line, "refundable"));
}

static void print_refunds(const json_t *refunds)
{
    size_t index;
    json_t *one;
    json_array_foreach(refunds, index, one)
        printf("%s  %12lld %s of %s line %lld (%s), \"%s\", asked by %s at %s\n",
               text_of(one, "refund"), number_of(one, "amount"), text_of(one, "currency"),
               text_of(one, "payment"), number_of(one, "line"), text_of(one, "instance"),
               text_of(one, "reason"), text_of(one, "asked_by"), text_of(one, "asked"));
    if (json_array_size(refunds) == 0)
        printf("no refund waits for approval\n");
}

static void print_decision(const json_t *answer)
{
    bool asked = strcmp(text_of(answer, "state"), "asked") == 0;
    printf("refund %s %s\n", text_of(answer, "refund"),
           asked ? "waits for the approval of somebody else: medina money approve"
                 : text_of(answer, "state"));
}

static void print_events(const json_t *answer)
{
    size_t index;
    json_t *one;
    printf("%lld events wait for their agency, the oldest for %lld s; %lld are given up\n",
           number_of(answer, "waiting"), number_of(answer, "oldest_ms") / 1000,
           number_of(answer, "dead"));
    json_array_foreach(json_object_get(answer, "dead_events"), index, one)
        printf("  %s  %s of %s for %s, made %s, given up %s after %lld attempts\n",
               text_of(one, "event"), text_of(one, "kind"), text_of(one, "payment"),
               text_of(one, "instance"), text_of(one, "made"), text_of(one, "died"),
               number_of(one, "attempts"));
}

// ---- disputes ----

static void print_disputes(const json_t *disputes)
{
    size_t index;
    json_t *d;
    if (json_array_size(disputes) == 0)
        printf("no payment is disputed\n");
    json_array_foreach((json_t *)disputes, index, d) printf(
        "%-28s %-5s %12lld fee %lld, %s bears it (line %lld of payment %s), %s, opened %s%s%s\n",
        text_of(d, "dispute"), text_of(d, "state"), number_of(d, "amount"), number_of(d, "fee"),
        text_of(d, "liable"), number_of(d, "line"), text_of(d, "payment"), text_of(d, "reason"),
        text_of(d, "opened"), text_of(d, "ended")[0] ? ", ended " : "", text_of(d, "ended"));
}

bool print_money(const json_t *answer)
{
    if (json_object_get(answer, "whole"))
        print_verify(answer);
    else if (json_object_get(answer, "refunds"))
        print_refunds(json_object_get(answer, "refunds"));
    else if (json_object_get(answer, "refund"))
        print_decision(answer);
    else if (json_object_get(answer, "dead_events"))
        print_events(answer);
    else if (json_object_get(answer, "replayed"))
        printf("%lld events are tried again\n", number_of(answer, "replayed"));
    else if (json_object_get(answer, "payment"))
        print_payment(answer);
    else if (json_object_get(answer, "days"))
        print_days(json_object_get(answer, "days"));
    else if (json_object_get(answer, "differences"))
        print_reconciliation(answer);
    else if (json_object_get(answer, "disputes"))
        print_disputes(json_object_get(answer, "disputes"));
    else
        return false;
    return true;
}
