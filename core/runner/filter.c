// SPDX-License-Identifier: Apache-2.0
//
// libseccomp makes the programs; they are kept as plain BPF, so that the second one can be loaded
// in a process that has no memory, file or call to spare for making it.

#include "runner/filter.h"

#include "base/mem.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct filter_program {
    struct sock_fprog code;
};

static int add_rule(scmp_filter_ctx context, int number, const struct filter_rule *rule)
{
    struct scmp_arg_cmp compare[5];
    unsigned count = 0;
    if (rule->own)
        compare[count++] = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
    if (rule->own_thread)
        compare[count++] = SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)gettid(), 0);
    for (unsigned i = 0; i < rule->count; i++)
        compare[count++] = rule->compare[i];
    return seccomp_rule_add_array(context, SCMP_ACT_ALLOW, number, count, compare);
}

static int add_call(scmp_filter_ctx context, const struct filter_call *call,
                    enum filter_phase phase, bool scratch)
{
    // A call that this machine does not have has a number below zero.
    if (call->number < 0 || (call->scratch && !scratch) || !(call->phases & phase))
        return 0;
    if (!call->rules)
        return seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call->number, 0, NULL);
    int rc = 0;
    for (unsigned i = 0; i < FILTER_RULES && rc == 0; i++)
        if (call->rules[i].phases & phase)
            rc = add_rule(context, call->number, &call->rules[i]);
    return rc;
}

static int add_refusal(scmp_filter_ctx context, const struct filter_refusal *refusal,
                       enum filter_phase phase)
{
    if (refusal->number < 0 || !(refusal->phases & phase))
        return 0;
    return seccomp_rule_add_array(context, SCMP_ACT_ERRNO((uint32_t)refusal->error),
                                  refusal->number, refusal->count, refusal->compare);
}

static int add_all(scmp_filter_ctx context, enum filter_phase phase, bool scratch)
{
    int rc = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0)
        rc = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (size_t i = 0; i < filter_refusal_count && rc == 0; i++)
        rc = add_refusal(context, &filter_refusals[i], phase);
    for (size_t i = 0; i < filter_call_count && rc == 0; i++) {
        rc = add_call(context, &filter_calls[i], phase, scratch);
        if (rc == 0 && filter_calls[i].priority && filter_calls[i].number >= 0)
            rc =
                seccomp_syscall_priority(context, filter_calls[i].number, filter_calls[i].priority);
    }
#ifdef MEDINA_SANITIZED
    for (size_t i = 0; i < filter_sanitizer_call_count && rc == 0; i++)
        rc = add_call(context, &filter_sanitizer_calls[i], phase, scratch);
#endif
    return rc;
}

// libseccomp 2.5 writes a program to a descriptor only.
static int export_code(scmp_filter_ctx context, struct filter_program *program)
{
    struct stat file;
    int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = seccomp_export_bpf(context, fd);
    if (rc == 0 && fstat(fd, &file) == 0) {
        program->code.filter = mem_alloc((size_t)file.st_size);
        program->code.len = (unsigned short)((size_t)file.st_size / sizeof(struct sock_filter));
        if (pread(fd, program->code.filter, (size_t)file.st_size, 0) != file.st_size)
            rc = -EIO;
    }
    close(fd);
    return rc;
}

int filter_make(enum filter_phase phase, bool scratch, struct filter_program **out, struct err *err)
{
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_TRAP);
    if (!context)
        return err_set(err, ERR_UNAVAILABLE, "libseccomp does not know this machine");
    struct filter_program *program = mem_zero(1, sizeof *program);
    int rc = add_all(context, phase, scratch);
    if (rc == 0)
        rc = export_code(context, program);
    seccomp_release(context);
    if (rc < 0) {
        filter_destroy(program);
        return err_set(err, ERR_UNAVAILABLE, "the table of system calls: %s", strerror(-rc));
    }
    *out = program;
    return 0;
}

int filter_load(const struct filter_program *program, struct err *err)
{
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program->code) != 0)
        return err_set(err, ERR_UNAVAILABLE, "seccomp: %s", strerror(errno));
    return 0;
}

void filter_destroy(struct filter_program *program)
{
    if (!program)
        return;
    free(program->code.filter);
    free(program);
}
