/* SPDX-License-Identifier: MIT */
/*
 * container.h - the control group of a process: its anonymous memory, its
 * limit, and for how much of the time its tasks waited for memory.  Not
 * memory.current, which counts the page cache as well.
 */
#ifndef STAT_CONTAINER_H
#define STAT_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Percent of the last ten seconds, as the kernel has it. */
struct container_pressure {
	double some;		/* at least one task waited */
	double full;		/* all of them */
};

struct container {
	char *path;		/* "" where there is no group */
	bool has_anon;		/* what follows could be read */
	uint64_t anon;		/* bytes */
	bool has_pressure;
	struct container_pressure pressure;
	uint64_t limit;		/* the least of its own and those above it;
				   UINT64_MAX: none */
	uint64_t oom_kills;	/* times that the kernel ended a process of
				   it for want of memory */
};

/* Never fails: what cannot be read is not there.  Process 0 is this one. */
void container_read(struct container *container, pid_t pid);

/* "some" and "full" of a file of pressure; false where it is none. */
bool container_pressure(const char *text, struct container_pressure *pressure);

void container_free(struct container *container);

#endif /* STAT_CONTAINER_H */
