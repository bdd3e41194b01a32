/* SPDX-License-Identifier: MIT */
/*
 * locate.h - what a pointer that the program gives us is, exactly: the start
 * of a block that it holds, or a mistake, which ends the process with a
 * message that tells which.
 */
#ifndef HK_LOCATE_H
#define HK_LOCATE_H

#include "superslab/unitmap.h"

enum hk_kind {
	HK_KIND_FOREIGN,	/* not ours; only in the libc mode */
	HK_KIND_SMALL,
	HK_KIND_MEDIUM,
	HK_KIND_RUN,
	HK_KIND_HUGE,
	HK_KIND_GUARD,		/* between guard pages; its size is exact */
};

struct hk_block_info {
	enum hk_kind kind;
	struct hk_desc *d;	/* first of the slab or run; huge: NULL */
	size_t size;		/* bytes that the block has */
};

/*
 * Describes the live block that starts at `p`, which is not NULL.  For
 * everything else: "hakmem: fatal: invalid <call> of 0x..." or "double free
 * of 0x...", and the end of the process.  A block that another thread frees
 * at the same time may be taken for live.
 */
void hk_locate(const void *p, const char *call, struct hk_block_info *info);

/* "hakmem: fatal: <what> of <p> (<number> <rest>)" and the end. */
HK_NORETURN HK_COLD void hk_fatal_block(const char *what, const void *p,
					const char *before, uint64_t number,
					const char *behind);

#endif /* HK_LOCATE_H */
