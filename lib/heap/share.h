/* SPDX-License-Identifier: MIT */
/*
 * share.h - one heap for all threads that have none of their own: those that
 * have just begun or do little, and those that have ended but for what the C
 * library still frees for them.
 *
 * A heap costs a page for each size that a thread ever asked for, and most
 * threads of a large server ask for a little of each and then wait.  Such
 * threads have one heap together, each call under its lock:
 *
 *   hk_share_enter()   the heap is the caller's, as if he were its thread
 *   ... one call ...   no slab stays the current one of the calling thread
 *   hk_share_leave()
 *
 * To all other threads it is a heap like any: that its owner is another
 * thread at each call does not show, as the lock orders the calls.
 */
#ifndef HK_SHARE_H
#define HK_SHARE_H

#include "heap/heap.h"

/*
 * Is the calling thread, which has no heap, to share one for this call?  No,
 * once it has made as many calls as the option `share` says within a second;
 * where no thread has a heap; and where one waits that another thread left as
 * this one makes its first call, as what that thread had may have come down
 * to it.  Then it is to get its own.
 */
bool hk_share_wanted(void);

/*
 * Takes the lock and returns the heap; NULL, without the lock, where the
 * library or the heap cannot start for want of memory.
 */
struct hk_heap *hk_share_enter(void);
void hk_share_leave(void);

/* The same, but NULL, without the lock, where no thread has used it yet. */
struct hk_heap *hk_share_enter_used(void);

/*
 * Where the calling thread has just got a heap of its own, after calls that
 * shared this one, and no other thread shares it: the slabs that have a block
 * are its from now on, and what the heap keeps ready goes back.
 */
void hk_share_inherit(struct hk_heap *heap);

/* The calling thread ends; in a child of fork, all others have. */
void hk_share_ends(void);
void hk_share_forked(void);

/* Gives back all that the heap keeps ready. */
void hk_share_trim(void);

/* The same, where no thread used it since this was asked last. */
void hk_share_tend(void);

/* For fork and for hk_share_enter(). */
extern struct hk_lock hk_share_lock;

#endif /* HK_SHARE_H */
