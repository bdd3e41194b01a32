/* SPDX-License-Identifier: MIT */
/*
 * thp.h - which parts of the arena ask for huge pages.
 *
 * Memory that asked is filled up again by the kernel's khugepaged: where a
 * page of 2 MiB has only some of its small pages, it gets all of them.  So
 * what is given back in pieces would return within seconds.  A region of
 * 16 MiB therefore asks no longer once a piece of it was given back, and its
 * superslabs ask again when a long run takes them.  Regions, as each change
 * from one superslab to the next is a mapping of its own to the kernel, and
 * mappings are scarce.
 *
 *             grown, large heap           a piece given back
 *    NEVER ----------------------> ASKS ----------------------> ASKED
 *                                   ^                             |
 *                                   +-----------------------------+
 *                                     a long clean run taken
 */
#ifndef HK_THP_H
#define HK_THP_H

#include "superslab/unitmap.h"

/*
 * Memory new in the arena, whole superslabs, is to have huge pages or not.
 * Under the runs lock.
 */
void hk_thp_grown(char *start, size_t len, bool huge);

/*
 * Gives the pages of a part of the arena back to the system, for good; it
 * reads as zero then.  Any thread.  Returns 0 or a negative errno value:
 * locked memory stays as it is.
 */
int hk_thp_discard(char *start, size_t len);

/*
 * A run of clean units is about to be used: what it has of whole superslabs
 * asks again, if it did before.  Under the runs lock.
 */
void hk_thp_taken(struct hk_desc *run, size_t units);

/* Does the region of the run ask for huge pages?  Any thread, a hint. */
bool hk_thp_asks(const struct hk_desc *run);

#endif /* HK_THP_H */
