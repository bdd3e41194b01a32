/* SPDX-License-Identifier: MIT */
/*
 * known.c - see known.h.
 *
 * A process that executes another program keeps its number and the time of
 * its start, but gets another stack, at a random address: so long as that is
 * the same, so is what it has mapped, but for what dlopen(3) brings, and for
 * one that is just starting, of which the first look is not relied on.
 */
#include "figures/known.h"

#include "common/util.h"

#include <stdlib.h>

static int by_pid(const void *a, const void *b)
{
	const struct known_process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

const struct known_process *known_find(const struct known *known, pid_t pid,
				       const struct proc_stat *stat)
{
	const struct known_process key = { .pid = pid };
	const struct known_process *last = NULL;

	if (known->count)
		last = bsearch(&key, known->items, known->count, sizeof(key),
			       by_pid);
	return last && last->stat.start == stat->start &&
		last->stat.stack == stat->stack ? last : NULL;
}

bool known_has_none(const struct known_process *last)
{
	return last && !last->at && last->looks < KNOWN_LOOKS;
}

/* Not all of them are looked at again at the same time. */
static unsigned int looks_of(pid_t pid, const struct known_process *last,
			     bool looked)
{
	if (!last)
		return KNOWN_LOOKS;
	return looked ? (unsigned int)pid % (KNOWN_LOOKS / 2) :
		last->looks + 1;
}

void known_tell(struct known *known, pid_t pid, const struct proc_stat *stat,
		uint64_t at, const struct known_process *last, bool looked)
{
	size_t n = known->next_count++;

	/* Room is a power of two. */
	if (!(n & (n - 1)))
		known->next = util_resize(known->next, n ? 2 * n : 1,
					  sizeof(*known->next));
	known->next[n] = (struct known_process){
		.pid = pid,
		.stat = *stat,
		.at = at,
		.looks = looks_of(pid, last, looked),
	};
}

void known_turn(struct known *known)
{
	free(known->items);
	known->items = known->next;
	known->count = known->next_count;
	known->next = NULL;
	known->next_count = 0;
	if (known->count)
		qsort(known->items, known->count, sizeof(*known->items),
		      by_pid);
}

void known_free(struct known *known)
{
	free(known->items);
	free(known->next);
	*known = (struct known){ 0 };
}
