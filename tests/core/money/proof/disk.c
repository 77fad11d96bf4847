// SPDX-License-Identifier: Apache-2.0
#include "disk.h"

#include "disk_image.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct disk_file {
    sqlite3_file base;
    struct disk_image *image; // NULL: not followed
    const char *path;         // of a file whose log may be truncated or deleted
    sqlite3_file *real;
};

// What a process has one of: SQLite has one default VFS.
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    pthread_mutex_t lock;
    struct disk_plan plan;
    uint64_t points, failed_syncs;
    bool struck, dark; // dark: what the power left is decided
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool gone(void)
{
    return disk.struck && (disk.plan.fault == DISK_CUTS || disk.plan.fault == DISK_STOPS);
}

static void cut(void)
{
    if (!disk.dark)
        disk_images_cut(disk.plan.seed);
    disk.dark = true;
}

// Under the lock: what becomes of the operation at this point. 0: it happens.
static int point(void)
{
    const struct disk_plan *plan = &disk.plan;
    if (gone())
        return SQLITE_IOERR;
    disk.points++;
    uint64_t lasts = plan->lasts ? plan->lasts : 1;
    if (plan->at == 0 || disk.points < plan->at || disk.points - plan->at >= lasts)
        return 0;
    disk.struck = true;
    if (plan->fault == DISK_CUTS)
        cut();
    return plan->fault == DISK_FAILS ? plan->code : gone() ? SQLITE_IOERR : 0;
}

static bool kills_now(void)
{
    return disk.plan.fault == DISK_KILLS && disk.plan.at != 0 && disk.points == disk.plan.at;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

// --- a file --------------------------------------------------------------------------------------

static struct disk_file *file_of(sqlite3_file *file)
{
    return (struct disk_file *)(void *)file;
}

static int disk_close(sqlite3_file *file)
{
    return file_of(file)->real->pMethods->xClose(file_of(file)->real);
}

static int disk_read(sqlite3_file *file, void *out, int size, sqlite3_int64 at)
{
    struct disk_file *own = file_of(file);
    if (gone())
        return SQLITE_IOERR_READ;
    return own->real->pMethods->xRead(own->real, out, size, at);
}

static int disk_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    struct disk_file *own = file_of(file);
    pthread_mutex_lock(&disk.lock);
    int rc = point();
    if (rc == 0 && kills_now()) {
        own->real->pMethods->xWrite(own->real, bytes, (int)(disk.plan.seed % (unsigned)size), at);
        die();
    }
    if (rc == 0)
        rc = own->real->pMethods->xWrite(own->real, bytes, size, at);
    if (rc == 0 && own->image)
        disk_image_write(own->image, bytes, (size_t)size, (size_t)at);
    pthread_mutex_unlock(&disk.lock);
    return rc;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct disk_file *own = file_of(file);
    pthread_mutex_lock(&disk.lock);
    int rc = point();
    if (rc == 0 && kills_now())
        die();
    if (rc == 0)
        rc = own->real->pMethods->xTruncate(own->real, size);
    if (rc == 0 && own->image)
        disk_image_truncate(own->image, (size_t)size);
    pthread_mutex_unlock(&disk.lock);
    return rc;
}

// A sync that fails is never made good by the next one: what it was to write is there or lost.
static int disk_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    struct disk_file *own = file_of(file);
    pthread_mutex_lock(&disk.lock);
    int rc = point();
    if (rc == 0 && kills_now())
        die();
    if (own->image && rc == 0 && !disk.plan.never_sync)
        disk_image_sync(own->image);
    if (rc == 0) {
        rc = point();
        if (rc == 0 && kills_now())
            die();
    }
    if (rc != 0) {
        disk.failed_syncs++;
        if (own->image && disk.plan.fault == DISK_FAILS)
            disk_image_sync_failed(own->image, disk.plan.seed + (unsigned)disk.points);
    }
    pthread_mutex_unlock(&disk.lock);
    return rc;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return file_of(file)->real->pMethods->xFileSize(file_of(file)->real, size);
}

static int disk_lock(sqlite3_file *file, int level)
{
    return file_of(file)->real->pMethods->xLock(file_of(file)->real, level);
}

static int disk_unlock(sqlite3_file *file, int level)
{
    return file_of(file)->real->pMethods->xUnlock(file_of(file)->real, level);
}

static int disk_reserved(sqlite3_file *file, int *out)
{
    return file_of(file)->real->pMethods->xCheckReservedLock(file_of(file)->real, out);
}

static int disk_control(sqlite3_file *file, int operation, void *argument)
{
    if (operation == SQLITE_FCNTL_POWERSAFE_OVERWRITE && disk.plan.control_psow) {
        *(int *)argument = 1;
        return SQLITE_OK;
    }
    return file_of(file)->real->pMethods->xFileControl(file_of(file)->real, operation, argument);
}

static int disk_sector(sqlite3_file *file)
{
    return file_of(file)->real->pMethods->xSectorSize(file_of(file)->real);
}

static int disk_traits(sqlite3_file *file)
{
    int traits = file_of(file)->real->pMethods->xDeviceCharacteristics(file_of(file)->real);
    return disk.plan.says_psow ? traits | SQLITE_IOCAP_POWERSAFE_OVERWRITE : traits;
}

static int disk_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    sqlite3_file *real = file_of(file)->real;
    return real->pMethods->xShmMap(real, page, size, extend, out);
}

static int disk_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    sqlite3_file *real = file_of(file)->real;
    return real->pMethods->xShmLock(real, offset, count, flags);
}

static void disk_shm_barrier(sqlite3_file *file)
{
    file_of(file)->real->pMethods->xShmBarrier(file_of(file)->real);
}

static int disk_shm_unmap(sqlite3_file *file, int delete)
{
    return file_of(file)->real->pMethods->xShmUnmap(file_of(file)->real, delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

// --- the folder ----------------------------------------------------------------------------------

enum { FOLLOWED = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL };

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    struct disk_file *own = file_of(file);
    *own = (struct disk_file){.path = path, .real = (sqlite3_file *)(void *)(own + 1)};
    if (gone())
        return SQLITE_CANTOPEN;
    int rc = disk.real->xOpen(disk.real, path, own->real, flags, out);
    if (rc != SQLITE_OK)
        return rc;
    own->base.pMethods = &methods;
    if (!path || !(flags & FOLLOWED) || disk.plan.forgetful)
        return SQLITE_OK;
    pthread_mutex_lock(&disk.lock);
    own->image = disk_image_of(path);
    if (disk_image_is_new(own->image)) {
        sqlite3_int64 size = 0;
        own->real->pMethods->xFileSize(own->real, &size);
        char *bytes = disk_image_start(own->image, (size_t)size);
        if (size)
            own->real->pMethods->xRead(own->real, bytes, (int)size, 0);
    }
    pthread_mutex_unlock(&disk.lock);
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs;
    pthread_mutex_lock(&disk.lock);
    int rc = point();
    if (rc == 0 && kills_now())
        die();
    if (rc == 0)
        rc = disk.real->xDelete(disk.real, path, 0);
    if (rc == 0 && !disk.plan.forgetful)
        disk_image_delete(disk_image_of(path), sync && !disk.plan.never_sync);
    pthread_mutex_unlock(&disk.lock);
    return rc;
}

static void install(void)
{
    if (disk.real)
        return;
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "disk";
    disk.vfs.pNext = NULL;
    disk.vfs.szOsFile = (int)sizeof(struct disk_file) + disk.real->szOsFile;
    disk.vfs.xOpen = disk_open;
    disk.vfs.xDelete = disk_delete;
    cr_assert_eq(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

void disk_begin(const struct disk_plan *plan)
{
    install();
    disk_images_forget();
    disk.dark = false;
    disk_plan(plan);
}

void disk_plan(const struct disk_plan *plan)
{
    pthread_mutex_lock(&disk.lock);
    disk.plan = *plan;
    disk.points = disk.failed_syncs = 0;
    disk.struck = false;
    pthread_mutex_unlock(&disk.lock);
}

uint64_t disk_points(void)
{
    pthread_mutex_lock(&disk.lock);
    uint64_t points = disk.points;
    pthread_mutex_unlock(&disk.lock);
    return points;
}

bool disk_struck(void)
{
    pthread_mutex_lock(&disk.lock);
    bool struck = disk.struck;
    pthread_mutex_unlock(&disk.lock);
    return struck;
}

uint64_t disk_failed_syncs(void)
{
    pthread_mutex_lock(&disk.lock);
    uint64_t failed = disk.failed_syncs;
    pthread_mutex_unlock(&disk.lock);
    return failed;
}

void disk_cut_now(void)
{
    pthread_mutex_lock(&disk.lock);
    cut();
    disk.struck = true;
    disk.plan.fault = DISK_CUTS;
    pthread_mutex_unlock(&disk.lock);
}

void disk_power_on(void)
{
    cut();
    disk_images_write_back();
    disk_images_forget();
    disk.struck = disk.dark = false;
    disk.plan = (struct disk_plan){.fault = DISK_COUNTS};
}
