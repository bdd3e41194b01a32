/* SPDX-License-Identifier: MIT */
/*
 * seal.h - sealed blocks, for the preset hardened: what was written where it
 * does not belong is seen when a block is freed, resized, or used again.
 *
 *   with the program:
 *   p                  p + n                            p + size - 8
 *   +------------------+-----------------------+-------+---------+
 *   | n bytes          | pattern, to 64 bytes  | zero  |  seal   |
 *   +------------------+-----------------------+-------+---------+
 *   free:
 *   +---------------+--------------------------+-------+---------+
 *   | link, mark    | zero                             | freed   |
 *   +---------------+--------------------------+-------+---------+
 *     once it has left the quarantine               or zero: never used,
 *                                                   or its page was given back
 *
 * The seal is a hash of a secret, of the block's address and of how far it is
 * from the n bytes, which it tells; neither end of it can be a zero or ASCII.
 * A free block has the seal of free blocks.  So what
 * stands before a block, which is the end of another of the same slab, can
 * be verified too; the first block of a slab, up to 8 KiB, is not handed out.
 *
 * Long blocks, above 128 KiB, have a guard page behind them where the kernel
 * has guard pages without a mapping (Linux 6.13).
 *
 * A freed block up to 8 KiB is cleared and waits in the quarantine, 256
 * places of which a random one is cleared for the next: nobody can tell when
 * it comes back, and a write to it is seen before that.
 *
 * The caller holds the shared heap's lock (HK_RANK_SHARE), by which all
 * threads allocate and free where blocks are sealed.
 */
#ifndef HK_SEAL_H
#define HK_SEAL_H

#include "api/locate.h"
#include "policy/policy.h"

/* Does the process seal its blocks?  Decided before its first block. */
HK_INLINE bool hk_seal_on(void)
{
	return hk_unlikely(hk_policy_get(HK_OPT_SEAL));
}

enum hk_seal_verdict {
	HK_SEAL_WHOLE,
	HK_SEAL_FREED,		/* the block was freed already */
	HK_SEAL_OVERFLOW,	/* bytes behind it were written */
	HK_SEAL_UNDERFLOW,	/* bytes before it were written */
	HK_SEAL_STALE,		/* it was written after it was freed */
};

/*
 * How many bytes to ask the heap for, for a block of `n` bytes at a multiple
 * of `align`.
 */
size_t hk_seal_room(size_t n, size_t align);

/* Is the block, of whatever size now, long enough for `n` bytes? */
bool hk_seal_fits(size_t n, const struct hk_block_info *info);

/*
 * Is it a block that the quarantine takes, and the first of its slab?  Then
 * nothing verifiable stands before it, and it is to go there instead of to
 * the program.
 */
bool hk_seal_avoids(const void *p, const struct hk_block_info *info);

/*
 * Seals a block that comes from the heap, for `n` bytes, which read as zero
 * then; HK_SEAL_STALE where it is not as it was left.
 */
enum hk_seal_verdict hk_seal_close(void *p, size_t n,
				   const struct hk_block_info *info);

/* Looks at a block of the program; *n: the bytes that were asked for. */
enum hk_seal_verdict hk_seal_look(const void *p, size_t *n,
				  const struct hk_block_info *info);

/* A block that is whole, and has room for it, is for `n` bytes from now on. */
void hk_seal_again(void *p, size_t was, size_t n,
		   const struct hk_block_info *info);

/*
 * A block that the program has freed, and that is whole, is cleared.  Returns
 * which block is to go back to the heap: this one, one that had its place in
 * the quarantine, or NULL.  *info and *verdict tell of the returned one then.
 */
void *hk_seal_retire(void *p, struct hk_block_info *info,
		     enum hk_seal_verdict *verdict);

/*
 * "hakmem: fatal: ..." of a block of `size` bytes, and the end of the process.
 * Whoever handles the signal may allocate, so no lock is held.
 */
HK_NORETURN HK_COLD void hk_seal_fatal(enum hk_seal_verdict verdict,
				       const void *p, size_t size);

#endif /* HK_SEAL_H */
