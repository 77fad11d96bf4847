// SPDX-License-Identifier: Apache-2.0
#include "portal/device.h"

#include <criterion/criterion.h>

Test(device, browsers_are_called_by_their_names_and_names_stay)
{
    static const struct {
        const char *agent, *label;
    } cases[] = {
        {"Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/131.0.0.0 Mobile Safari/537.36",
         "Chrome on Android"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
         "Edge on Windows"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
         "Version/18.1 Mobile/15E148 Safari/604.1",
         "Safari on iPhone"},
        {"Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1 CriOS/120.0 Safari/604",
         "Chrome on iPad"},
        {"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
         "Firefox on Linux"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15",
         "Safari on Mac"},
        {"Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125 Safari",
         "Samsung Internet on Android"},
        {"curl/8.5.0", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char label[AUTH_LABEL], again[AUTH_LABEL];
        device_label(str_from(cases[i].agent), label);
        cr_expect_str_eq(label, cases[i].label);
        device_label(str_from(label), again);
        cr_expect_str_eq(again, label);
    }
}
