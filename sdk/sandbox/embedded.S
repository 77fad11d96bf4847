/* SPDX-License-Identifier: Apache-2.0 */
    .macro page name, file
    .globl page_\name
    .globl page_\name\()_end
    .hidden page_\name
    .hidden page_\name\()_end
page_\name:
    .incbin "\file"
page_\name\()_end:
    .byte 0
    .endm

    .section .rodata
    page pay, "pages/pay.mustache"
    page challenge, "pages/challenge.mustache"
    page done, "pages/done.mustache"
    page sms, "pages/sms.mustache"
    .macro data name, file
    .globl \name
    .globl \name\()_end
    .hidden \name
    .hidden \name\()_end
\name:
    .incbin "\file"
\name\()_end:
    .byte 0
    .endm

    data offences_2017, "data/offences-2017.json"
    data traffic_people, "data/traffic-people.json"
    data offence_photo, "data/offence.png"
    data fuel_stations_json, "data/fuel-stations.json"
    data fuel_prices_json, "prices.json"
    data tariff_2025, "data/tariff-2025.json"
    .section .note.GNU-stack, "", @progbits
