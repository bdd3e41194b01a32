/* SPDX-License-Identifier: MIT */
/*
 * look.h - one running process, for the commands that look into it.
 */
#ifndef STAT_LOOK_H
#define STAT_LOOK_H

#include "process/origin.h"
#include "process/page.h"
#include "process/units.h"

#include <sys/types.h>

/*
 * The number that `word` is, or the one by which that process can be looked
 * at, see proc_alive(); ends with STATUS_USAGE where it is no number.
 */
pid_t look_number(const char *word);

/* Ends the program with STATUS_UNREADABLE where `why` is not NULL. */
void look_require(pid_t pid, const char *why);

/*
 * Loads its statistics page: from its memory; from there with what each heap
 * and what the slabs have; or from wherever it can be had, and says where that
 * was if it was a copy.  End the program where that cannot be done, and say
 * why.
 */
void look_page(struct page *page, pid_t pid);
void look_units(struct page *page, struct units *units, pid_t pid);
void look_figures(struct page *page, struct origin *origin, pid_t pid);

#endif /* STAT_LOOK_H */
