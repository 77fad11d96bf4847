// SPDX-License-Identifier: Apache-2.0
#include "ops/service_manager.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

// A service manager's socket under that name; a leading '@' makes it an abstract one.
static int open_manager(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = 5};
    size_t size = strlen(name);
    memcpy(address.sun_path, name, size);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    socklen_t whole = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, whole), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void expect(int fd, const char *text)
{
    char got[64] = {0};
    cr_assert_gt(recv(fd, got, sizeof got - 1, 0), 0, "nothing was said instead of %s", text);
    cr_assert_str_eq(got, text);
}

static void expect_all(int fd)
{
    service_manager_ready();
    service_manager_main_pid(4711);
    service_manager_stopping();
    expect(fd, "READY=1");
    expect(fd, "MAINPID=4711");
    expect(fd, "STOPPING=1");
    close(fd);
}

Test(service_manager, learns_what_becomes_of_the_service)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/medina-notify-%d", (int)getpid());
    expect_all(open_manager(path));
    unlink(path);
}

Test(service_manager, may_listen_on_an_abstract_socket)
{
    char name[64];
    snprintf(name, sizeof name, "@medina-notify-%d", (int)getpid());
    expect_all(open_manager(name));
}

Test(service_manager, that_is_not_there_is_no_fault)
{
    unsetenv("NOTIFY_SOCKET");
    service_manager_ready();
    char longest[200];
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    const char *const names[] = {"", "@", "relative", "/nonexistent/socket", longest};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        service_manager_main_pid(1);
    }
}
