/* SPDX-License-Identifier: MIT */
/*
 * remote.h - blocks that are freed by a thread that does not own their slab.
 *
 * They are collected in chains, one slab each, without any atomic; a chain
 * goes to the inbox of the slab's owner with one compare-and-swap.  A chain
 * that is all of a full slab stays: the slab changes hands instead.  What an
 * idle owner does not fetch is sorted by the thread that sends it too much
 * (robbing), so that slabs all of whose blocks came back are found.
 *
 * A chain in an inbox, in its first block:
 *
 *   +-------------------------+-------------------------------------------+
 *   | first block of the next | second block, last block, count:          |
 *   | chain ^ link_key        | 16 + 16 + 16 bits ^ mark_key; places are  |
 *   |                         | offsets in the slab / 16                  |
 *   +-------------------------+-------------------------------------------+
 *
 * The protocol in short, each claim argued where it is used:
 *   - blocks that a chain holds count as out for their slab's owner, so a
 *     slab with a chain under way is never empty and never reused;
 *   - the owner of a slab may change under way (orphans, take-over), so
 *     whoever opens a chain looks at the owner again and forwards.
 */
#ifndef HK_REMOTE_H
#define HK_REMOTE_H

#include "heap/heap.h"

/* Frees block `b` of a slab that another heap owns. */
void hk_remote_free(struct hk_heap *heap, struct hk_desc *d,
		    struct hk_block *b);

/* At each refill: fetches what has come, sends what is old. */
void hk_remote_tick(struct hk_heap *heap);

/* Fetches all chains that have come for the heap. */
void hk_remote_drain(struct hk_heap *heap);

/* Sends all chains that the heap collects. */
void hk_remote_send_all(struct hk_heap *heap);

/*
 * What was robbed of slab `d` returns to it, and the slab changes from
 * `owner` to `heap` in the same critical section of owner's rob lock.  Both
 * belong to the caller: the orphan by the orphans lock, the shared heap by
 * its own.
 */
void hk_remote_hand_over(struct hk_heap *owner, struct hk_desc *d,
			 struct hk_heap *heap);

/*
 * Sorts the inbox of another heap, as a sender does where it is too full:
 * full slabs all of whose blocks are there become `heap`'s, the caller's.
 */
void hk_remote_rob(struct hk_heap *heap, struct hk_heap *victim);

/* Is `b` in a chain that the heap collects? */
bool hk_remote_has(struct hk_heap *heap, const struct hk_desc *d,
		   const struct hk_block *b);

#endif /* HK_REMOTE_H */
