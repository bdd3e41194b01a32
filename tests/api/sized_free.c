/* SPDX-License-Identifier: MIT */
/*
 * free_sized() and free_aligned_sized() with the sizes and alignments that
 * were asked for, for every kind of block.  (With others: tests/abuse.)
 */
#include "lib/blocks.h"
#include "lib/family.h"

#include "hakmem.h"

static void one_size(size_t size)
{
	void *p;

	p = HIDE(malloc(size));
	CHECK_AT(p != NULL, size);
	CHECK_ERRNO_KEPT(free_sized(p, size));
	p = HIDE(calloc(1, size));
	CHECK_AT(p != NULL, size);
	CHECK_ERRNO_KEPT(free_sized(p, size));
	p = HIDE(realloc(HIDE(malloc(10)), size));
	CHECK_AT(p != NULL, size);
	CHECK_ERRNO_KEPT(hakmem_free_sized(p, size));
	/* shrunk: the last size that was asked for counts */
	p = HIDE(realloc(HIDE(malloc(size)), size / 2 + 1));
	CHECK_AT(p != NULL, size);
	CHECK_ERRNO_KEPT(free_sized(p, size / 2 + 1));

	for (size_t a = 1; a <= 128 * KIB; a *= 2) {
		p = HIDE(aligned_alloc(a, size));
		CHECK_AT(p != NULL, size);
		CHECK_ERRNO_KEPT(free_aligned_sized(p, a, size));
		p = HIDE(hakmem_aligned_alloc(a, size));
		CHECK_AT(p != NULL, size);
		CHECK_ERRNO_KEPT(hakmem_free_aligned_sized(p, a, size));
	}
}

int main(void)
{
	for (size_t size = 1; size < 1200; size++)
		one_size(size);
	each_boundary(70 * MIB, one_size);
	CHECK_ERRNO_KEPT(free_sized(NULL, 0));
	CHECK_ERRNO_KEPT(free_sized(NULL, 100));
	CHECK_ERRNO_KEPT(free_aligned_sized(NULL, 64, 100));
	CHECK_ERRNO_KEPT(hakmem_free_sized(NULL, 100));
	CHECK_ERRNO_KEPT(hakmem_free_aligned_sized(NULL, 0, 0));
	return 0;
}
