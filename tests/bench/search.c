// SPDX-License-Identifier: Apache-2.0
// bench-search SERVICES ROUNDS: search over invented services, and SQLite's FTS5 over the same
// texts. Prints one JSON object: milliseconds and megabytes.
//
// A service has title, summary and keywords in both languages and four operations with their own.
// Queries are of every kind that citizens type: whole words of either language, several words, the
// beginning of a word, a word with a letter wrong, a synonym, and words that are nowhere. FTS5
// (unicode61, prefix match on the last word) is asked the same; it knows no typing mistakes,
// synonyms or Arabic spelling, so it does less for its time.
#include "base/clock.h"
#include "base/mem.h"
#include "search/index.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPERATIONS = 4, QUERIES = 400, HITS = 64, WORDS = 40 };

static const char *const things[WORDS] = {
    "electricity", "water",    "fines",     "pharmacy", "fuel",      "parking",  "visa",
    "passport",    "licence",  "vehicle",   "school",   "nursery",   "hospital", "clinic",
    "court",       "marriage", "birth",     "tenancy",  "property",  "building", "company",
    "trade",       "tax",      "customs",   "waste",    "recycling", "tree",     "beach",
    "library",     "museum",   "transport", "metro",    "taxi",      "road",     "insurance",
    "pension",     "charity",  "animal",    "vaccine",  "internet"};
static const char *const arabic[WORDS] = {
    "الكهرباء", "الماء",   "المخالفات", "الصيدليات", "الوقود",   "المواقف",  "التأشيرات",
    "الجوازات", "الرخص",   "المركبات",  "المدارس",   "الحضانات", "المستشفى", "العيادات",
    "المحاكم",  "الزواج",  "المواليد",  "الإيجار",   "العقارات", "المباني",  "الشركات",
    "التجارة",  "الضرائب", "الجمارك",   "النفايات",  "التدوير",  "الأشجار",  "الشواطئ",
    "المكتبات", "المتاحف", "النقل",     "المترو",    "الأجرة",   "الطرق",    "التأمين",
    "المعاشات", "الخير",   "الحيوان",   "اللقاح",    "الإنترنت"};
static const char *const acts[][2] = {{"pay", "دفع"},        {"renew", "تجديد"},
                                      {"apply for", "طلب"},  {"cancel", "إلغاء"},
                                      {"register", "تسجيل"}, {"find", "بحث عن"},
                                      {"report", "بلاغ عن"}, {"check", "استعلام عن"}};

struct text {
    char title[200], summary[400], keywords[200];
};

static uint64_t state = 88172645463325252u;

static unsigned next(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 11) % below;
}

// Names as an agency would give them, so that the vocabulary grows with the services.
static void invent(struct text *text, unsigned service)
{
    unsigned a = next(WORDS), b = next(WORDS), act = next(8);
    snprintf(text->title, sizeof text->title, "%s %s office%u %s %s", acts[act][0], things[a],
             service, acts[act][1], arabic[a]);
    snprintf(text->summary, sizeof text->summary,
             "%s your %s and see %s of district%u in one place. اطّلع على %s و%s في منطقة %u.",
             acts[act][0], things[a], things[b], next(500), arabic[a], arabic[b], service);
    snprintf(text->keywords, sizeof text->keywords, "%s %s %s %s form%u", things[a], things[b],
             arabic[a], arabic[b], next(2000));
}

static void query_text(char *out, size_t size, unsigned number)
{
    unsigned a = next(WORDS), b = next(WORDS), act = next(8);
    const char *word = things[a];
    switch (number % 8) {
    case 0:
        snprintf(out, size, "%s", word);
        return;
    case 1:
        snprintf(out, size, "%s", arabic[a]);
        return;
    case 2:
        snprintf(out, size, "%s my %s", acts[act][0], word);
        return;
    case 3:
        snprintf(out, size, "%s %s", acts[act][1], arabic[a] + 4); // without the article
        return;
    case 4: // as it is typed
        snprintf(out, size, "%.*s", (int)(strlen(word) * 2 / 3), word);
        return;
    case 5: // a letter too few
        snprintf(out, size, "%s %.2s%s", acts[act][0], word, word + 3);
        return;
    case 6:
        snprintf(out, size, "how do I %s the %s of my %s near me please", acts[act][0], word,
                 things[b]);
        return;
    default:
        snprintf(out, size, "zyzzyva%u xylem%u", next(1000), next(1000));
    }
}

static struct search_index *build(const struct lexicon *lexicon, const struct text *texts,
                                  size_t services)
{
    struct search_builder *builder = search_begin(lexicon);
    for (size_t i = 0; i < services * (1 + OPERATIONS); i++) {
        const struct text *own = &texts[i], *service = &texts[i - i % (1 + OPERATIONS)];
        search_add_document(builder);
        search_add_text(builder, SEARCH_TITLE, str_from(own->title));
        search_add_text(builder, SEARCH_SUMMARY, str_from(own->summary));
        search_add_text(builder, SEARCH_KEYWORDS, str_from(own->keywords));
        if (own == service)
            continue;
        search_add_text(builder, SEARCH_AROUND, str_from(service->title));
        search_add_text(builder, SEARCH_AROUND_KEYWORDS, str_from(service->keywords));
    }
    return search_finish(builder);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double percentile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, by_value);
    return values[(size_t)((double)(count - 1) * share)];
}

static void must(int code, sqlite3 *db)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return;
    fprintf(stderr, "bench-search: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static sqlite3 *fill(const struct text *texts, size_t count)
{
    sqlite3 *db;
    sqlite3_stmt *insert;
    must(sqlite3_open(":memory:", &db), db);
    must(sqlite3_exec(db,
                      "CREATE VIRTUAL TABLE doc USING fts5(title, summary, keywords, "
                      "tokenize = 'unicode61', prefix = '2 3'); BEGIN",
                      NULL, NULL, NULL),
         db);
    must(sqlite3_prepare_v2(db, "INSERT INTO doc VALUES (?, ?, ?)", -1, &insert, NULL), db);
    for (size_t i = 0; i < count; i++) {
        const char *values[] = {texts[i].title, texts[i].summary, texts[i].keywords};
        for (int k = 0; k < 3; k++)
            sqlite3_bind_text(insert, k + 1, values[k], -1, SQLITE_STATIC);
        must(sqlite3_step(insert), db);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), db);
    return db;
}

// FTS5's words, any of them, the last as a beginning.
static void match_text(const char *query, char *out, size_t size)
{
    size_t used = 0;
    for (const char *at = query; *at && used + 80 < size;) {
        size_t length = strcspn(at, " ");
        used += (size_t)snprintf(out + used, size - used, "%s\"%.*s\"%s", used ? " OR " : "",
                                 (int)length, at, at[length] ? "" : "*");
        at += length + (at[length] == ' ');
    }
}

static double ask_peer(sqlite3 *db, sqlite3_stmt *select, const char *query)
{
    char match[1000] = "";
    uint64_t begin = clock_monotonic_ns();
    match_text(query, match, sizeof match);
    sqlite3_bind_text(select, 1, match, -1, SQLITE_STATIC);
    int code;
    while ((code = sqlite3_step(select)) == SQLITE_ROW) {
    }
    must(code, db);
    sqlite3_reset(select);
    return (double)(clock_monotonic_ns() - begin) / 1e6;
}

static double ask(const struct search_index *index, const char *query, size_t *found)
{
    static const struct search_limits limits = {200, 12};
    struct search_hit hits[HITS];
    struct search_answer answer = {.hits = hits, .capacity = HITS};
    uint64_t begin = clock_monotonic_ns();
    search_find(index, str_from(query), &limits, &answer);
    *found += answer.count > 0;
    return (double)(clock_monotonic_ns() - begin) / 1e6;
}

int main(int argc, char **argv)
{
    size_t services = argc > 1 ? (size_t)atoi(argv[1]) : 1000, found = 0, asked = 0;
    size_t rounds = argc > 2 && atoi(argv[2]) > 0 ? (size_t)atoi(argv[2]) : 10,
           count = services * (1 + OPERATIONS);
    struct err err = {0};
    struct lexicon *lexicon = lexicon_own(&err);
    struct text *texts = mem_alloc(count * sizeof *texts);
    double *ours = mem_alloc(rounds * QUERIES * sizeof *ours);
    double *theirs = mem_alloc(rounds * QUERIES * sizeof *theirs);
    for (size_t i = 0; i < count; i++)
        invent(&texts[i], (unsigned)(i / (1 + OPERATIONS)));
    uint64_t begin = clock_monotonic_ns();
    struct search_index *index = build(lexicon, texts, services);
    double built = (double)(clock_monotonic_ns() - begin) / 1e6;
    sqlite3 *db = fill(texts, count);
    sqlite3_stmt *select;
    must(sqlite3_prepare_v2(db, "SELECT rowid FROM doc WHERE doc MATCH ? ORDER BY rank LIMIT 64",
                            -1, &select, NULL),
         db);
    for (size_t round = 0; round < rounds; round++)
        for (unsigned i = 0; i < QUERIES; i++) {
            char query[300];
            query_text(query, sizeof query, i);
            ours[asked] = ask(index, query, &found);
            theirs[asked++] = ask_peer(db, select, query);
        }
    printf("{\"p99_ms\": %.4f, \"p50_ms\": %.4f, \"fts5_p99_ms\": %.4f, \"fts5_p50_ms\": %.4f, "
           "\"found\": %.3f, \"documents\": %zu, \"build_ms\": %.1f, \"megabytes\": %.2f}\n",
           percentile(ours, asked, 0.99), percentile(ours, asked, 0.5),
           percentile(theirs, asked, 0.99), percentile(theirs, asked, 0.5),
           (double)found / (double)asked, count, built, (double)search_bytes(index) / 1e6);
    sqlite3_finalize(select);
    sqlite3_close(db);
    search_destroy(index);
    lexicon_destroy(lexicon);
    free(texts);
    free(ours);
    free(theirs);
    return 0;
}
