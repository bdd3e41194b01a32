/* SPDX-License-Identifier: MIT */
/*
 * thread.h - which heap a thread has: given when it first allocates or
 * frees, or later (share.h); left to others when it ends.
 */
#ifndef HK_THREAD_H
#define HK_THREAD_H

#include "heap/heap.h"

/*
 * Gives the calling thread a heap: one that a thread has left, else a new
 * one.  Starts the library if this is the first call.  NULL without memory.
 * After the thread's last destructor has run the heap must be given up with
 * hk_thread_detach() by the caller, as nobody else will.
 */
struct hk_heap *hk_thread_attach(void);

/*
 * Takes the heap away again: all it keeps ready is flushed, and others may
 * have it.  `then` is what the thread has instead: hk_heap_none or
 * hk_heap_late.
 */
void hk_thread_detach(struct hk_heap *then);

/*
 * The destructor of the thread-specific key; `heap` is its value: the
 * thread's, or hk_heap_none where it only shared one.
 */
void hk_thread_ends(void *heap);

/*
 * Takes a usable slab of a class from a heap without a thread, if one of the
 * first few has any, and lists it in `heap`.
 */
bool hk_orphan_steal(struct hk_heap *heap, unsigned int class);

/* Makes a heap one of all, with an id, for a thread's or for shared use. */
void hk_heap_add(struct hk_heap *heap);

/* Flushes what heaps without a thread keep ready. */
void hk_orphans_trim(void);

/* Is there a heap that a thread has left?  A hint. */
bool hk_orphans_wait(void);

/* How many threads have a heap now: a hint. */
unsigned int hk_threads_served(void);

/* Calls `fn` for every heap there ever was, under the orphans lock. */
void hk_heaps_each(void (*fn)(struct hk_heap *heap, void *arg), void *arg);

/*
 * The newest heap; `next_heap` leads to all others.  Heaps stay for ever and
 * the list grows at its front only: no lock.
 */
struct hk_heap *hk_heaps_first(void);

/* Where the pointer to it is, for readers in other processes. */
struct hk_heap *const *hk_heaps_head(void);

/*
 * Around fork: all locks of the heap layer and below, in rank order, taken
 * before and let go after.  In the child the heaps of threads that are not
 * there any more stay as they are: their owner may have been in the middle
 * of something.  Slabs all of whose blocks come back are found by robbing.
 */
void hk_fork_prepare(void);
void hk_fork_parent(void);
void hk_fork_child(void);

extern struct hk_lock hk_orphans_lock;

#endif /* HK_THREAD_H */
