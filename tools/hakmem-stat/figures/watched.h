/* SPDX-License-Identifier: MIT */
/*
 * watched.h - the processes that "hakmem-stat top" shows: what each has, what
 * it did since the last look, which of them are shown, and in which order.
 * Nothing here knows of a terminal.
 */
#ifndef STAT_WATCHED_H
#define STAT_WATCHED_H

#include "figures/listed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is told a second, from counters that only grow. */
enum watched_rate {
	WATCHED_FAULTS,		/* of pages, by the kernel */
	WATCHED_REFILLS,	/* times a list or a magazine ran empty */
	WATCHED_CALLS,		/* to the system, for memory */
	WATCHED_PURGED,		/* bytes given back */
	WATCHED_RATES
};

/* Its name in CSV and JSON. */
const char *watched_rate_name(enum watched_rate rate);

#define WATCHED_UNKNOWN	(-1.0)

struct watched_row {
	pid_t pid;
	uint64_t start;		/* with its number: which process it is */
	uint64_t began;		/* the library in it, or a fork of it: which
				   program's counters these are */
	char *user, *unit, *command;	/* printable, or "" */
	const char *preset;
	bool has_figures;	/* what follows but for rss is known */
	uint64_t rss;
	uint64_t used;
	uint64_t committed;
	uint64_t counters[WATCHED_RATES];	/* since it began */
	double rates[WATCHED_RATES];	/* or WATCHED_UNKNOWN */
};

struct watched {
	struct watched_row *rows;	/* all of them, by number */
	size_t count;
	size_t closed;		/* processes that could not be looked at */
	uint64_t taken_ns;	/* when, by a clock that is never set */
	uint64_t rss, used, committed;	/* sums of those that are shown */

	/* Those that are shown, in their order. */
	const struct watched_row **shown;
	size_t shown_count;
	int sort;		/* enum column, columns.h */
	bool reverse;
	char text[33];		/* that is in some column, or "" */
};

/* Makes a row of a process that was listed; its rates are not yet known. */
struct watched_row watched_row(const struct listed *item);

/*
 * Takes over `rows`, which were read at `now_ns`, in the place of those from
 * before, whose counters tell their rates.  Choices stay.
 */
void watched_take(struct watched *watched, struct watched_row *rows,
		  size_t count, size_t closed, uint64_t now_ns);

/* After sort, reverse or text have changed. */
void watched_arrange(struct watched *watched);

/* Its place among those that are shown, or shown_count. */
size_t watched_place(const struct watched *watched, pid_t pid,
		     uint64_t start);

void watched_free(struct watched *watched);

#endif /* STAT_WATCHED_H */
