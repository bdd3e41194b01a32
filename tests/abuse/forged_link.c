/* SPDX-License-Identifier: MIT */
/*
 * forged_link HOW SIZE: the first word of a freed block, where its link to
 * the next free block is, is overwritten whole: with an address of the
 * attacker's choice, with zeros, with text.  The allocator must notice before
 * it hands out memory of anybody else.  One block in four stays live, so that
 * memory is reused block by block.  Blocks above 1 KiB have no links in them,
 * so that nothing comes of it.
 *
 * case: target 16
 * case: target 64
 * case: target 1000
 * case: global 16
 * case: global 64
 * case: zero 64
 * case: zero 1000
 * case: ones 64
 * case: text 64
 * case: text 300
 * case: second-in-list 64
 * case: second-in-list 1000
 * dies: corrupted free list at 0x[0-9a-f]+ \([0-9]+-byte class, heap [0-9]+\)
 * case: target 2000
 * case: target 8192
 * case: global 5000
 * case: zero 4000
 * case: text 20000
 * case: none 64
 * case: none 5000
 * lives
 */
#include "crime.h"

#define COUNT 4096

static unsigned char *blocks[COUNT];
static _Alignas(64) uintptr_t global[1024];

/*
 * Sixteen bytes are two words: link and mark.  Only the link is forged.
 */
static void forge(unsigned char *block, uintptr_t word)
{
	memcpy(HIDE(block), &word, sizeof(word));
	HIDE(block);
}

int main(int argc, char **argv)
{
	size_t size = crime_number(argc, argv, 2);
	size_t victim = COUNT / 2 + 1;
	unsigned char *stolen = crime_block(size);

	for (size_t i = 0; i < COUNT; i++)
		blocks[i] = crime_block(size);
	for (size_t i = 0; i < COUNT; i++)
		if (i % 4 != 3)
			free(blocks[i]);
	crime_tell(blocks[victim], blocks[victim]);
	if (crime_is(argc, argv, "second-in-list"))
		victim--;
	if (crime_is(argc, argv, "target"))
		forge(blocks[victim], (uintptr_t)stolen);
	else if (crime_is(argc, argv, "global") ||
		crime_is(argc, argv, "second-in-list"))
		forge(blocks[victim], (uintptr_t)global);
	else if (crime_is(argc, argv, "zero"))
		forge(blocks[victim], 0);
	else if (crime_is(argc, argv, "ones"))
		forge(blocks[victim], UINTPTR_MAX);
	else if (crime_is(argc, argv, "text"))
		forge(blocks[victim], 0x4141414141414141);
	/* all that was free is given out again, and more */
	for (size_t i = 0; i < 2 * COUNT; i++) {
		unsigned char *p = crime_block(size);

		CHECK(p != stolen);
		CHECK((void *)p != (void *)global);
	}
	return 0;
}
