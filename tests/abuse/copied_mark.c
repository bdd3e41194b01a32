/* SPDX-License-Identifier: MIT */
/*
 * copied_mark HOW SIZE: no crime.  A program may copy bytes that it has not
 * written, padding for one, from memory that was free before; the words by
 * which the allocator knows a free block then stand in a live one.  It must
 * be freed like any other.
 *
 * case: same-thread 16
 * case: same-thread 64
 * case: same-thread 1000
 * case: same-thread 5000
 * case: same-thread 20000
 * case: other-thread 16
 * case: other-thread 64
 * case: other-thread 5000
 * case: own-memory 64
 * lives
 */
#include "crime.h"

#include <pthread.h>

#define COUNT 2000

static unsigned char *blocks[COUNT];

static void *free_all(void *unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT; i++)
		free(blocks[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	size_t size = crime_number(argc, argv, 2);
	unsigned char *freed = crime_block(size);
	unsigned char words[16];

	free(HIDE(freed));
	memcpy(words, HIDE(freed), sizeof(words));
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			blocks[i] = crime_block(size);
			if (i % 5 == 0) {
				free(blocks[i]);
				blocks[i] = HIDE(malloc(size));
				CHECK(blocks[i] != NULL);
			}
			/* "own-memory": what it has, is left there */
			if (!crime_is(argc, argv, "own-memory"))
				memcpy(blocks[i], words, sizeof(words));
		}
		if (crime_is(argc, argv, "other-thread")) {
			pthread_t thread;

			CHECK_EQ(pthread_create(&thread, NULL, free_all, NULL),
				0);
			CHECK_EQ(pthread_join(thread, NULL), 0);
		} else {
			free_all(NULL);
		}
	}
	return 0;
}
