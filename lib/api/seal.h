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
 * A freed block up to 8 KiB is cleared and waits in the quarantine of the heap
 * that freed it (struct hk_sealed), a random place of which is cleared for the
 * next: nobody can tell when it comes back, and a write to it is seen before
 * that.
 *
 * A thread allocates from its heap or the shared one, by slow paths only, and
 * any thread frees any block.  Two of them meet at a seal, an aligned word:
 *
 *   it is written by        who                               how
 *   closing, resizing       the block's holder                store, CAS
 *   freeing                 of many the one that gets it      CAS
 *   seal_before(), once     the holder of the block behind    CAS, from zero
 *   giving back its page    who has the lock of the class     to zero; only
 *                                                             above 8 KiB
 *
 *   it is read by those, and by the holder of the block behind.
 *
 * At any time it is one of those that a block may have, so whoever reads it
 * without being the holder may read an old one as well: relaxed everywhere.
 * What else is in a block is its holder's, or its heap's while it is free,
 * and comes to the next by the way that the block itself takes.
 */
#ifndef HK_SEAL_H
#define HK_SEAL_H

#include "api/locate.h"
#include "heap/heap.h"
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

/*
 * The same, and it is the program's no more: of several threads that free a
 * block at a time, all but one get HK_SEAL_FREED.
 */
enum hk_seal_verdict hk_seal_break(void *p, const struct hk_block_info *info);

/*
 * A block that was whole, and has room for it, is for `n` bytes from now on;
 * HK_SEAL_FREED where another thread has freed it meanwhile.
 */
enum hk_seal_verdict hk_seal_again(void *p, size_t was, size_t n,
				   const struct hk_block_info *info);

/*
 * A block whose seal is broken is cleared.  False where it must not be used
 * again.
 */
bool hk_seal_clear(void *p, const struct hk_block_info *info);

/*
 * Which block is to go back to the heap for one that was cleared: that one,
 * one that had its place in the quarantine, or NULL.  *info and *verdict tell
 * of the returned one then.  `sealed` is that of the caller's heap.
 */
void *hk_seal_retire(struct hk_sealed *sealed, void *p,
		     struct hk_block_info *info,
		     enum hk_seal_verdict *verdict);

/*
 * "hakmem: fatal: ..." of a block of `size` bytes, and the end of the process.
 * Whoever handles the signal may allocate, so no lock is held.
 */
HK_NORETURN HK_COLD void hk_seal_fatal(enum hk_seal_verdict verdict,
				       const void *p, size_t size);

#endif /* HK_SEAL_H */
