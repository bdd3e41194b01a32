/* SPDX-License-Identifier: MIT */
/*
 * size_overflow: products and roundings that exceed the address space give
 * NULL and ENOMEM, never a block that is too small.
 *
 * case: all
 * lives
 */
#define _GNU_SOURCE 1
#include "crime.h"
#include "hakmem.h"

#include "lib/family.h"

int main(int argc, char **argv)
{
	void *p = crime_block(100);
	void *out = p;

	CHECK(crime_is(argc, argv, "all"));
	for (size_t small = 1; small < 70000; small = small * 2 + 1) {
		size_t large = SIZE_MAX / small + 1;
		size_t most = SIZE_MAX - small + 1;

		if (small > 1) {
			CHECK_NULL(calloc(SIZE(small), SIZE(large)), ENOMEM);
			CHECK_NULL(calloc(SIZE(large), SIZE(small)), ENOMEM);
			CHECK_NULL(reallocarray(HIDE(p), SIZE(small),
					   SIZE(large)),
				ENOMEM);
			CHECK_NULL(reallocarray(HIDE(p), SIZE(large),
					   SIZE(small)),
				ENOMEM);
			CHECK_NULL(__libc_calloc(SIZE(large), SIZE(small)),
				ENOMEM);
			CHECK_NULL(hakmem_calloc(SIZE(large), SIZE(small)),
				ENOMEM);
		}
		CHECK_NULL(malloc(SIZE(most)), ENOMEM);
		CHECK_NULL(calloc(1, SIZE(most)), ENOMEM);
		CHECK_NULL(realloc(HIDE(p), SIZE(most)), ENOMEM);
		CHECK_NULL(memalign(64, SIZE(most)), ENOMEM);
		CHECK_NULL(aligned_alloc(4096, SIZE(most)), ENOMEM);
		CHECK_NULL(aligned_alloc(1 << 20, SIZE(most)), ENOMEM);
		CHECK_NULL(valloc(SIZE(most)), ENOMEM);
		CHECK_NULL(pvalloc(SIZE(most)), ENOMEM);
		CHECK_EQ(posix_memalign(&out, 64, SIZE(most)), ENOMEM);
		CHECK_EQ(posix_memalign(&out, 1 << 20, SIZE(most)), ENOMEM);
		CHECK(out == p);
		CHECK_NULL(hakmem_malloc(SIZE(most)), ENOMEM);
		CHECK_NULL(hakmem_zalloc(SIZE(most)), ENOMEM);
		CHECK_EQ(hakmem_good_size(SIZE(most)), 0);
	}
	CHECK_EQ(((unsigned char *)p)[99], 0x41);
	free(p);
	return 0;
}
