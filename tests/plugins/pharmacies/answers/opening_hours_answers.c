// SPDX-License-Identifier: Apache-2.0
// Prints what plugins/pharmacies answers about opening hours, for opening_hours.test.mjs to compare
// with npm's opening_hours. Lines in, one line out for each "hours" and "ask", fields between tabs:
//
//     public  2026-01-01 2026-12-02 …         the public holidays, ascending; school the same
//     hours   Mo-Fr 08:00-18:00               -> ok | fault  <code> <byte> <message>
//     ask     2026-03-01T09:30  30            -> open  2026-03-01T18:00 closed <comment>
//
// The second number of ask is the horizon in days; without a change in it the answer has "-" for
// the time and the next state.
#include "civil.h"
#include "opening_hours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOLIDAYS_MAX = 4096 };

struct holidays {
    int32_t days[HOLIDAYS_MAX];
    size_t count;
};

static void read_holidays(struct holidays *holidays, char *text)
{
    struct civil_date date;
    int used;
    holidays->count = 0;
    while (holidays->count < HOLIDAYS_MAX &&
           sscanf(text, " %d-%d-%d%n", &date.year, &date.month, &date.day, &used) == 3) {
        holidays->days[holidays->count++] = civil_day_number(date);
        text += used;
    }
}

static struct opening_hours *read_hours(const char *text)
{
    struct opening_hours *hours;
    struct opening_hours_fault fault;
    int code = opening_hours_parse(text, strlen(text), &hours, &fault);
    if (code)
        printf("fault\t%d\t%zu\t%s\n", code, fault.at, fault.message);
    else
        puts("ok");
    return hours;
}

static const char *state_name(enum opening_hours_state state)
{
    static const char *const names[] = {"closed", "open", "unknown"};
    return names[state];
}

static void answer(const struct opening_hours *hours, const struct opening_hours_calendar *calendar,
                   const char *question)
{
    struct civil_date date;
    int hour;
    int minute;
    int horizon;
    if (!hours || sscanf(question, "%d-%d-%dT%d:%d %d", &date.year, &date.month, &date.day, &hour,
                         &minute, &horizon) != 6) {
        puts("fault\t0\t0\tno hours or no question");
        return;
    }
    struct opening_hours_time now = {civil_day_number(date), hour * 60 + minute};
    struct opening_hours_answer found;
    opening_hours_ask(hours, calendar, now, horizon, &found);
    printf("%s\t", state_name(found.state));
    if (found.changes) {
        struct civil_date until = civil_date_of(found.until.day);
        printf("%04d-%02d-%02dT%02d:%02d\t%s", until.year, until.month, until.day,
               (int)found.until.minute / 60, (int)found.until.minute % 60, state_name(found.next));
    } else {
        fputs("-\t-", stdout);
    }
    printf("\t%s\n", found.comment ? found.comment : "");
}

int main(void)
{
    static struct holidays public_holidays;
    static struct holidays school_holidays;
    struct opening_hours *hours = NULL;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&line, &capacity, stdin)) > 0) {
        if (line[size - 1] == '\n')
            line[size - 1] = '\0';
        char *rest = strchr(line, '\t');
        rest = rest ? rest + 1 : line;
        struct opening_hours_calendar calendar = {
            {public_holidays.days, public_holidays.count, true},
            {school_holidays.days, school_holidays.count, true},
        };
        if (!strncmp(line, "public\t", 7)) {
            read_holidays(&public_holidays, rest);
        } else if (!strncmp(line, "school\t", 7)) {
            read_holidays(&school_holidays, rest);
        } else if (!strncmp(line, "hours\t", 6)) {
            opening_hours_destroy(hours);
            hours = read_hours(rest);
        } else {
            answer(hours, &calendar, rest);
        }
    }
    opening_hours_destroy(hours);
    free(line);
    return 0;
}
