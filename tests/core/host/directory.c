// SPDX-License-Identifier: Apache-2.0
// What citizens ask for, in both languages, over the manifests of the sample plugins.
#include "host/directory.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static char *read_file(const char *plugin)
{
    char path[256];
    snprintf(path, sizeof path, "%s/plugins/%s/%s.json", MEDINA_SOURCE_DIR, plugin, plugin);
    FILE *file = fopen(path, "r");
    cr_assert(file != NULL, "%s", path);
    char *text = mem_zero(1, 1 << 20);
    cr_assert(gt(sz, fread(text, 1, (1 << 20) - 1, file), 0));
    fclose(file);
    return text;
}

static struct bundle *bundle_of(const char *plugin)
{
    struct err err = {0};
    struct bundle *bundle = bundle_create(STR(""));
    char *text = read_file(plugin);
    int rc = manifest_parse(&bundle->manifest, str_from(text), &err);
    cr_assert(eq(int, rc, 0), "%s: %s", plugin, err.message);
    snprintf(bundle->hash, sizeof bundle->hash, "%s", plugin);
    free(text);
    return bundle;
}

static void add(struct snapshot *snapshot, const char *instance, const char *plugin,
                const char *configuration)
{
    struct bundle *bundle = bundle_of(plugin);
    json_t *own = json_loads(configuration, 0, NULL);
    cr_assert(own != NULL);
    struct route route = {.instance = instance,
                          .bundle = bundle,
                          .configuration = own,
                          .runner_count = 1};
    snapshot_add(snapshot, &route);
    bundle_release(bundle);
    json_decref(own);
}

// The city of ./dev up.
static struct snapshot *city(uint64_t number)
{
    struct snapshot *snapshot = snapshot_create(5, number);
    add(snapshot, "water-electricity", "bills",
        "{\"title\": {\"en\": \"Water and electricity\", \"ar\": \"الماء والكهرباء\"},"
        " \"agency\": {\"en\": \"Coast Water and Electricity\", \"ar\": \"هيئة الساحل للماء "
        "والكهرباء\"},"
        " \"keywords\": {\"en\": [\"bill\", \"pay\", \"electricity\", \"water\", \"power\"],"
        "  \"ar\": [\"فاتورة\", \"دفع\", \"كهرباء\", \"ماء\"]}}");
    add(snapshot, "toll", "bills",
        "{\"title\": {\"en\": \"Road toll\", \"ar\": \"تعرفة الطرق\"},"
        " \"agency\": {\"en\": \"Gate Toll\", \"ar\": \"بوابة التعرفة\"},"
        " \"summary\": {\"en\": \"See the balance of a toll account and top it up.\","
        "  \"ar\": \"اطّلع على رصيد حساب التعرفة واشحنه.\"},"
        " \"keywords\": {\"en\": [\"toll\", \"gate\", \"top up\", \"balance\"],"
        "  \"ar\": [\"تعرفة\", \"بوابة\", \"شحن\", \"رصيد\"]}}");
    add(snapshot, "fines", "fines", "{}");
    add(snapshot, "fuel", "fuel", "{}");
    add(snapshot, "pharmacies", "pharmacies", "{}");
    snapshot_sort(snapshot);
    return snapshot;
}

static struct directory *make_directory(void)
{
    struct directory *directory;
    struct err err = {0};
    cr_assert(eq(int, directory_create(&directory, &(struct search_limits){200, 12}, &err), 0),
              "%s", err.message);
    return directory;
}

// "fines/plate", "pharmacies/find Pharmacies open now", "toll", or "-".
static void name_entry(const struct directory_entry *entry, char *out, size_t size)
{
    const json_t *title = json_object_get(entry->intent, "title");
    snprintf(out, size, "%s%s%s%s%s", entry->route->instance, entry->operation ? "/" : "",
             entry->operation ? entry->operation->id : "", title ? " " : "",
             title ? json_string_value(json_object_get(title, "en")) : "");
}

static void first_of(struct directory *directory, const struct snapshot *snapshot,
                     const char *query, char *out, size_t size)
{
    struct directory_answer *answer = mem_alloc(sizeof *answer);
    directory_search(directory, snapshot, str_from(query), answer);
    snprintf(out, size, "-");
    if (answer->count)
        name_entry(&answer->entries[0], out, size);
    free(answer);
}

static const struct {
    const char *query, *first;
} wanted[] = {
#define OPEN_NOW "pharmacies/find Pharmacies open now"
#define ALL_NIGHT "pharmacies/find Pharmacies open day and night"
    // bills
    {"ادفع الكهرباء", "water-electricity/bills"},
    {"pay electricity", "water-electricity/bills"},
    {"pay my electricity bill", "water-electricity/bills"},
    {"electricity bill", "water-electricity/bills"},
    {"electricty bil", "water-electricity/bills"},
    {"how to pay water", "water-electricity/bills"},
    {"سداد فاتورة الكهربا", "water-electricity/bills"},
    {"دفع فواتير الماء", "water-electricity/bills"},
    {"أدفع فاتورة المياه", "water-electricity/bills"},
    {"water bill", "water-electricity/bills"},
    {"power bill", "water-electricity/bills"},
    {"pay elecricity", "water-electricity/bills"},
    {"PAY THE LIGHT BILL", "water-electricity/bills"},
    {"كهرباء", "water-electricity"},
    {"electricity", "water-electricity"},
    {"Coast Water and Electricity", "water-electricity"},
    {"water and electricity", "water-electricity"},
    {"link electricity account", "water-electricity/link"},
    {"ربط حساب الكهرباء", "water-electricity/link"},
    // the toll
    {"toll", "toll"},
    {"road toll", "toll"},
    {"top up toll", "toll/bills"},
    {"تعرفة الطرق", "toll"},
    {"شحن رصيد البوابة", "toll/bills"},
    {"pay toll", "toll/bills"},
    // fines
    {"fine on my car", "fines/plate"},
    {"fines on my vehicle", "fines/plate"},
    {"مخالفات سيارتي", "fines/plate"},
    {"مخالفة على السيارة", "fines/plate"},
    {"speeding ticket", "fines/plate"},
    {"i got a ticket", "fines/plate"},
    {"my car has a fine", "fines/plate"},
    {"ابي ادفع مخالفة", "fines/plate"},
    {"pay a fine", "fines/plate"},
    {"دفع المخالفات", "fines/plate"},
    {"ادفع مخالفة مرورية", "fines/plate"},
    {"fines of a plate", "fines/plate"},
    {"رقم اللوحة", "fines/plate"},
    {"driving licence fines", "fines/licence"},
    {"مخالفات رخصة القيادة", "fines/licence"},
    {"black points", "fines/licence"},
    {"النقاط السوداء", "fines/licence"},
    {"traffic file", "fines/file"},
    {"الملف المروري", "fines/file"},
    {"contest a fine", "fines/mine"},
    {"اعتراض على مخالفة", "fines/mine"},
    {"my fines", "fines/mine"},
    {"تقسيط المخالفات", "fines/mine"},
    {"traffic fines", "fines"},
    // fuel
    {"petrol near me", "fuel/stations"},
    {"diesel near me", "fuel/stations Stations that sell diesel"},
    {"gas station", "fuel/stations"},
    {"محطة بنزين قريبة", "fuel/stations"},
    {"nearest petrol station", "fuel/stations"},
    {"أقرب محطة وقود", "fuel/stations"},
    {"diesel", "fuel/stations Stations that sell diesel"},
    {"ديزل", "fuel/stations Stations that sell diesel"},
    {"petrol price", "fuel/prices"},
    {"how much is petrol", "fuel/prices"},
    {"كم سعر البنزين", "fuel/prices"},
    {"أسعار الوقود", "fuel/prices"},
    {"fuel prices this month", "fuel/prices"},
    // health
    {"open pharmacy near me", OPEN_NOW},
    {"صيدلية مفتوحة", OPEN_NOW},
    {"صيدليات قريبة مني مفتوحة الآن", OPEN_NOW},
    {"chemist open now", OPEN_NOW},
    {"وين اقرب صيدلية", OPEN_NOW},
    {"احتاج دواء", OPEN_NOW},
    {"pharmacy", OPEN_NOW},
    {"الصيدليه", OPEN_NOW},
    {"pharmcy", OPEN_NOW},
    {"phar", OPEN_NOW},
    {"دواء", OPEN_NOW},
    {"24 hour pharmacy", ALL_NIGHT},
    {"صيدلية مناوبة", ALL_NIGHT},
    {"صيدلية ٢٤ ساعة", ALL_NIGHT},
    {"night chemist", ALL_NIGHT},
    {"dentist", "pharmacies/find Dentists"},
    {"toothache", "pharmacies/find Dentists"},
    {"طبيب أسنان", "pharmacies/find Dentists"},
    {"دكتور اسنان", "pharmacies/find Dentists"},
    {"hospital", "pharmacies/find Hospitals"},
    {"أقرب مستشفى", "pharmacies/find Hospitals"},
    {"المستشفيات", "pharmacies/find Hospitals"},
    {"emergency", "pharmacies/find Emergency departments"},
    {"طوارئ", "pharmacies/find Emergency departments"},
    {"paediatrician", "pharmacies/find Doctors for children"},
    {"طبيب اطفال", "pharmacies/find Doctors for children"},
    {"kids doctor", "pharmacies/find Doctors for children"},
    {"skin doctor", "pharmacies/find Skin doctors"},
    {"طبيب جلدية", "pharmacies/find Skin doctors"},
    {"women doctor", "pharmacies/find Doctors for women and maternity"},
    {"طبيب عيون", "pharmacies/find Eye doctors"},
    {"doctor", "pharmacies/find Doctors"},
    {"دكتور", "pharmacies/find Doctors"},
    {"hospitel", "pharmacies/find Hospitals"},
    {"clinic open now", "pharmacies/find Clinics open now"},
    {"عيادة", "pharmacies/find Clinics open now"},
    // nothing of that kind here
    {"unicorn", "-"},
    {"جواز سفر", "-"},
    {"marriage certificate", "-"},
    {"?!", "-"},
};

Test(directory, answers_what_citizens_ask_with_what_they_can_do)
{
    struct directory *directory = make_directory();
    struct snapshot *snapshot = city(1);
    cr_assert(ge(sz, sizeof wanted / sizeof *wanted, 60));
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char first[200];
        first_of(directory, snapshot, wanted[i].query, first, sizeof first);
        cr_expect(eq(str, first, (char *)wanted[i].first), "%s", wanted[i].query);
    }
    snapshot_release(snapshot);
    directory_destroy(directory);
}

Test(directory, shows_the_service_below_its_action_and_nothing_twice)
{
    struct directory *directory = make_directory();
    struct snapshot *snapshot = city(1);
    struct directory_answer answer;
    directory_search(directory, snapshot, STR("ادفع الكهرباء"), &answer);
    cr_assert(ge(sz, answer.count, 2));
    cr_expect(eq(str, (char *)answer.entries[1].route->instance, "water-electricity"));
    cr_expect(answer.entries[1].operation == NULL);
    for (size_t i = 0; i < answer.count; i++)
        for (size_t k = 0; k < i; k++)
            cr_expect(memcmp(&answer.entries[i], &answer.entries[k], sizeof *answer.entries) != 0);
    snapshot_release(snapshot);
    directory_destroy(directory);
}

Test(directory, follows_what_is_loaded)
{
    struct directory *directory = make_directory();
    struct snapshot *before = city(1), *after = snapshot_create(1, 2);
    char first[200];
    first_of(directory, before, "petrol price", first, sizeof first);
    cr_expect(eq(str, first, "fuel/prices"));
    add(after, "fines", "fines", "{}");
    first_of(directory, after, "petrol price", first, sizeof first);
    cr_expect(eq(str, first, "-"));
    first_of(directory, after, "fine on my car", first, sizeof first);
    cr_expect(eq(str, first, "fines/plate"));
    // A loop that has not adopted the newer snapshot yet answers from its own.
    first_of(directory, before, "fine on my car", first, sizeof first);
    cr_expect(eq(str, first, "fines/plate"));
    snapshot_release(before);
    snapshot_release(after);
    directory_destroy(directory);
}

// A process that ended makes a new snapshot, and no new index; another title makes one.
Test(directory, sees_a_text_that_the_operator_changed)
{
    struct directory *directory = make_directory();
    char first[200];
    static const char *const titles[] = {"Canal ferries", "Canal ferries", "Harbour boats"};
    for (uint64_t number = 1; number <= 3; number++) {
        struct snapshot *snapshot = snapshot_create(1, number);
        char own[200];
        snprintf(own, sizeof own, "{\"title\": {\"en\": \"%s\", \"ar\": \"قوارب\"}}",
                 titles[number - 1]);
        add(snapshot, "boats", "bills", own);
        first_of(directory, snapshot, "canal ferry", first, sizeof first);
        cr_expect(eq(str, first, number < 3 ? "boats" : "-"), "%d", (int)number);
        snapshot_release(snapshot);
    }
    directory_destroy(directory);
}

// ---- several loops ----

enum { LOOPS = 4, ASKED = 60 };

struct asking {
    struct directory *directory;
    struct snapshot *with_fuel, *without;
    unsigned first, wrong;
};

// Snapshots come to the loops at different times: an index that is older or newer than a loop's own
// snapshot may miss what is new, and never answers with what the snapshot does not hold.
static void *ask_on(void *argument)
{
    struct asking *asking = argument;
    for (unsigned i = 0; i < ASKED; i++) {
        bool fuel = (i + asking->first) % 2;
        struct snapshot *snapshot = fuel ? asking->with_fuel : asking->without;
        char first[200];
        first_of(asking->directory, snapshot, "petrol price", first, sizeof first);
        bool right = strcmp(first, "-") == 0 || (fuel && strcmp(first, "fuel/prices") == 0);
        first_of(asking->directory, snapshot, "fine on my car", first, sizeof first);
        asking->wrong += !right || strcmp(first, "fines/plate") != 0;
    }
    return NULL;
}

Test(directory, is_asked_by_many_loops_while_what_is_loaded_changes)
{
    struct directory *directory = make_directory();
    struct snapshot *with_fuel = city(2), *without = snapshot_create(1, 1);
    pthread_t threads[LOOPS];
    struct asking asking[LOOPS];
    add(without, "fines", "fines", "{}");
    for (unsigned i = 0; i < LOOPS; i++) {
        asking[i] = (struct asking){directory, with_fuel, without, i, 0};
        cr_assert(eq(int, pthread_create(&threads[i], NULL, ask_on, &asking[i]), 0));
    }
    for (unsigned i = 0; i < LOOPS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect(eq(u32, asking[i].wrong, 0));
    }
    char first[200];
    first_of(directory, with_fuel, "petrol price", first, sizeof first);
    cr_expect(eq(str, first, "fuel/prices"));
    snapshot_release(with_fuel);
    snapshot_release(without);
    directory_destroy(directory);
}
