/* SPDX-License-Identifier: MIT */
/*
 * held.h - blocks that are held while the system refuses memory: what is got
 * is NULL with ENOMEM or leaves errno alone, what is held stays as it was
 * filled.  Only HELD_ENDS bytes at both ends are filled and looked at, so that
 * many large blocks take no time; define it before, if not as below.
 */
#ifndef HELD_H
#define HELD_H

#include "blocks.h"

#ifndef HELD_ENDS
#define HELD_ENDS 10000
#endif

/* `p` is NULL for none.  `seed` is its pattern's, here and below. */
struct held {
	unsigned char *p;
	size_t size;
};

static inline size_t held_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline void held_fill(struct held *h, void *p, size_t size,
	uint64_t seed)
{
	h->p = (unsigned char *)p;
	h->size = size;
	pattern_fill(p, 0, held_least(size, HELD_ENDS), seed);
	if (size > HELD_ENDS)
		pattern_fill(p, size - HELD_ENDS, size, seed);
}

/* `size`: how much there is of what was filled. */
static inline void held_verify(const struct held *h, size_t size,
	uint64_t seed)
{
	CHECK_PATTERN(h->p, 0, held_least(size, HELD_ENDS), seed);
	if (size == h->size && size > HELD_ENDS)
		CHECK_PATTERN(h->p, size - HELD_ENDS, size, seed);
}

/* By realloc().  False where there is no memory: the block stays. */
static inline bool held_resize(struct held *h, size_t size, uint64_t seed)
{
	void *p;

	errno = 4711;
	p = HIDE(realloc(h->p, size));
	CHECK_EQ(errno, p ? 4711 : ENOMEM);
	if (!p) {
		held_verify(h, h->size, seed);
		return false;
	}
	h->p = (unsigned char *)p;
	held_verify(h, held_least(size, h->size), seed);
	held_fill(h, p, size, seed);
	return true;
}

static inline void held_release(struct held *h, uint64_t seed)
{
	if (!h->p)
		return;
	held_verify(h, h->size, seed);
	CHECK_ERRNO_KEPT(free(h->p));
	h->p = NULL;
}

#endif /* HELD_H */
