/* SPDX-License-Identifier: Apache-2.0 */
    .section .rodata
    .globl openapi_host
    .globl openapi_host_end
    .hidden openapi_host
    .hidden openapi_host_end
openapi_host:
    .incbin "api/openapi_host.json"
openapi_host_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
