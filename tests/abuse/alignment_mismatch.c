/* SPDX-License-Identifier: MIT */
/*
 * alignment_mismatch SIZE TOLD: a block that is aligned to 16 bytes and no
 * more is given back as one with an alignment it cannot have been given.
 *
 * case: 48 64
 * dies: alignment mismatch on free of @P \(freed as aligned to 64\)
 * case: 48 4096
 * dies: alignment mismatch on free of @P \(freed as aligned to 4096\)
 * case: 1000 65536
 * case: 20000 65536
 * case: 100000 0x8000000000000000
 * case: 48 0
 * case: 48 24
 * case: 48 0xffffffffffffffff
 * dies: alignment mismatch on free of @P \(freed as aligned to [0-9]+\)
 * case: 48 16
 * case: 48 1
 * case: 1024 16
 * lives
 */
#include "crime.h"

#include "lib/family.h"

int main(int argc, char **argv)
{
	size_t size = crime_number(argc, argv, 1);
	size_t told = crime_number(argc, argv, 2);
	void *p;

	/* the first that does not happen to have the alignment */
	do {
		p = crime_block(size);
	} while (told > 16 && told % 2 == 0 && (uintptr_t)p % told == 0);
	crime_tell(p, p);
	free_aligned_sized(p, told, size);
	return told == 16 || told == 1 ? 0 : GOT_AWAY;
}
