/* SPDX-License-Identifier: MIT */
/*
 * huge.h - blocks with a mapping of their own: those above 64 MiB, and those
 * that grew by realloc() beyond what their place allowed.
 *
 * All functions take the huge lock (HK_RANK_HUGE) themselves and may be
 * called by any thread.
 */
#ifndef HK_HUGE_H
#define HK_HUGE_H

#include "base/base.h"
#include "os/lock.h"

/*
 * A block of at least `size` bytes, zero, at a multiple of `align` (a power
 * of two); NULL where the system gives none.
 */
void *hk_huge_alloc(size_t size, size_t align);

/*
 * The length in bytes of the block that starts at `p`; 0 where none does.
 */
size_t hk_huge_size(const void *p);

/* The start of the block that `p` is inside of, or NULL. */
void *hk_huge_around(const void *p);

/* Frees the block that starts at `p`; false where there is none. */
bool hk_huge_free(void *p);

/*
 * Resizes a block; it may move.  NULL, the block untouched, where the system
 * does not agree.  Bytes that are new read as zero.
 */
void *hk_huge_realloc(void *p, size_t size);

/*
 * Moves the pages of a run, `len` bytes at `p`, into a new block of at least
 * `size` bytes; the run stays mapped and reads as zero.  NULL, nothing
 * changed, where the system cannot or the process has enough mappings.
 */
void *hk_huge_adopt(void *p, size_t len, size_t size);

/* Written under the huge lock, read without: relaxed. */
struct hk_huge_counts {
	_Atomic size_t bytes;
	_Atomic uint64_t allocs;
};
extern struct hk_huge_counts hk_huge_counts HK_HIDDEN;

/* Bytes in huge blocks, how many there are, how many were ever made. */
size_t hk_huge_bytes(void);
size_t hk_huge_blocks(void);
uint64_t hk_huge_allocs(void);

/*
 * For readers in other processes: where the pointer to the table of blocks
 * is, pairs of a start, 0 for none, and a length; and where their number is.
 */
const void *hk_huge_table(const size_t **pairs);

extern struct hk_lock hk_huge_lock;	/* for fork */

#endif /* HK_HUGE_H */
