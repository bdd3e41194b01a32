/* SPDX-License-Identifier: MIT */
/*
 * interior_free CALL SIZE OFFSET: a pointer into a block, not to its start,
 * is passed to free(), realloc() or malloc_usable_size().
 *
 * case: free 16 1
 * case: free 16 8
 * dies: invalid free of @P \(inside a 16-byte block at @B\)
 * case: free 64 1
 * case: free 64 8
 * case: free 64 16
 * case: free 64 48
 * case: free 64 63
 * dies: invalid free of @P \(inside a 64-byte block at @B\)
 * case: free 48 16
 * case: free 48 32
 * dies: invalid free of @P \(inside a 48-byte block at @B\)
 * case: free 1000 512
 * case: free 1000 16
 * case: free 1000 4
 * dies: invalid free of @P \(inside a 1024-byte block at @B\)
 * case: free 5000 16
 * case: free 5000 1024
 * case: free 5000 4096
 * case: free 5000 4999
 * case: free 8192 8176
 * case: free 9000 16
 * case: free 9000 4096
 * case: free 20000 16
 * case: free 20000 8192
 * case: free 32768 32752
 * case: free 32768 1
 * case: free 40000 16
 * case: free 40000 32768
 * case: free 100000 65536
 * case: free 100000 1
 * case: free 3000000 65536
 * case: free 3000000 2097152
 * case: free 3000000 16
 * case: free 60000000 33554432
 * case: free 80000000 16
 * case: free 80000000 4096
 * case: free 80000000 65536
 * case: free 80000000 67108864
 * case: free 80000000 1
 * dies: invalid free of @P \(inside a [0-9]+-byte block at @B\)
 * case: realloc 64 16
 * case: realloc 64 1
 * case: realloc 5000 16
 * case: realloc 20000 16
 * case: realloc 100000 16
 * case: realloc 100000 65536
 * case: realloc 80000000 4096
 * dies: invalid realloc of @P \(inside a [0-9]+-byte block at @B\)
 * case: usable 64 16
 * case: usable 64 1
 * case: usable 5000 16
 * case: usable 20000 16
 * case: usable 100000 65536
 * case: usable 80000000 4096
 * dies: invalid malloc_usable_size of @P \(inside a [0-9]+-byte block at @B\)
 * case: other-thread 64 16
 * case: other-thread 5000 16
 * case: other-thread 20000 16
 * case: other-thread 100000 65536
 * dies: invalid free of @P \(inside a [0-9]+-byte block at @B\)
 * case: aligned 3000 64
 * dies: invalid free of @P \(inside a [0-9]+-byte block at @B\)
 * case: free 64 0
 * case: free 20000 0
 * case: free 100000 0
 * case: free 80000000 0
 * case: realloc 64 0
 * case: usable 64 0
 * lives
 */
#include "crime.h"

#include <pthread.h>

static void *free_it(void *p)
{
	free(p);
	return NULL;
}

int main(int argc, char **argv)
{
	size_t size = crime_number(argc, argv, 2);
	size_t offset = crime_number(argc, argv, 3);
	unsigned char *before = crime_block(size);
	unsigned char *block = crime_block(size);
	unsigned char *after = crime_block(size);
	unsigned char *p;

	if (crime_is(argc, argv, "aligned"))
		block = HIDE(memalign(1024, size));
	p = HIDE(block + offset);
	crime_tell(p, block);
	if (crime_is(argc, argv, "realloc")) {
		HIDE(realloc(p, 100));
	} else if (crime_is(argc, argv, "usable")) {
		HIDE(malloc_usable_size(p));
	} else if (crime_is(argc, argv, "other-thread")) {
		pthread_t thread;

		CHECK_EQ(pthread_create(&thread, NULL, free_it, p), 0);
		CHECK_EQ(pthread_join(thread, NULL), 0);
	} else {
		free(p);
	}
	free(before);
	free(after);
	return offset ? GOT_AWAY : 0;
}
