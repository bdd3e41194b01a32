/* SPDX-License-Identifier: MIT */
/*
 * known.h - what was found out about the processes of the machine at the last
 * look, so that the next one costs less: where each has its statistics page,
 * or that it has none.
 *
 * Who looks tells everything that it finds; what it did not tell of is
 * forgotten.
 */
#ifndef STAT_KNOWN_H
#define STAT_KNOWN_H

#include "process/proc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* After so many looks a process without the library may have loaded it. */
#define KNOWN_LOOKS	16u

struct known_process {
	pid_t pid;
	struct proc_stat stat;
	uint64_t at;		/* of the page; 0: it has none */
	unsigned int looks;	/* that relied on that */
};

struct known {
	struct known_process *items;	/* in the order of their numbers */
	size_t count;
	struct known_process *next;	/* told during this look */
	size_t next_count;
};

/*
 * What is known of a process whose stat is this now, or NULL: it is another
 * one, or runs another program.
 */
const struct known_process *known_find(const struct known *known, pid_t pid,
				       const struct proc_stat *stat);

/* Whether it need not be looked at, as it has no page.  `last` may be NULL. */
bool known_has_none(const struct known_process *last);

/*
 * Tells where its page is, or 0.  `last`: what known_find() gave; `looked`:
 * that was not relied on.
 */
void known_tell(struct known *known, pid_t pid, const struct proc_stat *stat,
		uint64_t at, const struct known_process *last, bool looked);

/* The look is over. */
void known_turn(struct known *known);

void known_free(struct known *known);

#endif /* STAT_KNOWN_H */
