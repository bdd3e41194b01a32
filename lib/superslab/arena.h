/* SPDX-License-Identifier: MIT */
/*
 * arena.h - the address space that the library's memory comes from, taken
 * from the system in whole superslabs as the heap grows.
 */
#ifndef HK_ARENA_H
#define HK_ARENA_H

#include "superslab/unitmap.h"

/*
 * Finds the window and reserves its table.  Once, before anything else
 * here; returns 0 or -ENOMEM, after which it may be tried again.
 */
int hk_arena_init(void);

/*
 * Takes at least `units` more units from the system, all in a row and zero:
 * stores the first in *first and how many in *got.  Where the row follows
 * the one before, the caller may join them.  `busy` is how many of those
 * taken before are in use.  Under the runs lock.  Returns 0 or a negative
 * errno value.
 */
int hk_arena_extend(size_t units, size_t busy, struct hk_desc **first,
		    size_t *got);

/*
 * May the arena grow for a run of `units`?  Not where the second half of the
 * window would go to runs above 1 MiB, which can have their own mappings.
 * Under the runs lock.
 */
bool hk_arena_has_room(size_t units);

/*
 * Tells that so many bytes of slabs in use became hollow, or are not any
 * more: no block has ever been made of them.  The share of hollow memory
 * decides whether more gets huge pages, which make 2 MiB resident where one
 * byte is touched.  Any thread, at any time.
 */
void hk_arena_hollow(ptrdiff_t bytes);

/* Written under the runs lock, read without: relaxed. */
struct hk_arena_counts {
	_Atomic size_t committed;	/* bytes of units */
	_Atomic size_t table;		/* bytes of the table committed */
	_Atomic uint64_t jumps;
};
extern struct hk_arena_counts hk_arena_counts HK_HIDDEN;

/* Bytes of units taken so far; bytes of the table that are committed. */
size_t hk_arena_committed(void);
size_t hk_arena_table_bytes(void);
size_t hk_arena_table_reserved(void);

/* How often somebody else's mapping was in the way. */
uint64_t hk_arena_jumps(void);

#endif /* HK_ARENA_H */
