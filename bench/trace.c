/* SPDX-License-Identifier: MIT */
/*
 * trace.c - stops a command at its end and reads its peak RSS: see trace.h.
 *
 * Part of the launcher alone, which has one thread and one command; nothing
 * here allocates.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "trace.h"

enum {
	STATUS_BYTES = 4096,
	STAT_CHILD_FAULTS = 11,	/* field of /proc/PID/stat, from 1 */
	STAT_AFTER_NAME = 3,	/* the first one behind the name */
};

/* Reads the beginning of /proc/TASK/NAME as a string; 0 or -1. */
static int read_proc(pid_t task, const char *name, char *text, size_t room)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)task, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, room - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	return 0;
}

/* A field of /proc/PID/status in KiB, 0 where it is not there. */
static long status_kib(const char *status, const char *field)
{
	const char *p = strstr(status, field);

	return p ? strtol(p + strlen(field), NULL, 10) : 0;
}

/* Whether the process of a task has waited for children of its own. */
static int waited_for_children(pid_t task)
{
	char stat[STATUS_BYTES];
	char *p;

	if (read_proc(task, "stat", stat, sizeof(stat)))
		return 1;
	p = strrchr(stat, ')');
	for (int i = STAT_AFTER_NAME; p && i <= STAT_CHILD_FAULTS; i++)
		p = strchr(p + 1, ' ');
	return !p || strtol(p, NULL, 10) != 0;
}

/* The process that a task is a thread of. */
static pid_t process_of(const char *status)
{
	return (pid_t)status_kib(status, "\nTgid:");
}

/* What all tasks report that are traced. */
static uintptr_t event_options(const struct trace *t, int threads)
{
	uintptr_t options = PTRACE_O_TRACEEXIT;

	if (t->follow)
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
	if (t->follow || threads)
		options |= PTRACE_O_TRACECLONE;
	return options;
}

static int seize(pid_t task, uintptr_t options)
{
	return ptrace(PTRACE_SEIZE, task, NULL, (void *)options) ? -errno : 0;
}

/*
 * Traces every thread of a process that is not traced yet; returns how many
 * were added.  Those that are started from now on follow of themselves.
 */
static int seize_threads(const struct trace *t, pid_t pid)
{
	char buffer[1024] __attribute__((aligned(8)));
	char path[64];
	int added = 0;
	long n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while ((n = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *entry =
				(const void *)(buffer + at);
			pid_t task = (pid_t)strtol(entry->d_name, NULL, 10);

			if (task > 0 && task != pid &&
			    !seize(task, event_options(t, 1)))
				added++;
			at += entry->d_reclen;
		}
	}
	close(fd);
	return added;
}

/* A task is about to end; its memory is still there. */
static void at_exit(struct trace *t, pid_t task)
{
	char status[STATUS_BYTES];
	long peak, now;
	pid_t pid;

	if (read_proc(task, "status", status, sizeof(status)))
		return;
	peak = status_kib(status, "\nVmHWM:");
	now = status_kib(status, "\nVmRSS:");
	if (now > peak)
		peak = now;
	if (peak > t->peak_kib)
		t->peak_kib = peak;
	pid = process_of(status);
	if (pid != t->command)
		return;
	if (peak)
		t->read_end = 1;
	if (!t->follow && waited_for_children(task))
		t->children = 1;
	if (task == pid)
		while (seize_threads(t, pid))
			;
}

void trace_begin(struct trace *t, pid_t pid, int untraced, int follow)
{
	memset(t, 0, sizeof(*t));
	t->command = pid;
	t->follow = follow;
	if (!untraced)
		t->traced = !seize(pid, event_options(t, 0));
}

/* A stop that concerns the whole process, and lasts until SIGCONT. */
static int is_group_stop(int event, int sig)
{
	return event == PTRACE_EVENT_STOP &&
		(sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN ||
		 sig == SIGTTOU);
}

void trace_stopped(struct trace *t, pid_t task, int status)
{
	int event = status >> 16;
	int sig = WSTOPSIG(status);

	if (is_group_stop(event, sig)) {
		ptrace(PTRACE_LISTEN, task, NULL, NULL);
		return;
	}
	if (event == PTRACE_EVENT_EXIT)
		at_exit(t, task);
	/* A signal goes where it was going to; events are no signals. */
	ptrace(PTRACE_CONT, task, NULL, (void *)(intptr_t)(event ? 0 : sig));
}

int trace_is_exact(const struct trace *t)
{
	return t->traced && t->read_end && !t->children;
}
