/* SPDX-License-Identifier: MIT */
/*
 * shadow.c - see shadow.h.
 */
#include "shadow.h"

#include "fuzz_common.h"

#include <string.h>

#define PAGE		((size_t)4096)
#define SMALL_MAX	((size_t)2048)	/* compared in full */
#define EDGE		((size_t)256)	/* of a large block, at both ends */
#define SAMPLE		((size_t)64)	/* at a page start between */
#define SAMPLES_MAX	((size_t)64)
#define HUGE_MIN	((size_t)4 << 20) /* a sample may cost 2 MiB here */
#define HUGE_SAMPLES	((size_t)2)
#define ZERO_FULL_MAX	((size_t)256 << 10) /* searched in full for zeros */
#define ZERO_PAGES_MAX	((size_t)512)

static struct shadow_block blocks[SHADOW_SLOTS];

/* The taken slots in the order of their addresses. */
static uint16_t order[SHADOW_SLOTS];
static unsigned int taken;
static size_t live;
static size_t usable;
static uint64_t next_seed;

const struct shadow_block *shadow_get(unsigned int slot)
{
	return &blocks[slot];
}

size_t shadow_live(void)
{
	return live;
}

size_t shadow_usable(void)
{
	return usable;
}

/* ---- contents ---- */

/* The eight bytes at offset 8 * i of contents with `seed`. */
static uint64_t pattern(uint64_t seed, uint64_t i)
{
	uint64_t x = (seed + i) * 0x9e3779b97f4a7c15u;

	return x ^ x >> 29;
}

/* Bytes off, off + 1, ... of the contents; off is a multiple of 8. */
static void write_bytes(unsigned char *base, size_t off, size_t len,
			uint64_t seed)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = pattern(seed, (off + i) / 8);

		memcpy(base + off + i, &word, len - i < 8 ? len - i : 8);
	}
}

static void compare_bytes(const unsigned char *base, size_t off, size_t len,
			  const struct shadow_block *block)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = pattern(block->seed, (off + i) / 8);
		size_t n = len - i < 8 ? len - i : 8;

		if (memcmp(base + off + i, &word, n) != 0)
			fuzz_fail("contents lost in %p at offset %zu of %zu",
				  (const void *)base, off + i, block->size);
	}
}

/*
 * The parts of a block that are written and compared, one after the other:
 * start with *off = *len = 0; false when there is no more.  Offsets are
 * multiples of 8.  `base` is the address at which the block was filled, the
 * one by which pages are chosen.
 */
static bool next_part(uintptr_t base, size_t size, size_t *off, size_t *len)
{
	size_t end = *off + *len;
	size_t tail = (size - EDGE) & ~(size_t)7;
	size_t samples = size < HUGE_MIN ? SAMPLES_MAX : HUGE_SAMPLES;
	size_t step = PAGE;
	size_t at;

	if (size <= SMALL_MAX) {
		*off = end;
		*len = size - end;
		return end == 0 && size > 0;
	}
	if (end == 0) {
		*len = EDGE;
		return true;
	}
	if (end >= size)
		return false;
	while (size / step > samples)
		step *= 2;
	at = ((base + end + step - 1) & ~(uintptr_t)(step - 1)) - base;
	if (at + SAMPLE < tail) {
		*off = at;
		*len = SAMPLE;
	} else {
		*off = tail;
		*len = size - tail;
	}
	return true;
}

static void fill(const struct shadow_block *block)
{
	size_t off = 0;
	size_t len = 0;

	while (next_part((uintptr_t)block->ptr, block->usable, &off, &len))
		write_bytes(block->ptr, off, len, block->seed);
}

static void compare(const struct shadow_block *block,
		    const unsigned char *now, size_t kept)
{
	size_t off = 0;
	size_t len = 0;

	while (next_part((uintptr_t)block->ptr, block->usable, &off, &len)) {
		if (off >= kept)
			break;
		compare_bytes(now, off, len < kept - off ? len : kept - off,
			      block);
	}
}

static void search_nonzero(const unsigned char *base, size_t off, size_t len)
{
	const unsigned char *p = base + off;

	if (!len || (!p[0] && !memcmp(p, p + 1, len - 1)))
		return;
	while (!*p)
		p++;
	fuzz_fail("zeroed block %p is 0x%02x at offset %zu",
		  (const void *)base, *p, (size_t)(p - base));
}

/* Large blocks: both ends and the start and end of some pages. */
static void check_zero(const struct shadow_block *block)
{
	const unsigned char *base = block->ptr;
	size_t size = block->size;
	size_t step = PAGE;
	size_t at;

	if (size <= ZERO_FULL_MAX) {
		search_nonzero(base, 0, size);
		return;
	}
	while (size / step > ZERO_PAGES_MAX)
		step *= 2;
	at = step - ((uintptr_t)base & (step - 1));
	if (at < SAMPLE)
		at += step;
	search_nonzero(base, 0, EDGE);
	for (; at + SAMPLE <= size; at += step)
		search_nonzero(base, at - SAMPLE, 2 * SAMPLE);
	search_nonzero(base, size - EDGE, EDGE);
}

/* ---- addresses ---- */

/* The usable bytes; a block of none still has its address to itself. */
static uintptr_t block_end(const struct shadow_block *block)
{
	return (uintptr_t)block->ptr + (block->usable ? block->usable : 1);
}

/* How many taken slots lie below `addr`. */
static unsigned int rank_of(uintptr_t addr)
{
	unsigned int low = 0;
	unsigned int high = taken;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if ((uintptr_t)blocks[order[mid]].ptr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void check_place(const struct shadow_block *block, unsigned int rank)
{
	uintptr_t start = (uintptr_t)block->ptr;
	size_t align = block->align < 16 ? 16 : block->align;
	const struct shadow_block *next;
	const struct shadow_block *prev;

	if (start & (align - 1))
		fuzz_fail("block %p is not aligned to %zu",
			  (void *)block->ptr, align);
	if (block->usable < block->size || block_end(block) < start)
		fuzz_fail("block %p of %zu bytes has %zu usable",
			  (void *)block->ptr, block->size, block->usable);
	next = rank < taken ? &blocks[order[rank]] : NULL;
	prev = rank > 0 ? &blocks[order[rank - 1]] : NULL;
	if (next && block_end(block) > (uintptr_t)next->ptr)
		fuzz_fail("block %p+%zu overlaps %p+%zu", (void *)block->ptr,
			  block->usable, (void *)next->ptr, next->usable);
	if (prev && block_end(prev) > start)
		fuzz_fail("block %p+%zu overlaps %p+%zu", (void *)block->ptr,
			  block->usable, (void *)prev->ptr, prev->usable);
}

/* ---- the heap ---- */

void shadow_add(unsigned int slot, const struct shadow_block *block)
{
	unsigned int rank = rank_of((uintptr_t)block->ptr);

	check_place(block, rank);
	if (block->zeroed)
		check_zero(block);
	memmove(&order[rank + 1], &order[rank],
		(taken - rank) * sizeof(order[0]));
	order[rank] = (uint16_t)slot;
	taken++;
	live += block->size;
	usable += block->usable;
	blocks[slot] = *block;
	/* Far enough apart that no two blocks share a word. */
	blocks[slot].seed = next_seed += (uint64_t)1 << 32;
	fill(&blocks[slot]);
}

bool shadow_last(unsigned int *slot)
{
	if (taken)
		*slot = order[taken - 1];
	return taken > 0;
}

void shadow_check(unsigned int slot)
{
	compare(&blocks[slot], blocks[slot].ptr, blocks[slot].usable);
}

void shadow_check_moved(const struct shadow_block *old,
			const unsigned char *ptr, size_t kept)
{
	compare(old, ptr, kept);
}

void shadow_take(unsigned int slot)
{
	struct shadow_block *block = &blocks[slot];
	unsigned int rank = rank_of((uintptr_t)block->ptr);

	shadow_check(slot);
	taken--;
	memmove(&order[rank], &order[rank + 1],
		(taken - rank) * sizeof(order[0]));
	live -= block->size;
	usable -= block->usable;
	block->ptr = NULL;
}
