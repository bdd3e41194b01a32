/* SPDX-License-Identifier: MIT */
/*
 * libc_mode.h - HAKMEM_FORCE_LIBC_ALLOC=1: the process runs on the C
 * library's own allocator.
 *
 * Its functions can only be looked up when the dynamic loader is ready, in
 * our constructor: what was allocated before is ours and stays ours.  From
 * then on every pointer is told apart by its address, so blocks of either
 * allocator may be freed at any time, also at exit.
 *
 * While it is on, no thread has a heap: both fast paths leave by the branch
 * for that, and the slow paths come here.
 */
#ifndef HK_LIBC_MODE_H
#define HK_LIBC_MODE_H

#include "base/base.h"

#include <malloc.h>
#include <stdio.h>

/* The next allocator in the order of symbol look-up: glibc's. */
struct hk_libc {
	void *(*malloc)(size_t n);
	void *(*calloc)(size_t count, size_t size);
	void *(*realloc)(void *p, size_t n);
	void *(*memalign)(size_t align, size_t n);
	void (*free)(void *p);
	size_t (*usable_size)(void *p);

	/* To tell or tune; each is NULL where it has none. */
	struct mallinfo (*mallinfo)(void);
	struct mallinfo2 (*mallinfo2)(void);
	void (*stats)(void);
	int (*info)(int options, FILE *stream);
	int (*opt)(int param, int value);
	int (*trim)(size_t keep);
};

/* Written once by hk_libc_mode_start(), before the program's threads. */
extern struct hk_libc hk_libc;

HK_INLINE bool hk_libc_mode_on(void)
{
	return hk_unlikely(hk_libc.malloc != NULL);
}

/*
 * mallopt() came before our constructor, from that of another library: the C
 * library is told, too, if it is to serve the process.  After the constructor,
 * does nothing.
 */
void hk_libc_mode_remember(int param, int value);

/* The process stays on the library: there is nothing to remember. */
void hk_libc_mode_forget(void);

/*
 * Looks the functions up and turns the mode on for the whole process.  Where
 * they cannot be found (a static program), says so in one line and leaves
 * the process on libhakmem.
 */
void hk_libc_mode_start(void);

#endif /* HK_LIBC_MODE_H */
