/* SPDX-License-Identifier: MIT */
/*
 * proc.h - what /proc says of a process, beside its memory.  Texts are the
 * caller's, to free.
 */
#ifndef STAT_PROC_H
#define STAT_PROC_H

#include "policy/cgroup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

/* /proc/PID/WHAT.  Here and below process 0 is this one. */
char *proc_path(pid_t pid, const char *what);

/* Opens /proc/PID/WHAT; NULL with errno where it cannot be read. */
FILE *proc_open(pid_t pid, const char *what);

/*
 * The text of such a file, up to a \0 that it may hold; NULL where it cannot
 * be read.
 */
char *proc_read(pid_t pid, const char *what);

/*
 * What is in it, at most `most` bytes and a zero behind them; NULL where it
 * cannot be read.
 */
char *proc_bytes(pid_t pid, const char *what, size_t most, size_t *len);

/*
 * The number behind "KEY:" or "KEY " at the start of a line; `text` may be
 * NULL.
 */
bool proc_key(const char *text, const char *key, uint64_t *n);

/* The same of /proc/PID/status. */
bool proc_status(pid_t pid, const char *key, uint64_t *n);

/* What the kernel told a 64-bit program at its start: see getauxval(3). */
bool proc_auxv(pid_t pid, uint64_t type, uint64_t *value);

/* What a symbolic link there leads to; NULL where that is not told. */
char *proc_link(pid_t pid, const char *what);

/* When the process was started, to the second. */
bool proc_started(pid_t pid, time_t *when);

/*
 * Makes a text printable ASCII, and returns it: what a process chose itself
 * may hold codes for a terminal.
 */
char *proc_printable(char *text);

/* The name in "comm" or "task/TID/comm", printable; "" where it is gone. */
char *proc_name(pid_t pid, const char *what);

/*
 * The path of its control group that has the controller of memory, printable;
 * "" where there is none.
 */
char *proc_cgroup(pid_t pid, enum hk_cgroup *kind);

struct proc_state {
	uid_t uid;		/* the effective one */
	uint64_t rss;		/* bytes */
};

/*
 * False for what is gone, and for what has no memory: a process that has
 * ended and is not yet waited for, or a thread of the kernel.
 */
bool proc_state(pid_t pid, struct proc_state *state);

/*
 * The number by which a process can be looked at, and its state.  Where its
 * main thread has ended and others go on, the kernel shows its memory by their
 * numbers only, so that is one of theirs; 0 where nothing of it has memory.
 */
pid_t proc_alive(pid_t pid, struct proc_state *state);

/* The number of the process that thread `tid` is of; `tid` where it is gone. */
pid_t proc_group(pid_t tid);

/* What it has used of the machine so far. */
struct proc_stat {
	uint64_t start;		/* when it began, in ticks since the boot: no
				   two of one number have the same */
	uint64_t stack;		/* where its stack begins: a number of its
				   own for each program that it executes, 0
				   where that may not be known */
	uint64_t minor_faults, major_faults;
	uint64_t cpu_ms;	/* of all its threads */
	uint64_t threads;
};

/* False for what is gone. */
bool proc_stat(pid_t pid, struct proc_stat *stat);

/* Bytes of memory that the machine has, and that programs can still get. */
bool proc_memory(uint64_t *total, uint64_t *available);

/* A thread. */
struct proc_thread {
	pid_t tid;
	uint32_t inner;		/* the number by which the process knows it:
				   another one in a container */
	char *name;
};

struct proc_threads {
	struct proc_thread *items;
	size_t count;
};

/* The threads that process `pid` has now; none where it is gone. */
void proc_threads(struct proc_threads *threads, pid_t pid);

/* The one of that inner number, or NULL. */
const struct proc_thread *proc_thread_find(const struct proc_threads *threads,
					   uint32_t inner);

void proc_threads_free(struct proc_threads *threads);

#endif /* STAT_PROC_H */
