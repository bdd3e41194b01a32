/* SPDX-License-Identifier: MIT */
/*
 * proc.h - what /proc has of a process.
 */
#ifndef STAT_PROC_H
#define STAT_PROC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A file of the process, such as "status", up to a \0 that it may hold; NULL
   where it is gone. */
char *proc_read(pid_t pid, const char *what);

/* What a process chose itself may hold codes for a terminal: `text`, with
   these replaced. */
char *proc_printable(char *text);

/* The name in "comm" or "task/TID/comm"; "" where it is gone. */
char *proc_name(pid_t pid, const char *what);

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
