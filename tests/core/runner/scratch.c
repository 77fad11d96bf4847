// SPDX-License-Identifier: Apache-2.0
#include "box.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE = 1024 * 1024 };

static int put(const char *path, size_t size)
{
    static char block[64 * 1024];
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0)
        return errno;
    for (size_t at = 0; at < size; at += sizeof block)
        if (write(fd, block, sizeof block) < 0)
            return errno;
    return close(fd) == 0 ? 0 : errno;
}

static int failed(long value)
{
    return value < 0 ? errno : 0;
}

static int use_folder(const void *argument)
{
    struct stat status;
    int entries = 0, rc = put("new", 128 * 1024);
    (void)argument;
    if (rc || mkdir("old", 0700) != 0 || rename("new", "old/file") != 0)
        return rc ? rc : errno;
    if (stat("old/file", &status) != 0 || status.st_size != 128 * 1024)
        return 240;
    DIR *folder = opendir("old");
    while (folder && readdir(folder))
        entries++;
    if (folder)
        closedir(folder);
    if (entries != 3)
        return 241;
    return unlink("old/file") == 0 && rmdir("old") == 0 ? 0 : errno;
}

static int fill(const void *argument)
{
    (void)argument;
    int rc = put("first", SIZE * 3 / 4);
    return rc ? 240 : put("second", SIZE / 2);
}

static int one_large(const void *argument)
{
    (void)argument;
    return put("large", 2 * SIZE);
}

static int many_files(const void *argument)
{
    (void)argument;
    for (int i = 0; i < 5000; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        if (fd < 0)
            return errno;
        close(fd);
    }
    return 0;
}

static int many_descriptors(const void *argument)
{
    (void)argument;
    int fd = open("one", O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 100 && fd >= 0; i++)
        fd = open("one", O_WRONLY);
    return failed(fd);
}

static int code_of_file(const void *argument)
{
    (void)argument;
    int rc = put("code", 4096), fd = open("code", O_RDONLY);
    if (rc)
        return rc;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? errno : 0;
}

#define OPENS(name, path)                                                                          \
    static int name(const void *argument)                                                          \
    {                                                                                              \
        (void)argument;                                                                            \
        return failed(open(path, O_RDONLY));                                                       \
    }
OPENS(file_of_machine, "/etc/passwd")
OPENS(above, "../../../../etc/passwd")
OPENS(root, "/")
OPENS(processes, "/proc/1/environ")

static int beside(const void *argument)
{
    (void)argument;
    return put("/beside", 10);
}

static int link_out(const void *argument)
{
    (void)argument;
    return failed(symlink("/etc/passwd", "link"));
}

static const struct {
    const char *name;
    int (*attempt)(const void *argument);
    int code, signal;
} attempts[] = {
    {"files and folders", use_folder, 0, 0},
    {"more than the folder holds", fill, ENOSPC, 0},
    {"one file that is larger", one_large, EFBIG, 0},
    {"too many files", many_files, ENOSPC, 0},
    {"too many descriptors", many_descriptors, EMFILE, 0},
    {"code from a file", code_of_file, EPERM, SIGSYS},
    {"a file of the machine", file_of_machine, ENOENT, 0},
    {"a file above", above, ENOENT, 0},
    {"the root", root, EACCES, 0},
    {"another process", processes, ENOENT, 0},
    {"a file beside the folder", beside, EACCES, 0},
    {"a symbolic link", link_out, 0, SIGSYS},
};

static void try_all(bool nobody, uint32_t abi)
{
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        struct box_outcome outcome;
        struct box_trial trial = {.nobody = nobody,
                                  .landlock_abi = abi,
                                  .scratch_bytes = SIZE,
                                  .attempt = attempts[i].attempt};
        box_try(&trial, &outcome);
        cr_assert_eq(outcome.signal, attempts[i].signal, "%s: signal %d, exit %d, \"%s\"",
                     attempts[i].name, outcome.signal, outcome.code, outcome.said);
        if (!outcome.signal)
            cr_assert_eq(outcome.code, attempts[i].code, "%s: exit %d, \"%s\"", attempts[i].name,
                         outcome.code, outcome.said);
    }
}

// Where the machine gives no user namespaces, nothing with a scratch folder starts.
static bool refused(void)
{
    struct box_outcome outcome;
    if (box_has_user_namespaces())
        return false;
    box_try(&(struct box_trial){.scratch_bytes = SIZE, .attempt = use_folder}, &outcome);
    cr_assert_eq(outcome.code, BOX_BROKEN);
    cr_assert(strstr(outcome.said, "no user namespace"), "%s", outcome.said);
    return true;
}

Test(scratch, is_a_folder_of_its_size_and_all_that_there_is)
{
    if (!refused())
        try_all(false, 0);
}

Test(scratch, is_the_same_for_nobody_and_with_landlock_of_abi_2)
{
    if (refused())
        return;
    try_all(true, 0);
    try_all(true, 2);
}

// Without the filter's seal files may be mapped as code: the folder's mount forbids it.
Test(scratch, holds_no_code_while_loading_either)
{
    struct box_outcome outcome;
    if (refused())
        return;
    box_try(&(struct box_trial){.scratch_bytes = SIZE, .loading = true, .attempt = code_of_file},
            &outcome);
    cr_assert_eq(outcome.code, EPERM, "exit %d, \"%s\"", outcome.code, outcome.said);
}
