/* SPDX-License-Identifier: MIT */
/*
 * shadow.h - the shadow heap: what the allocator should be doing.
 *
 * It keeps, for each block that the input holds, what was asked for and
 * what was written there, in static memory of its own, and checks each time
 * that a block is added, looked at, resized or given up:
 *
 *   - the address is a multiple of the alignment, and of 16;
 *   - the usable size is at least what was asked for;
 *   - no block overlaps another, counted with all usable bytes;
 *   - the contents are what was last written;
 *   - a zeroed block is zero.
 *
 * Every usable byte of a small block is written and compared.  Of a large
 * one its head, its tail and 64 bytes at some page starts between are: the
 * pages are chosen by address, not by place in the block, so that a later
 * zeroed block at the same place looks where an earlier one wrote.
 */
#ifndef SHADOW_H
#define SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHADOW_SLOTS	16384u

/* Which sized free may give the block back. */
enum shadow_kind {
	SHADOW_PLAIN,		/* free_sized(ptr, size) */
	SHADOW_ALIGNED,		/* free_aligned_sized(ptr, align, size) */
	SHADOW_NEITHER,
};

struct shadow_block {
	unsigned char *ptr;	/* NULL: the slot is empty */
	size_t size;		/* as asked for */
	size_t usable;		/* as the allocator said */
	size_t align;
	uint64_t seed;		/* of its contents */
	enum shadow_kind kind;
	bool zeroed;		/* asked for as zeros */
};

/* The block in `slot`. */
const struct shadow_block *shadow_get(unsigned int slot);

/*
 * Takes a new block into the empty `slot`, checks it against all others and
 * fills it.  `block` has everything but the seed.
 */
void shadow_add(unsigned int slot, const struct shadow_block *block);

/* Compares the contents of the block in `slot`. */
void shadow_check(unsigned int slot);

/* Checks the block in `slot` and empties the slot. */
void shadow_take(unsigned int slot);

/*
 * Checks that the block at `ptr`, into which `old` was resized, has kept the
 * first `kept` bytes of it.
 */
void shadow_check_moved(const struct shadow_block *old,
			const unsigned char *ptr, size_t kept);

/* The slot of the block at the highest address; false if there is none. */
bool shadow_last(unsigned int *slot);

/* Bytes asked for in all blocks, and bytes that they have. */
size_t shadow_live(void);
size_t shadow_usable(void);

#endif /* SHADOW_H */
