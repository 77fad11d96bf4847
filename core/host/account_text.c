// SPDX-License-Identifier: Apache-2.0
#include "host/account_text.h"

#include "base/log.h"

#include <stdio.h>

enum { TEXT = 400 };

static void send(const struct sms *sms, const struct phone *phone, const char *text,
                 struct str language)
{
    struct err err;
    if (sms->url[0] && sms_send_text(sms, phone, text, language, &err) < 0)
        log_line(LOG_LEVEL_WARNING, "notify", "a text message about an account: %s", err.message);
}

void account_text_number(const struct sms *sms, const struct phone *before,
                         const struct phone *after, struct str language)
{
    char text[TEXT], mask[PHONE_MASKED];
    bool arabic = str_is(language, "ar");
    phone_mask(after, mask);
    snprintf(text, sizeof text,
             arabic ? "تغيّر رقم الهاتف المتحرك لحسابك في خدمات المدينة إلى ‎%s‎. إن لم "
                      "تكن "
                      "أنت "
                      "من "
                      "غيّره فاتصل بمركز خدمة المتعاملين."
                    : "The mobile number of your account with the city's services is now %s. If "
                      "this was not you, call the city's help desk.",
             mask);
    send(sms, before, text, language);
    send(sms, after, text, language);
}

void account_text_deleted(const struct sms *sms, const struct phone *phone, struct str language)
{
    send(sms, phone,
         str_is(language, "ar")
             ? "حُذف حسابك في خدمات المدينة. يمكنك التسجيل من جديد في أي وقت."
             : "Your account with the city's services has been deleted. You can sign up anew at "
               "any time.",
         language);
}
