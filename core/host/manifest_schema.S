/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/docs/manifest.schema.json, as bytes of the program. */
    .section .rodata
    .globl manifest_schema
    .globl manifest_schema_end
    .hidden manifest_schema
    .hidden manifest_schema_end
manifest_schema:
    .incbin "docs/manifest.schema.json"
manifest_schema_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
