/* SPDX-License-Identifier: GPL-3.0-or-later
 * Copyright: (c) 2026, openvip.cluster contributors
 *
 * Lets user-mode Linux set the floating-point registers of its processes on a processor with AMX.
 *
 *     gcc -shared -fPIC -o xstate.so xstate.c; LD_PRELOAD=./xstate.so linux.uml ...
 *
 * User-mode Linux before 6.13 knows 2696 bytes of them (HOST_FP_SIZE in arch/x86/um/shared/sysdep/ptrace_user.h), the
 * most that there was before AMX. The kernel below hands out the first bytes of its registers, but takes them back only
 * as a whole (xstateregs_set in arch/x86/kernel/fpu/regset.c: EFAULT), and user-mode Linux panics in put_fp_registers.
 * Here the missing end is added. It holds nothing: the header, which user-mode Linux knows, says what is in use.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

typedef long function(enum __ptrace_request, pid_t, void *, void *);

static function *original;
/* Not on the stack, which is four pages in user-mode Linux; that has one processor and sets registers one at a time. */
static char whole[65536];
/* How many bytes the kernel below wants; none as long as it takes what it is given. */
static size_t wanted;

static long set_whole(pid_t pid, const struct iovec *given)
{
    struct iovec all = {whole, wanted};

    memcpy(whole, given->iov_base, given->iov_len);
    return original(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &all);
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list words;
    pid_t pid;
    void *address, *data;
    long result;
    int error;
    const struct iovec *given;
    struct iovec all = {whole, sizeof whole};

    va_start(words, request);
    pid = va_arg(words, pid_t);
    address = va_arg(words, void *);
    data = va_arg(words, void *);
    va_end(words);
    if (!original)
        original = (function *)dlsym(RTLD_NEXT, "ptrace");
    given = data;
    if (request != PTRACE_SETREGSET || (unsigned long)address != NT_X86_XSTATE)
        return original(request, pid, address, data);
    if (given->iov_len < wanted)
        return set_whole(pid, given);
    result = original(request, pid, address, data);
    error = errno;
    if (result == -1 && original(PTRACE_GETREGSET, pid, address, &all) == 0 && given->iov_len < all.iov_len) {
        wanted = all.iov_len;
        return set_whole(pid, given);
    }
    errno = error;
    return result;
}
