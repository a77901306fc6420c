/* SPDX-License-Identifier: GPL-3.0-or-later
 * Copyright: (c) 2026, openvip.cluster contributors
 *
 * Loaded into a keepalived that shall say what it has understood of a file, and do nothing else: it executes no program
 * and loads no module, each of its processes writes to a file of its own and ends where it would begin to work, and
 * nothing depends on the clock or on the users of this machine.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define DENY(name, error) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

#define MOST 64

static const char *directory;
static int is_forked;
static int is_child;
static pid_t children[MOST];
static int count;

/* The kernel refuses programs and modules, whichever way they are asked for, and does not hurry this one. */
__attribute__((constructor)) static void begin(void)
{
	static struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		DENY(execve, EACCES),
		DENY(execveat, EACCES),
		DENY(init_module, EPERM),
		DENY(finit_module, EPERM),
		DENY(sched_setscheduler, 0),
		DENY(setpriority, 0),
		DENY(mlockall, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	directory = getenv("DUMP_DIRECTORY");
	if (directory && !*directory)
		directory = NULL;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("seccomp");
		_exit(125);
	}
}

/* A child says its name at its beginning: from then on it writes to a file of that name. */
void openlog(const char *name, int option, int facility)
{
	char path[512];
	int file;

	(void)option;
	(void)facility;
	if (!directory || !is_forked || is_child || strncmp(name, "Keepalived_", 11))
		return;
	is_child = 1;
	snprintf(path, sizeof(path), "%s/%.*s", directory, (int)strcspn(name + 11, "_/"), name + 11);
	file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (file >= 0) {
		dup2(file, STDERR_FILENO);
		close(file);
	}
}

void syslog(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}

void vsyslog(int priority, const char *format, va_list arguments)
{
	(void)priority;
	(void)format;
	(void)arguments;
}

pid_t fork(void)
{
	pid_t (*real)(void) = (pid_t (*)(void))dlsym(RTLD_NEXT, "fork");
	pid_t child = real();

	is_forked |= child == 0;
	if (child > 0 && count < MOST)
		children[count++] = child;
	return child;
}

/* What a child has understood it has said before it first waits for something to do. The parent, which ends all when
 * one has ended, waits for all of them. */
int epoll_wait(int file, struct epoll_event *events, int most, int timeout)
{
	siginfo_t information;

	if (is_child) {
		fputs("complete\n", stderr);
		_exit(0);
	}
	for (int number = 0; number < count; number++)
		waitid(P_PID, children[number], &information, WEXITED | WNOWAIT);
	return epoll_pwait(file, events, most, timeout, NULL);
}

/* The definition ${_RANDOM} gives the same numbers in every run. */
void srandom(unsigned int seed)
{
	(void)seed;
}

/* A user or group that is not known takes its scripts with it. In a config-test all are root, because some versions
 * end themselves there for any other; so do they at a startup_script of the user that is the default where it exists. */
static unsigned int number(const char *name)
{
	unsigned int found = 0;

	for (const char *at = name; directory && *at && strcmp(name, "root"); at++)
		found = (found * 31 + (unsigned char)*at) % 60000 + 1;
	return found;
}

int getpwnam_r(const char *name, struct passwd *user, char *buffer, size_t size, struct passwd **result)
{
	(void)buffer;
	(void)size;
	*result = NULL;
	if (!strcmp(name, "keepalived_script"))
		return 0;
	memset(user, 0, sizeof(*user));
	user->pw_name = (char *)name;
	user->pw_uid = user->pw_gid = number(name);
	*result = user;
	return 0;
}

int getgrnam_r(const char *name, struct group *group, char *buffer, size_t size, struct group **result)
{
	(void)buffer;
	(void)size;
	memset(group, 0, sizeof(*group));
	group->gr_name = (char *)name;
	group->gr_gid = number(name);
	*result = group;
	return 0;
}
