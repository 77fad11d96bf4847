// SPDX-License-Identifier: Apache-2.0
#include "auth/erase.h"

// The limits on codes count keyed hashes of numbers and go by themselves within the hour: who
// deletes an account does not get more codes by that.
STORE_SQL(erase_codes, "DELETE FROM sign_in_code WHERE phone IN "
                       "(SELECT phone FROM account_phone WHERE account = $1)");
STORE_SQL(erase_phone, "DELETE FROM account_phone WHERE account = $1");
STORE_SQL(erase_sessions, "DELETE FROM session WHERE account = $1");
STORE_SQL(erase_links, "DELETE FROM linked_account WHERE account = $1");
STORE_SQL(erase_marks, "DELETE FROM service_mark WHERE account = $1");
STORE_SQL(erase_account, "DELETE FROM account WHERE id = $1");
STORE_SQL(erase_note, "INSERT INTO account_deleted (id, at) VALUES ($1, $2)");

int auth_erase(struct store_db *db, const struct id *account, int64_t now, struct err *err)
{
    const struct store_sql *steps[] = {erase_codes, erase_phone, erase_sessions,
                                       erase_links, erase_marks, erase_account};
    struct store_value id = bind_text(id_str(account));
    int status = 0;
    for (size_t i = 0; status >= 0 && i < sizeof steps / sizeof *steps; i++)
        status = store_exec(db, steps[i], BIND(id), err);
    if (status == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no such account");
    return status < 0 ? status : store_exec(db, erase_note, BIND(id, bind_int(now)), err);
}
