/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are bytes of the program. */
    .section .rodata
    .globl manifest_schema
    .globl manifest_schema_end
    .hidden manifest_schema
    .hidden manifest_schema_end
manifest_schema:
    .incbin "docs/manifest.schema.json"
manifest_schema_end:
    .byte 0

    .globl problem_table
    .globl problem_table_end
    .hidden problem_table
    .hidden problem_table_end
problem_table:
    .incbin "host/problems.json"
problem_table_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
