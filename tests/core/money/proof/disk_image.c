// SPDX-License-Identifier: Apache-2.0
#include "disk_image.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SECTOR = 512, IMAGES = 16 };

struct write {
    size_t at, size; // of a truncation at is the file's size
    char *bytes;     // NULL: a truncation
};

struct disk_image {
    char path[160];
    bool started;
    bool there; // its name is in the folder, on the disk
    char *bytes;
    size_t size, capacity; // on the disk
    struct write *writes;  // since the last sync, in order
    size_t count, room;
    bool deleted; // but the folder was not synced
    bool cut;     // bytes and there are what survived
};

static struct disk_image images[IMAGES];
static bool dark = true; // the power is going: a sector may become rubbish
static size_t image_count;

struct disk_image *disk_image_of(const char *path)
{
    for (size_t i = 0; i < image_count; i++)
        if (strcmp(images[i].path, path) == 0)
            return &images[i];
    cr_assert_lt(image_count, IMAGES);
    struct disk_image *image = &images[image_count++];
    *image = (struct disk_image){0};
    snprintf(image->path, sizeof image->path, "%s", path);
    return image;
}

bool disk_image_is_new(const struct disk_image *image)
{
    return !image->started;
}

static void reserve(struct disk_image *image, size_t size)
{
    if (size <= image->capacity)
        return;
    size_t capacity = image->capacity ? image->capacity : 65536;
    while (capacity < size)
        capacity *= 2;
    image->bytes = mem_resize(image->bytes, capacity);
    image->capacity = capacity;
}

static void grow(struct disk_image *image, size_t size)
{
    if (size <= image->size)
        return;
    reserve(image, size);
    memset(image->bytes + image->size, 0, size - image->size);
    image->size = size;
}

char *disk_image_start(struct disk_image *image, size_t size)
{
    image->started = true;
    image->there = size > 0; // SQLite has just made an empty one
    grow(image, size);
    return image->bytes;
}

static void note(struct disk_image *image, struct write write)
{
    if (image->count == image->room) {
        image->room = image->room ? image->room * 2 : 64;
        image->writes = mem_resize(image->writes, image->room * sizeof *image->writes);
    }
    image->writes[image->count++] = write;
}

void disk_image_write(struct disk_image *image, const void *bytes, size_t size, size_t at)
{
    note(image, (struct write){at, size, mem_copy(bytes, size)});
}

void disk_image_truncate(struct disk_image *image, size_t size)
{
    note(image, (struct write){.at = size});
}

static void forget_writes(struct disk_image *image)
{
    for (size_t i = 0; i < image->count; i++)
        free(image->writes[i].bytes);
    image->count = 0;
}

static void apply(struct disk_image *image, size_t at, const char *bytes, size_t size)
{
    grow(image, at + size);
    memcpy(image->bytes + at, bytes, size);
}

void disk_image_sync(struct disk_image *image)
{
    if (!image->there)
        image->size = 0; // what an older file of this name had is not this one's
    image->there = true;
    image->deleted = false;
    for (size_t i = 0; i < image->count; i++) {
        const struct write *write = &image->writes[i];
        if (write->bytes)
            apply(image, write->at, write->bytes, write->size);
        else if (write->at < image->size)
            image->size = write->at;
    }
    forget_writes(image);
}

void disk_image_delete(struct disk_image *image, bool for_good)
{
    forget_writes(image);
    image->deleted = image->there && !for_good;
    image->there = false;
    image->started = true;
    if (!image->deleted)
        image->size = 0;
}

// --- what survives -------------------------------------------------------------------------------

static unsigned choose(unsigned *seed, unsigned below)
{
    return (unsigned)rand_r(seed) % below;
}

// A part of a write that lies in one sector: all of it, its beginning, its end, or the whole sector
// is rubbish. (Not so after a sync that failed: the machine still has the sector's other bytes and
// writes them with the next ones.)
static void survive(struct disk_image *image, size_t at, const char *bytes, size_t size,
                    unsigned *seed)
{
    size_t cut = choose(seed, (unsigned)size);
    switch (choose(seed, 12)) {
    case 0:
        apply(image, at, bytes, cut);
        break;
    case 1:
        apply(image, at + cut, bytes + cut, size - cut);
        break;
    case 2:
        if (!dark)
            break;
        grow(image, at / SECTOR * SECTOR + SECTOR);
        for (size_t i = 0; i < SECTOR; i++)
            image->bytes[at / SECTOR * SECTOR + i] = (char)choose(seed, 256);
        break;
    default:
        apply(image, at, bytes, size);
    }
}

// chance: of 10 parts so many reach the disk.
static void survive_some(struct disk_image *image, const struct write *write, unsigned chance,
                         unsigned *seed)
{
    for (size_t at = write->at, end = write->at + write->size; at < end;) {
        size_t next = (at / SECTOR + 1) * SECTOR, size = (next < end ? next : end) - at;
        if (choose(seed, 10) < chance)
            survive(image, at, write->bytes + (at - write->at), size, seed);
        at += size;
    }
}

static void cut(struct disk_image *image, unsigned *seed)
{
    static const unsigned chances[] = {0, 1, 5, 9, 10};
    unsigned chance = chances[choose(seed, 5)];
    if (image->deleted) // the old file is back, or not, or the new one is there
        image->there = choose(seed, 2);
    else if (!image->there && image->count)
        image->there = choose(seed, 2);
    for (size_t i = 0; i < image->count && !image->deleted; i++) {
        const struct write *write = &image->writes[i];
        if (write->bytes)
            survive_some(image, write, chance, seed);
        else if (write->at < image->size && choose(seed, 2))
            image->size = write->at;
    }
    forget_writes(image);
    image->deleted = false;
}

void disk_image_sync_failed(struct disk_image *image, unsigned seed)
{
    dark = false;
    cut(image, &seed);
    dark = true;
    image->there = true;
}

void disk_images_cut(unsigned seed)
{
    for (size_t i = 0; i < image_count; i++) {
        cut(&images[i], &seed);
        images[i].cut = true;
    }
}

static void write_back(const struct disk_image *image)
{
    char shared[176];
    snprintf(shared, sizeof shared, "%s-shm", image->path);
    unlink(shared); // memory: gone with the power
    if (!image->there) {
        unlink(image->path);
        return;
    }
    FILE *file = fopen(image->path, "wb");
    cr_assert_not_null(file, "%s", image->path);
    cr_assert_eq(fwrite(image->bytes, 1, image->size, file), image->size);
    cr_assert_eq(fclose(file), 0);
}

void disk_images_write_back(void)
{
    for (size_t i = 0; i < image_count; i++)
        write_back(&images[i]);
}

void disk_images_forget(void)
{
    for (size_t i = 0; i < image_count; i++) {
        forget_writes(&images[i]);
        free(images[i].bytes);
        free(images[i].writes);
    }
    image_count = 0;
}
