// SPDX-License-Identifier: Apache-2.0
// Bits of an id, most significant first: 48 time in ms, 4 version (7), 12 random, 2 variant (10),
// 62 random. 26 base32 digits hold 130 bits, so the first digit is 0 to 7.
#include "base/id.h"

#include "base/crypto.h"

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

#define VERSION ((uint64_t)7 << 12)
#define VARIANT ((uint64_t)2 << 62)
#define LOW_RANDOM (((uint64_t)1 << 62) - 1)

static int digit_value(char c)
{
    const char *found = c ? memchr(digits, c, sizeof digits - 1) : NULL;
    return found ? (int)(found - digits) : -1;
}

static void write_digits(uint64_t high, uint64_t low, struct id *out)
{
    for (int i = ID_LENGTH - 1; i >= 0; i--) {
        out->text[i] = digits[low & 31];
        low = low >> 5 | high << 59;
        high >>= 5;
    }
    out->text[ID_LENGTH] = '\0';
}

// The next larger value with the version and variant bits in place.
static void increment(struct id_generator *generator)
{
    uint64_t low = (generator->low & LOW_RANDOM) + 1;
    generator->low = VARIANT | (low & LOW_RANDOM);
    if (low <= LOW_RANDOM)
        return;
    uint64_t random = (generator->high & 0xFFF) + 1;
    uint64_t ms = (generator->high >> 16) + (random >> 12);
    generator->high = ms << 16 | VERSION | (random & 0xFFF);
}

static uint64_t take_random(struct id_generator *generator)
{
    if (generator->pooled == 0) {
        crypto_random(generator->pool, sizeof generator->pool);
        generator->pooled = sizeof generator->pool / sizeof *generator->pool;
    }
    return generator->pool[--generator->pooled];
}

struct id id_next(struct id_generator *generator, int64_t now_ms)
{
    uint64_t ms = (uint64_t)now_ms & 0xFFFFFFFFFFFF;

    pthread_mutex_lock(&generator->lock);
    if (ms > generator->high >> 16) {
        generator->high = ms << 16 | VERSION | (take_random(generator) & 0xFFF);
        generator->low = VARIANT | (take_random(generator) & LOW_RANDOM);
    } else {
        increment(generator);
    }
    struct id id;
    write_digits(generator->high, generator->low, &id);
    pthread_mutex_unlock(&generator->lock);
    return id;
}

static bool read_digits(struct str text, uint64_t *high, uint64_t *low)
{
    *high = *low = 0;
    if (text.size != ID_LENGTH || digit_value(text.data[0]) > 7)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int value = digit_value(text.data[i]);
        if (value < 0)
            return false;
        *high = *high << 5 | *low >> 59;
        *low = *low << 5 | (uint64_t)value;
    }
    return true;
}

bool id_valid(struct str text)
{
    uint64_t high, low;
    return read_digits(text, &high, &low) && (high & 0xF000) == VERSION && low >> 62 == 2;
}

struct id id_from(struct str text)
{
    struct id id = {0};
    if (id_valid(text))
        memcpy(id.text, text.data, ID_LENGTH);
    return id;
}

int64_t id_time(const struct id *id)
{
    uint64_t high, low;
    return read_digits(id_str(id), &high, &low) ? (int64_t)(high >> 16) : 0;
}

struct id id_edge(int64_t ms)
{
    struct id edge;
    write_digits((uint64_t)(ms > 0 ? ms : 0) << 16, 0, &edge);
    return edge;
}
