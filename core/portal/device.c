// SPDX-License-Identifier: Apache-2.0
#include "portal/device.h"

#include <stdio.h>

struct mark {
    const char *sign, *name;
};

// The first sign that stands in the text counts: browsers also name those that they are like.
static const struct mark browsers[] = {{"Edg", "Edge"},
                                       {"OPR/", "Opera"},
                                       {"Opera", "Opera"},
                                       {"SamsungBrowser", "Samsung Internet"},
                                       {"Samsung Internet", "Samsung Internet"},
                                       {"Firefox", "Firefox"},
                                       {"FxiOS", "Firefox"},
                                       {"CriOS", "Chrome"},
                                       {"Chrome", "Chrome"},
                                       {"Safari", "Safari"},
                                       {NULL, NULL}};

static const struct mark systems[] = {
    {"iPhone", "iPhone"},   {"iPad", "iPad"},     {"Android", "Android"},
    {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"ChromeOS", "ChromeOS"},
    {"Mac", "Mac"},         {"Linux", "Linux"},   {NULL, NULL}};

static const char *name_of(const struct mark *marks, struct str text)
{
    for (; marks->sign; marks++)
        if (memmem(text.data, text.size, marks->sign, strlen(marks->sign)))
            return marks->name;
    return "";
}

void device_label(struct str user_agent, char out[AUTH_LABEL])
{
    const char *browser = user_agent.size ? name_of(browsers, user_agent) : "";
    const char *system = user_agent.size ? name_of(systems, user_agent) : "";
    snprintf(out, AUTH_LABEL, "%s%s%s", browser, browser[0] && system[0] ? " on " : "", system);
}
