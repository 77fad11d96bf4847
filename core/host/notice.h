// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_NOTICE_H
#define MEDINA_HOST_NOTICE_H

#include "money/outbox.h"

// What the payer reads in the inbox of an event of the outbox. The money room calls it in the job
// that ends the event (money_config.told): the message is there exactly when the event is not.
int notice_of_event(void *context, struct store_db *db, const struct outbox_told *told,
                    struct err *err);

#endif
