// SPDX-License-Identifier: Apache-2.0
// Each loop has a desk: its watches by topic, and a box into which other loops put what was
// published. The box is the desk's own and the message to the loop only says "look": a message that
// a loop which has ended never reads leaves nothing behind.

#include "host/live.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUCKETS = 64, KEY = 128 };

struct desk {
    struct loop *loop;
    struct list watches[BUCKETS];
    _Atomic unsigned watched; // whether anybody here looks at anything
    pthread_mutex_t lock;
    struct list box; // of struct news
};

struct caller {
    struct list node;
    unsigned streams;
    char name[];
};

struct live {
    struct live_limits limits;
    pthread_mutex_t lock; // of the callers
    struct list callers;
    _Atomic unsigned streams;
    unsigned count;
    struct desk desks[];
};

struct news {
    struct list node;
    char key[KEY];
    char *result;
};

struct live_watch {
    struct list node;
    struct desk *desk;
    struct signal *news;
    char *newest;
    char key[KEY];
};

// ---- making ----

void live_create(struct live **out, struct loop **loops, unsigned count,
                 const struct live_limits *limits)
{
    struct live *live = mem_zero(1, sizeof *live + count * sizeof *live->desks);
    live->limits = *limits;
    live->count = count;
    pthread_mutex_init(&live->lock, NULL);
    list_init(&live->callers);
    for (unsigned i = 0; i < count; i++) {
        struct desk *desk = &live->desks[i];
        desk->loop = loops[i];
        pthread_mutex_init(&desk->lock, NULL);
        list_init(&desk->box);
        for (size_t k = 0; k < BUCKETS; k++)
            list_init(&desk->watches[k]);
    }
    *out = live;
}

static void free_news(struct news *news)
{
    free(news->result);
    free(news);
}

void live_destroy(struct live *live)
{
    if (!live)
        return;
    for (unsigned i = 0; i < live->count; i++) {
        for (struct list *node; (node = list_take_first(&live->desks[i].box));)
            free_news(LIST_ELEMENT(node, struct news, node));
        pthread_mutex_destroy(&live->desks[i].lock);
    }
    for (struct list *node; (node = list_take_first(&live->callers));)
        free(LIST_ELEMENT(node, struct caller, node));
    pthread_mutex_destroy(&live->lock);
    free(live);
}

const struct live_limits *live_limits(const struct live *live)
{
    return &live->limits;
}

unsigned live_streams(const struct live *live)
{
    return live->streams;
}

// ---- topics ----

bool live_topic_is_valid(struct str topic)
{
    bool valid = topic.size > 0 && topic.size < LIVE_TOPIC;
    for (size_t i = 0; i < topic.size && valid; i++) {
        char c = topic.data[i];
        valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                (c && strchr("._:-", c));
    }
    return valid;
}

// An instance's name has no blanks.
static void write_key(char key[KEY], const char *instance, struct str topic)
{
    snprintf(key, KEY, "%s " STR_FORMAT, instance, STR_ARGUMENTS(topic));
}

static struct list *bucket_of(struct desk *desk, const char *key)
{
    uint32_t hash = 2166136261u; // FNV-1a
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return &desk->watches[hash % BUCKETS];
}

static struct desk *own_desk(struct live *live)
{
    for (unsigned i = 0; i < live->count; i++)
        if (live->desks[i].loop == task_loop())
            return &live->desks[i];
    return NULL;
}

// ---- publishing ----

static void hand_out(struct desk *desk, const struct news *news)
{
    LIST_EACH(bucket_of(desk, news->key), node)
    {
        struct live_watch *watch = LIST_ELEMENT(node, struct live_watch, node);
        if (strcmp(watch->key, news->key) != 0)
            continue;
        free(watch->newest);
        watch->newest = mem_string(news->result);
        signal_raise(watch->news);
    }
}

static void open_box(void *argument)
{
    struct desk *desk = argument;
    struct list taken;
    list_init(&taken);
    pthread_mutex_lock(&desk->lock);
    list_splice(&taken, &desk->box);
    pthread_mutex_unlock(&desk->lock);
    for (struct list *node; (node = list_take_first(&taken));) {
        struct news *news = LIST_ELEMENT(node, struct news, node);
        hand_out(desk, news);
        free_news(news);
    }
}

static struct news *find_news(struct desk *desk, const char *key)
{
    LIST_EACH(&desk->box, node)
    {
        struct news *news = LIST_ELEMENT(node, struct news, node);
        if (strcmp(news->key, key) == 0)
            return news;
    }
    return NULL;
}

// What lies in the box under the same topic is replaced.
static void put(struct desk *desk, const char *key, struct str result)
{
    pthread_mutex_lock(&desk->lock);
    struct news *news = find_news(desk, key);
    bool fresh = !news;
    if (fresh) {
        news = mem_zero(1, sizeof *news);
        memcpy(news->key, key, KEY);
        list_append(&desk->box, &news->node);
    }
    free(news->result);
    news->result = mem_copy(result.data, result.size);
    pthread_mutex_unlock(&desk->lock);
    if (fresh)
        loop_post(desk->loop, open_box, desk);
}

void live_publish(struct live *live, const char *instance, struct str topic, struct str result)
{
    char key[KEY] = "";
    write_key(key, instance, topic);
    for (unsigned i = 0; i < live->count; i++)
        if (atomic_load(&live->desks[i].watched))
            put(&live->desks[i], key, result);
}

// ---- looking ----

struct live_watch *live_watch(struct live *live, const char *instance, struct str topic,
                              struct signal *news)
{
    struct live_watch *watch = mem_zero(1, sizeof *watch);
    watch->desk = own_desk(live);
    watch->news = news;
    write_key(watch->key, instance, topic);
    list_append(bucket_of(watch->desk, watch->key), &watch->node);
    atomic_fetch_add(&watch->desk->watched, 1);
    return watch;
}

void live_unwatch(struct live_watch *watch)
{
    if (!watch)
        return;
    list_remove(&watch->node);
    atomic_fetch_sub(&watch->desk->watched, 1);
    free(watch->newest);
    free(watch);
}

char *live_take(struct live_watch *watch)
{
    char *newest = watch->newest;
    watch->newest = NULL;
    return newest;
}

// ---- how many ----

static struct caller *find_caller(struct live *live, struct str name)
{
    LIST_EACH(&live->callers, node)
    {
        struct caller *caller = LIST_ELEMENT(node, struct caller, node);
        if (str_is(name, caller->name))
            return caller;
    }
    return NULL;
}

static struct caller *add_caller(struct live *live, struct str name)
{
    struct caller *caller = mem_zero(1, sizeof *caller + name.size + 1);
    memcpy(caller->name, name.data, name.size);
    list_append(&live->callers, &caller->node);
    return caller;
}

int live_admit(struct live *live, struct str name, struct err *err)
{
    pthread_mutex_lock(&live->lock);
    struct caller *caller = find_caller(live, name);
    bool room = live->streams < live->limits.streams &&
                (!caller || caller->streams < live->limits.streams_per_caller);
    if (room) {
        caller = caller ? caller : add_caller(live, name);
        caller->streams++;
        live->streams++;
    }
    pthread_mutex_unlock(&live->lock);
    return room ? 0 : err_set(err, ERR_LIMIT, "too many streams are open");
}

void live_dismiss(struct live *live, struct str name)
{
    pthread_mutex_lock(&live->lock);
    struct caller *caller = find_caller(live, name);
    live->streams--;
    if (--caller->streams == 0) {
        list_remove(&caller->node);
        free(caller);
    }
    pthread_mutex_unlock(&live->lock);
}
