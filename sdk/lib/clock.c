/* SPDX-License-Identifier: Apache-2.0 */
/* The city's time, as the host tells it. */

#include "call.h"

#include <time.h>

int64_t medina_now(void)
{
    if (medina_sdk.clock)
        return medina_sdk.clock->now(medina_sdk.host->context);
    return (int64_t)time(NULL) * 1000;
}

static struct medina_civil_time universal(int64_t ms)
{
    struct tm tm;
    time_t seconds = (time_t)(ms / 1000);
    gmtime_r(&seconds, &tm);
    return (struct medina_civil_time){.year = tm.tm_year + 1900,
                                      .month = tm.tm_mon + 1,
                                      .day = tm.tm_mday,
                                      .hour = tm.tm_hour,
                                      .minute = tm.tm_min,
                                      .second = tm.tm_sec,
                                      .weekday = tm.tm_wday};
}

struct medina_civil_time medina_civil_at(int64_t ms)
{
    struct medina_civil_time civil;
    if (!medina_sdk.clock)
        return universal(ms);
    medina_sdk.clock->civil(medina_sdk.host->context, ms, &civil);
    return civil;
}
