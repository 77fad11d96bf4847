// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_PAYEE_H
#define MEDINA_MONEY_PAYEE_H

#include "base/err.h"
#include "base/json.h"

// Who is paid, and from where: of the configuration's section "agencies" what concerns money,
//
//     {"coast-utility": {"legal_name": "Coast Water and Electricity", "iban": "AE07…",
//                        "bic": "EBILAEAD", "instances": ["water-electricity"]}, …}
//
// and the city's own account. Several instances may be one agency's. Immutable once made; any
// thread.
struct payees;

enum { PAYEE_IBAN = 35, PAYEE_BIC = 12, PAYEE_NAME = 141 }; // with their NUL

struct payee_account {
    const char *name; // as the bank knows it
    const char *iban; // capitals and digits, no blanks
    const char *bic;  // "" when it is not given
};

// Reads the section; debtor is the city's account, all of it "" for none. An IBAN must have its
// check digits (ISO 13616, modulo 97), one of the Emirates 23 characters. ERR_INVALID names the
// place ("agencies.coast-utility.iban: …", "settlement.debtor_iban: …").
int payees_create(struct payees **out, const json_t *agencies, const struct payee_account *debtor,
                  struct err *err);
void payees_destroy(struct payees *payees); // NULL is fine

// The city's account; NULL when none is configured.
const struct payee_account *payees_debtor(const struct payees *payees);

// The account of the agency whose instance that is, and the agency's id; NULL when no agency names
// the instance or it has no account.
const struct payee_account *payees_find(const struct payees *payees, struct str instance,
                                        const char **agency);

// Whether it is an IBAN with right check digits.
bool iban_valid(struct str iban);

#endif
