/* SPDX-License-Identifier: MIT */
/*
 * info.h - mallinfo() and its kin: glibc's interface to an allocator's
 * figures and settings, filled with ours as far as they have a meaning.  In a
 * process on the C library's own allocator (libc_mode.h) they are its own.
 */
#ifndef HK_INFO_H
#define HK_INFO_H

#include <malloc.h>
#include <stdio.h>

/*
 * arena: bytes of units taken; hblks, hblkhd: huge blocks and their bytes;
 * uordblks: bytes held by the program; fordblks, keepcost: kept for reuse;
 * the rest is 0.  The fields of mallinfo() are int and stop at INT_MAX.
 */
struct mallinfo2 hk_mallinfo2(void);
struct mallinfo hk_mallinfo(void);

/* All figures as lines on standard error. */
void hk_malloc_stats(void);

/*
 * The same as XML.  Returns 0, or -1 with EINVAL for options other than 0,
 * or -1 with the stream's own error.
 */
int hk_malloc_info(int options, FILE *stream);

/*
 * M_TRIM_THRESHOLD: how many bytes of used, free memory are kept whatever
 * their age, all with a negative value.  The other parameters of glibc are
 * accepted and change nothing.  Returns 1.
 */
int hk_mallopt(int param, int value);

#endif /* HK_INFO_H */
