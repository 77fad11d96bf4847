// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HTTP_CODING_H
#define MEDINA_HTTP_CODING_H

#include "http/message.h"

// Content codings (RFC 9110 section 8.4): what a client takes, and replies made smaller as they
// leave.
//
// Compressing what holds a secret beside what somebody else may choose tells its length (BREACH).
// Whoever compresses here answers for that: tokens are masked anew in every reply, and the cookies
// that make a reply personal are SameSite, so no foreign page can ask for one unseen.

// Whether Accept-Encoding names the coding ("gzip") with a weight other than 0.
bool http_accepts_coding(const struct http_request *request, const char *coding);

// One a loop: its memory (some 260 KB) is used again for every reply.
struct http_compressor;

// least_bytes: bodies below that leave as they are; 0: all of them do.
void http_compressor_create(struct http_compressor **out, size_t least_bytes);
void http_compressor_destroy(struct http_compressor *compressor);

// Puts reply->body into gzip (RFC 1952) when it is large enough, the client takes it and it becomes
// smaller. A streamed or borrowed body is left alone. Never waits.
void http_compress(struct http_compressor *compressor, const struct http_request *request,
                   struct http_reply *reply);

#endif
