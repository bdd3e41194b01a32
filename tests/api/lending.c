/* SPDX-License-Identifier: MIT */
/*
 * A block that a size class lends to a smaller one: a request gets a longer
 * block than usual, and everything that is told the requested size knows.
 */
#include "lib/blocks.h"

#include <malloc.h>

#include "lib/family.h"
#include "hakmem.h"

#define ASKED	4500	/* a class of 4,608 bytes */
#define LENDER	5000	/* one of 5,120 */

/*
 * A block of ASKED bytes that belongs to the lender's class: its slab has a
 * block that was used before, and stays, as another is out.
 */
static char *lent_block(void **stays)
{
	void *used;
	char *p;

	malloc_trim(0);
	used = HIDE(malloc(LENDER));
	*stays = HIDE(malloc(LENDER));
	CHECK(used && *stays);
	free(used);
	/* From this thread's cache into the slab. */
	malloc_trim(0);
	p = HIDE(malloc(ASKED));
	CHECK(p != NULL);
	CHECK_EQ(malloc_usable_size(p), hakmem_good_size(LENDER));
	pattern_fill(p, 0, ASKED, 1);
	return p;
}

int main(void)
{
	void *stays;
	char *p = lent_block(&stays);

	/* In place within the block, and a size that it was not asked for. */
	CHECK(HIDE(realloc(p, ASKED - 1)) == p);
	CHECK(HIDE(realloc(p, LENDER)) == p);
	CHECK_PATTERN(p, 0, ASKED - 1, 1);
	free_sized(p, LENDER);
	free(stays);

	p = lent_block(&stays);
	free_sized(p, ASKED);
	free(stays);

	p = lent_block(&stays);
	free_aligned_sized(p, 16, ASKED);
	free(stays);

	/* calloc() gets none of what was written. */
	p = lent_block(&stays);
	free(p);
	malloc_trim(0);
	p = HIDE(calloc(1, ASKED));
	CHECK(p != NULL);
	CHECK_ZERO(p, ASKED);
	free(p);
	free(stays);
	return 0;
}
