// SPDX-License-Identifier: Apache-2.0
// The city's bank inside the test: it reads an order (pain.001), executes it and writes its
// statement (camt.053).
const element = (xml, name) => new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(xml)?.[1];

/** The transfers of an order: {reference, fils, iban, day}. */
export function readOrder(xml) {
  const day = element(xml, 'ReqdExctnDt');
  return [...xml.matchAll(/<CdtTrfTxInf>.*?<\/CdtTrfTxInf>/gs)].map(([one]) => ({
    reference: element(one, 'EndToEndId'),
    fils: Math.round(Number(element(one, 'InstdAmt')) * 100),
    iban: element(one.slice(one.indexOf('<CdtrAcct>')), 'IBAN'),
    day,
  }));
}

const amount = (fils) => (Math.abs(fils) / 100).toFixed(2);
const side = (fils) => (fils < 0 ? 'DBIT' : 'CRDT');

function balance(code, fils, day) {
  return `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="AED">${amount(fils)}</Amt>
    <CdtDbtInd>${side(fils)}</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`;
}

function booked({ fils, day, reference, text, status = 'BOOK' }, index) {
  const refs = reference ? `<Refs><EndToEndId>${reference}</EndToEndId></Refs>` : '';
  const remittance = text ? `<RmtInf><Ustrd>${text}</Ustrd></RmtInf>` : '';
  return `<Ntry><Amt Ccy="AED">${amount(fils)}</Amt><CdtDbtInd>${side(fils)}</CdtDbtInd>
    <Sts><Cd>${status}</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt><AcctSvcrRef>BANK${index}</AcctSvcrRef>
    <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>
    <NtryDtls><TxDtls>${refs}${remittance}</TxDtls></NtryDtls></Ntry>`;
}

/** The statement of an account; what comes in is above zero. opening in fils. */
export function statement(iban, entries, { opening = 5_000_000, day = entries[0]?.day ?? '2026-01-01' } = {}) {
  const sum = entries.filter(({ status }) => status !== 'PDNG').reduce((all, { fils }) => all + fils, 0);
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
  <GrpHdr><MsgId>M1</MsgId><CreDtTm>${day}T23:59:00+04:00</CreDtTm></GrpHdr>
  <Stmt><Id>S1</Id><Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>AED</Ccy></Acct>
    ${balance('OPBD', opening, day)}${balance('CLBD', opening + sum, day)}
    ${entries.map(booked).join('\n')}
  </Stmt></BkToCstmrStmt></Document>
`;
}
