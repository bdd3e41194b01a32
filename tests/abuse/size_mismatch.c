/* SPDX-License-Identifier: MIT */
/*
 * size_mismatch CALL ASKED TOLD: a block of ASKED bytes is given back as one
 * of TOLD bytes, of another size class.
 *
 * case: free_sized 64 32
 * case: hakmem_free_sized 64 32
 * dies: size mismatch on free of @P \(freed as 32 bytes, .* 64-byte class\)
 * case: free_sized 32 64
 * dies: size mismatch on free of @P \(freed as 64 bytes, .* 32-byte class\)
 * case: free_sized 1000 100
 * case: free_sized 100 1000
 * case: free_sized 1000 5000
 * case: free_sized 5000 1000
 * case: free_sized 8192 8193
 * case: free_sized 8193 8192
 * case: free_sized 20000 100
 * case: free_sized 100 20000
 * case: free_sized 32768 32769
 * case: free_sized 100000 100
 * case: free_sized 100 100000
 * case: free_sized 100000 3000000
 * case: free_sized 3000000 100000
 * case: free_sized 80000000 100000000
 * case: free_sized 100 80000000
 * case: free_sized 80000000 100
 * case: free_sized 64 0xffffffffffffffff
 * case: free_sized 64 0x8000000000000000
 * case: free_sized 80000000 0xffffffffffffffff
 * case: hakmem_free_sized 5000 100
 * case: free_aligned_sized 5000 100
 * case: free_aligned_sized 100 5000
 * case: free_aligned_sized 100000 100
 * case: hakmem_free_aligned_sized 5000 100
 * dies: size mismatch on free of @P \(freed as [0-9]+ bytes, block of the .*\)
 * case: free_sized 64 64
 * case: free_sized 63 64
 * case: free_sized 1000 1024
 * case: free_sized 0 0
 * case: free_sized 20000 20000
 * case: free_sized 100000 100000
 * case: free_sized 80000000 80000000
 * case: free_aligned_sized 5000 5000
 * lives
 */
#include "crime.h"
#include "hakmem.h"

#include "lib/family.h"

int main(int argc, char **argv)
{
	size_t asked = crime_number(argc, argv, 2);
	size_t told = crime_number(argc, argv, 3);
	void *p;

	if (crime_is(argc, argv, "free_aligned_sized") ||
		crime_is(argc, argv, "hakmem_free_aligned_sized"))
		p = HIDE(aligned_alloc(128, asked));
	else
		p = crime_block(asked);
	crime_tell(p, p);
	if (crime_is(argc, argv, "free_sized"))
		free_sized(p, told);
	else if (crime_is(argc, argv, "hakmem_free_sized"))
		hakmem_free_sized(p, told);
	else if (crime_is(argc, argv, "free_aligned_sized"))
		free_aligned_sized(p, 128, told);
	else
		hakmem_free_aligned_sized(p, 128, told);
	return hakmem_good_size(asked) == hakmem_good_size(told) ? 0
								  : GOT_AWAY;
}
