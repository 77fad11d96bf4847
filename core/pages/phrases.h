// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_PHRASES_H
#define MEDINA_PAGES_PHRASES_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>

// The host's own words in one language, from web/strings/LANGUAGE.json. Templates use them by name
// ({{t.home.title}}, folded in when the templates are compiled); the phrases that C puts together
// are listed below and looked up once, when they are loaded, so that one that is missing keeps the
// host from starting instead of leaving a hole in a page.
//
// A phrase has places to fill in: "Due {date}". One that counts has a form for each plural category
// of its language (CLDR): English one and other, Arabic zero, one, two, few, many and other.
#define PHRASES(PHRASE)                                                                            \
    PHRASE(HOME_TITLE, "home.title")                                                               \
    PHRASE(HOME_LATE, "home.late")                                                                 \
    PHRASE(HOME_LATE_UNKNOWN, "home.late-unknown")                                                 \
    PHRASE(SEARCH_TITLE, "search.title")                                                           \
    PHRASE(SEARCH_FOUND, "search.found")                                                           \
    PHRASE(SERVICES_TITLE, "services.title")                                                       \
    PHRASE(SERVICES_ALL, "services.all")                                                           \
    PHRASE(SERVICES_COUNT, "services.count")                                                       \
    PHRASE(AGENCIES_TITLE, "agencies.title")                                                       \
    PHRASE(STATUS_TITLE, "service-status.title")                                                   \
    PHRASE(STATUS_UP, "service-status.up")                                                         \
    PHRASE(STATUS_DOWN, "service-status.down")                                                     \
    PHRASE(STATUS_SINCE, "service-status.since")                                                   \
    PHRASE(SERVICE_MINUTES, "service.minutes")                                                     \
    PHRASE(SERVICE_HOURS, "service.hours")                                                         \
    PHRASE(SERVICE_DAYS, "service.days")                                                           \
    PHRASE(SIGN_IN_TITLE, "sign-in.title")                                                         \
    PHRASE(SIGN_IN_CODE_TITLE, "sign-in.code-title")                                               \
    PHRASE(ACCOUNT_TITLE, "account.title")                                                         \
    PHRASE(ACCOUNT_LINKED, "account.linked")                                                       \
    PHRASE(ACCOUNT_PAYMENTS, "account.payments")                                                   \
    PHRASE(ACCOUNT_WALLET, "account.wallet")                                                       \
    PHRASE(ACCOUNT_CARDS, "account.cards")                                                         \
    PHRASE(ACCOUNT_AUTOMATIC, "account.automatic")                                                 \
    PHRASE(ACCOUNT_UNSEEN, "account.unseen")                                                       \
    PHRASE(ACCOUNT_LINKS, "account.links")                                                         \
    PHRASE(ACCOUNT_DEVICES, "account.devices")                                                     \
    PHRASE(ACTIVITY_TITLE, "activity.title")                                                       \
    PHRASE(PROFILE_TITLE, "profile.title")                                                         \
    PHRASE(NUMBER_TITLE, "number.title")                                                           \
    PHRASE(DEVICES_TITLE, "devices.title")                                                         \
    PHRASE(DELETE_TITLE, "delete.title")                                                           \
    PHRASE(DELETE_STAYS, "delete.stays-payments")                                                  \
    PHRASE(DELETE_DONE, "delete.done")                                                             \
    PHRASE(PAY_SELECT, "pay.select")                                                               \
    PHRASE(PAY_OTHER, "pay.other")                                                                 \
    PHRASE(PAY_RANGE, "pay.range")                                                                 \
    PHRASE(PAY_DUE_TODAY, "pay.due-today")                                                         \
    PHRASE(PAY_DUE, "pay.due")                                                                     \
    PHRASE(PAY_DUE_IN, "pay.due-in")                                                               \
    PHRASE(PAY_OVERDUE, "pay.overdue")                                                             \
    PHRASE(REVIEW_TITLE, "review.title")                                                           \
    PHRASE(REVIEW_ALREADY, "review.already")                                                       \
    PHRASE(REVIEW_REFUSED, "review.refused")                                                       \
    PHRASE(RECEIPT_LINE, "receipt.line")                                                           \
    PHRASE(RECEIPT_TAX, "receipt.tax")                                                             \
    PHRASE(RECEIPT_AMOUNT, "receipt.amount")                                                       \
    PHRASE(RECEIPT_TOTAL, "receipt.total")                                                         \
    PHRASE(STATUS_EXPECTED, "status.expected")                                                     \
    PHRASE(LIST_EMPTY, "list.empty")                                                               \
    PHRASE(LIST_MORE, "list.more")                                                                 \
    PHRASE(DATA_BODY, "data.body")                                                                 \
    PHRASE(RESULT_UNKNOWN, "result.unknown")                                                       \
    PHRASE(RESULT_CUT, "result.cut")                                                               \
    PHRASE(RESULT_UPDATED, "result.updated")                                                       \
    PHRASE(RESULT_UNTITLED, "result.untitled")                                                     \
    PHRASE(CHART_LABEL, "chart.label")                                                             \
    PHRASE(CHART_DESCRIPTION, "chart.description")                                                 \
    PHRASE(PLACES_OPEN, "places.open")                                                             \
    PHRASE(PLACES_ALWAYS, "places.always")                                                         \
    PHRASE(PLACES_CLOSED, "places.closed")                                                         \
    PHRASE(PLACES_UNKNOWN, "places.unknown")                                                       \
    PHRASE(PLACES_UNTIL, "places.until")                                                           \
    PHRASE(PLACES_OPENS, "places.opens")                                                           \
    PHRASE(PLACES_OPENS_TODAY, "places.opens-today")                                               \
    PHRASE(PLACES_HOLIDAYS, "places.holidays")                                                     \
    PHRASE(PLACES_OFF, "places.off")                                                               \
    PHRASE(PLACES_METRES, "places.metres")                                                         \
    PHRASE(PLACES_KILOMETRES, "places.kilometres")                                                 \
    PHRASE(FORM_CONTINUE, "form.continue")                                                         \
    PHRASE(FORM_ANY, "form.any")                                                                   \
    PHRASE(FORM_CHOOSE, "form.choose")                                                             \
    PHRASE(FORM_UNSUPPORTED, "form.unsupported")                                                   \
    PHRASE(FORM_FILE_KEPT, "form.file-kept")                                                       \
    PHRASE(FAULT_REQUIRED, "fault.required")                                                       \
    PHRASE(FAULT_TYPE, "fault.type")                                                               \
    PHRASE(FAULT_INTEGER, "fault.integer")                                                         \
    PHRASE(FAULT_NUMBER, "fault.number")                                                           \
    PHRASE(FAULT_ENUM, "fault.enum")                                                               \
    PHRASE(FAULT_MINIMUM, "fault.minimum")                                                         \
    PHRASE(FAULT_MAXIMUM, "fault.maximum")                                                         \
    PHRASE(FAULT_MORE_THAN, "fault.more-than")                                                     \
    PHRASE(FAULT_LESS_THAN, "fault.less-than")                                                     \
    PHRASE(FAULT_MULTIPLE, "fault.multiple")                                                       \
    PHRASE(FAULT_SHORTEST, "fault.shortest")                                                       \
    PHRASE(FAULT_LONGEST, "fault.longest")                                                         \
    PHRASE(FAULT_PATTERN, "fault.pattern")                                                         \
    PHRASE(FAULT_DATE, "fault.date")                                                               \
    PHRASE(FAULT_TIME, "fault.time")                                                               \
    PHRASE(FAULT_EMAIL, "fault.email")                                                             \
    PHRASE(FAULT_ADDRESS, "fault.address")                                                         \
    PHRASE(FAULT_UNKNOWN, "fault.unknown")                                                         \
    PHRASE(FAULT_TOO_FEW, "fault.too-few")                                                         \
    PHRASE(FAULT_TOO_MANY, "fault.too-many")                                                       \
    PHRASE(FAULT_TWICE, "fault.twice")                                                             \
    PHRASE(FAULT_TOGETHER, "fault.together")                                                       \
    PHRASE(FAULT_FILE_TYPE, "fault.file-type")                                                     \
    PHRASE(FAULT_FILE_SIZE, "fault.file-size")                                                     \
    PHRASE(FAULT_FILE_MANY, "fault.file-many")                                                     \
    PHRASE(FAULT_FILE_UNKNOWN, "fault.file-unknown")                                               \
    PHRASE(FAULT_REFUSED, "fault.refused")                                                         \
    PHRASE(PROBLEM_WAIT, "problem.wait")                                                           \
    PHRASE(PROBLEM_WAIT_MINUTES, "problem.wait-minutes")                                           \
    PHRASE(VERIFY_TITLE, "verify.title")                                                           \
    PHRASE(INBOX_TITLE, "inbox.title")                                                             \
    PHRASE(OFFLINE_TITLE, "offline.title")                                                         \
    PHRASE(OFFLINE_KEPT, "offline.kept")                                                           \
    PHRASE(HELP_TITLE, "help.title")                                                               \
    PHRASE(ACCESSIBILITY_TITLE, "accessibility.title")                                             \
    PHRASE(COMPONENTS_TITLE, "components.title")                                                   \
    PHRASE(DATE_DAY, "date.day")                                                                   \
    PHRASE(DATE_MONTH, "date.month")                                                               \
    PHRASE(DATE_TIME, "date.time")                                                                 \
    PHRASE(DATE_BOTH, "date.both")                                                                 \
    PHRASE(DATE_AM, "date.am")                                                                     \
    PHRASE(DATE_PM, "date.pm")                                                                     \
    PHRASE(DATE_TOMORROW, "date.tomorrow")                                                         \
    PHRASE(DATE_WEEKDAY, "date.weekday")                                                           \
    PHRASE(MONEY_FORMAT, "money.format")

#define PHRASE_NAME(name, key) PHRASE_##name,
enum phrase { PHRASES(PHRASE_NAME) PHRASE_COUNT };
#undef PHRASE_NAME

enum { PHRASE_FORMS = 6 }; // zero one two few many other

struct phrases {
    bool arabic;
    json_t *document; // owned
    struct str texts[PHRASE_COUNT][PHRASE_FORMS];
    struct str months[12];
    struct str short_months[12];
    struct str days[7]; // Sunday first
};

// What goes into a phrase's place. A text that is somebody else's (a name, a title) is isolated, so
// that its direction does not disturb the sentence (Unicode TR 9, FSI … PDI).
struct phrase_value {
    const char *name;
    struct str text;
    bool foreign;
};

// Reads web/strings/en.json or ar.json. NULL with ERR_NOT_FOUND or ERR_INVALID naming the phrase.
struct phrases *phrases_load(const char *path, bool arabic, struct err *err);
void phrases_destroy(struct phrases *phrases);

// A phrase without places to fill.
struct str phrases_text(const struct phrases *phrases, enum phrase phrase);

// Appends the phrase. The first form is chosen by count where the phrase has plurals, and {count}
// is filled with it; values fill the others and may be NULL when there are none.
void phrases_write(const struct phrases *phrases, struct buf *out, enum phrase phrase,
                   int64_t count, const struct phrase_value *values, size_t value_count);

// The same for a text that phrases_of_group found.
void phrases_fill(struct buf *out, struct str text, const struct phrase_value *values,
                  size_t value_count);

// The text group.name.member ("problem.404.title"), that of group.other.member when there is no
// such name; group.other is in the file.
struct str phrases_of_group(const struct phrases *phrases, const char *group, const char *name,
                            const char *member);

// The text group.name ("status.done"); data NULL when there is none.
struct str phrases_named(const struct phrases *phrases, const char *group, const char *name);

#endif
