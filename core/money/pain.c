// SPDX-License-Identifier: Apache-2.0
#include "money/pain.h"

#include "money/decimal.h"

// Texts come from the configuration, which refuses control characters.
static void write_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '&':
            buf_append_text(out, "&amp;");
            break;
        case '<':
            buf_append_text(out, "&lt;");
            break;
        case '>':
            buf_append_text(out, "&gt;");
            break;
        default:
            buf_append_char(out, text.data[i]);
        }
    }
}

static void write_element(struct buf *out, const char *name, struct str text)
{
    buf_printf(out, "<%s>", name);
    write_text(out, text);
    buf_printf(out, "</%s>", name);
}

static void write_message_id(const struct settlement_day *day, struct buf *out)
{
    buf_printf(out, "SETTLEMENT-%.4s%.2s%.2s", day->day, day->day + 5, day->day + 8);
}

// An agent must be named; a bank that knows its own IBANs needs no BIC.
static void write_agent(struct buf *out, const char *name, struct str bic)
{
    buf_printf(out, "<%s><FinInstnId>", name);
    if (bic.size)
        write_element(out, "BIC", bic);
    else
        buf_append_text(out, "<Othr><Id>NOTPROVIDED</Id></Othr>");
    buf_printf(out, "</FinInstnId></%s>\n", name);
}

static void write_sums(const struct settlement_day *day, struct buf *out)
{
    int64_t sum = 0;
    size_t count = 0;
    const char *currency = "";
    for (size_t i = 0; i < day->count; i++) {
        sum += day->at[i].payable;
        count += day->at[i].payable > 0;
        currency = day->at[i].currency;
    }
    buf_printf(out, "<NbOfTxs>%zu</NbOfTxs><CtrlSum>", count);
    decimal_write(out, sum, currency);
    buf_append_text(out, "</CtrlSum>\n");
}

static void write_header(const struct settlement_day *day, struct buf *out)
{
    char made[CLOCK_TEXT];
    clock_format_local(day->made, made);
    buf_append_text(out, "<GrpHdr><MsgId>");
    write_message_id(day, out);
    buf_printf(out, "</MsgId><CreDtTm>%s</CreDtTm>\n", made);
    write_sums(day, out);
    buf_append_text(out, "<InitgPty>");
    write_element(out, "Nm", day->debtor_name);
    buf_append_text(out, "</InitgPty></GrpHdr>\n");
}

static void write_debtor(const struct settlement_day *day, struct buf *out)
{
    buf_append_text(out, "<PmtInf><PmtInfId>");
    write_message_id(day, out);
    buf_append_text(out, "</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>false</BtchBookg>\n");
    write_sums(day, out);
    buf_printf(out, "<ReqdExctnDt>%s</ReqdExctnDt>\n<Dbtr>", day->execution);
    write_element(out, "Nm", day->debtor_name);
    buf_append_text(out, "</Dbtr><DbtrAcct><Id>");
    write_element(out, "IBAN", day->debtor_iban);
    buf_append_text(out, "</Id></DbtrAcct>");
    write_agent(out, "DbtrAgt", day->debtor_bic);
}

static void write_transfer(const struct settlement_day *day, const struct settlement *s,
                           struct buf *out)
{
    buf_append_text(out, "<CdtTrfTxInf><PmtId>");
    write_element(out, "EndToEndId", id_str(&s->transfer));
    buf_printf(out, "</PmtId><Amt><InstdAmt Ccy=\"%s\">", s->currency);
    decimal_write(out, s->payable, s->currency);
    buf_append_text(out, "</InstdAmt></Amt>\n");
    if (s->bic.size)
        write_agent(out, "CdtrAgt", s->bic);
    buf_append_text(out, "<Cdtr>");
    write_element(out, "Nm", s->name);
    buf_append_text(out, "</Cdtr><CdtrAcct><Id>");
    write_element(out, "IBAN", s->iban);
    buf_printf(out, "</Id></CdtrAcct>\n<RmtInf><Ustrd>Settlement %s ", day->day);
    write_text(out, s->instance);
    buf_append_text(out, "</Ustrd></RmtInf></CdtTrfTxInf>\n");
}

int pain_write(const struct settlement_day *day, struct buf *out, struct err *err)
{
    bool pays = false;
    for (size_t i = 0; i < day->count; i++)
        pays |= day->at[i].payable > 0;
    if (!pays)
        return err_set(err, ERR_NOT_FOUND, "%s pays nobody", day->day);
    buf_append_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03\">"
                         "<CstmrCdtTrfInitn>\n");
    write_header(day, out);
    write_debtor(day, out);
    for (size_t i = 0; i < day->count; i++)
        if (day->at[i].payable > 0)
            write_transfer(day, &day->at[i], out);
    buf_append_text(out, "</PmtInf></CstmrCdtTrfInitn></Document>\n");
    return 0;
}
