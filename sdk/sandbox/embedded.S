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
    .globl tariff_2025
    .globl tariff_2025_end
    .hidden tariff_2025
    .hidden tariff_2025_end
tariff_2025:
    .incbin "data/tariff-2025.json"
tariff_2025_end:
    .byte 0
    .globl fuel_stations_json
    .globl fuel_stations_json_end
    .hidden fuel_stations_json
    .hidden fuel_stations_json_end
fuel_stations_json:
    .incbin "data/fuel-stations.json"
fuel_stations_json_end:
    .byte 0
    .globl fuel_prices_json
    .globl fuel_prices_json_end
    .hidden fuel_prices_json
    .hidden fuel_prices_json_end
fuel_prices_json:
    .incbin "prices.json"
fuel_prices_json_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
