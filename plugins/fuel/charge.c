// SPDX-License-Identifier: Apache-2.0
#include "charge.h"

int64_t charge_amount(int64_t millilitres, int64_t price)
{
    return (millilitres * price + 500) / 1000;
}

int64_t charge_millilitres(int64_t amount, int64_t price)
{
    return amount * 1000 / price;
}

bool charge_is_plausible(const struct charge_meter *meter)
{
    return meter->millilitres >= 0 && meter->millilitres <= CHARGE_MILLILITRES &&
           meter->price > 0 && meter->price <= CHARGE_PRICE && meter->stated >= 0 &&
           meter->authorized >= 0;
}

struct charge charge_for(const struct charge_meter *meter)
{
    struct charge charge = {.expected = charge_amount(meter->millilitres, meter->price)};
    int64_t over = meter->stated - charge.expected;
    charge.differs = over > CHARGE_TOLERANCE || over < -CHARGE_TOLERANCE;
    charge.amount = meter->stated;
    if (charge.differs && over > 0)
        charge.amount = charge.expected;
    if (charge.amount > meter->authorized) {
        charge.loss = charge.amount - meter->authorized;
        charge.amount = meter->authorized;
    }
    return charge;
}
