/* SPDX-License-Identifier: MIT */
/*
 * double_free HOW SIZE: a block is freed twice, at once or with other calls
 * in between.  (Not when it was given out again in between: then it is the
 * new owner's, and the first free() of the two is right.)
 *
 * case: now 1
 * case: now 16
 * dies: double free of @P \(16-byte class, heap [0-9]+\)
 * case: now 64
 * case: after-1024-pairs 64
 * case: after-1024-frees 64
 * case: calloc 64
 * case: memalign 64
 * case: cfree 64
 * case: overwritten-head 64
 * dies: double free of @P \(64-byte class, heap [0-9]+\)
 * case: now 1024
 * case: after-1024-pairs 1000
 * case: after-1024-frees 1000
 * dies: double free of @P \(1024-byte class, heap [0-9]+\)
 * case: now 1025
 * case: after-1024-pairs 1100
 * case: after-1024-frees 1100
 * dies: double free of @P \(1152-byte class(, heap [0-9]+)?\)
 * case: now 5000
 * case: now 8192
 * case: after-1024-pairs 5000
 * case: after-1024-frees 5000
 * dies: double free of @P \([0-9]+-byte class(, heap [0-9]+)?\)
 * case: with-neighbours 64
 * case: with-neighbours 5000
 * case: after-trim 64
 * case: after-trim 5000
 * dies: (double free of @P \(.*|invalid free of @P \(memory that is free\))
 * case: in-a-thread 64
 * case: in-a-thread 3000
 * dies: double free of @P \([0-9]+-byte class(, heap [0-9]+)?\)
 * case: now 8193
 * case: now 20000
 * case: now 32768
 * case: after-1024-pairs 20000
 * case: after-1024-frees 20000
 * case: with-neighbours 20000
 * case: in-a-thread 20000
 * dies: double free of @P \([0-9]+-byte class(, heap [0-9]+)?\)
 * case: now 32769
 * case: now 100000
 * case: now 3000000
 * case: now 60000000
 * case: after-1024-pairs 100000
 * case: after-1024-frees 100000
 * case: with-neighbours 100000
 * case: in-a-thread 100000
 * dies: (double free of @P \(.*|invalid free of @P \(memory that is free\))
 * case: now 67108865
 * case: now 200000000
 * case: in-a-thread 80000000
 * dies: (double|invalid) free of @P \(.*
 * case: realloc 64
 * case: realloc 5000
 * case: realloc 20000
 * case: realloc 100000
 * case: realloc 80000000
 * case: realloc-of-moved 40
 * dies: (double free|invalid realloc|double realloc) of @P \(.*
 * case: none 16
 * case: none 5000
 * case: none 20000
 * case: none 100000
 * case: none 80000000
 * lives
 */
#include "crime.h"

#include <pthread.h>

#include "lib/family.h"

#define OTHERS 1024

static unsigned char *others[OTHERS];

static void *free_twice(void *p)
{
	free(HIDE(p));
	free(p);
	_exit(GOT_AWAY);
}

static void between(int argc, char **argv, size_t size)
{
	if (crime_is(argc, argv, "after-1024-pairs"))
		for (size_t i = 0; i < OTHERS; i++)
			free(crime_block(size));
	if (crime_is(argc, argv, "after-1024-frees") ||
		crime_is(argc, argv, "with-neighbours"))
		for (size_t i = 0; i < OTHERS; i++)
			free(others[i]);
}

int main(int argc, char **argv)
{
	size_t size = crime_number(argc, argv, 2);
	unsigned char *p, *q;

	if (crime_is(argc, argv, "after-1024-frees"))
		for (size_t i = 0; i < OTHERS; i++)
			others[i] = crime_block(size);
	p = crime_block(size);
	if (crime_is(argc, argv, "with-neighbours"))
		for (size_t i = 0; i < OTHERS; i++)
			others[i] = crime_block(i % 3 ? size : i + 1);
	if (crime_is(argc, argv, "calloc"))
		p = HIDE(calloc(size, 1));
	if (crime_is(argc, argv, "memalign"))
		p = HIDE(memalign(size, size));
	crime_tell(p, p);
	if (crime_is(argc, argv, "none")) {
		free(HIDE(p));
		return 0;
	}
	if (crime_is(argc, argv, "in-a-thread")) {
		pthread_t thread;

		CHECK_EQ(pthread_create(&thread, NULL, free_twice, p), 0);
		pthread_join(thread, NULL);
		return GOT_AWAY;
	}
	if (crime_is(argc, argv, "realloc-of-moved")) {
		q = HIDE(realloc(p, 50000));
		CHECK(q != p);
	} else {
		free(HIDE(p));
	}
	between(argc, argv, size);
	if (crime_is(argc, argv, "overwritten-head"))
		/* the program wrote to it once more, one byte of it */
		p[0] ^= 1;
	if (crime_is(argc, argv, "after-trim"))
		malloc_trim(0);
	if (crime_is(argc, argv, "realloc") ||
		crime_is(argc, argv, "realloc-of-moved"))
		HIDE(realloc(p, size + 1000));
	else if (crime_is(argc, argv, "cfree"))
		cfree(p);
	else
		free(p);
	return GOT_AWAY;
}
