/* SPDX-License-Identifier: Apache-2.0 */
    .section .rodata
    .globl search_words
    .globl search_words_end
    .hidden search_words
    .hidden search_words_end
search_words:
    .incbin "search/words.json"
search_words_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
