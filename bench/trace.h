/* SPDX-License-Identifier: MIT */
/*
 * trace.h - the exact peak of a process's resident memory, for launch.c.
 *
 * What wait4() tells as ru_maxrss comes from counters that kernels of today
 * keep for each processor and add up when 32 pages have come together: the
 * figures of small programs drown in that.  /proc/PID/status is summed
 * exactly by kernels of today (6.18 was looked at; some that are older use
 * the rough counters here too), but is gone when wait4() returns.  So the
 * command is traced by ptrace(), which lets it stop at its very end, and
 * nowhere else but where a signal arrives; there its status is read.
 *
 * VmHWM is the larger one of what is resident now, which is exact, and of
 * the peak so far, which the kernel notes by the same rough counters each
 * time before memory is given back.  A program that ends at its peak is
 * measured to the page; one that shrank before is within those 32 pages.
 *
 * The threads of the command are not traced, so that starting one costs
 * nothing, until its main thread ends before them.  Nor are its children,
 * unless that is asked for (follow): each would stop at its beginning.
 */
#ifndef BENCH_TRACE_H
#define BENCH_TRACE_H

#include <sys/types.h>

struct trace {
	pid_t command;
	int traced;		/* ptrace() is allowed and wanted */
	int follow;		/* all processes are traced */
	int read_end;		/* the command's end was seen and read */
	int children;		/* it waited for some that were not traced */
	long peak_kib;		/* of all that was read; 0: nothing was */
};

/*
 * Begins with a process that has not called exec() yet.  Where tracing is
 * not allowed, everything goes on without.
 */
void trace_begin(struct trace *t, pid_t pid, int untraced, int follow);

/* Takes a stop that wait4() has told of, and lets the task go on. */
void trace_stopped(struct trace *t, pid_t task, int status);

/* Whether peak_kib is all that there is to know. */
int trace_is_exact(const struct trace *t);

#endif /* BENCH_TRACE_H */
