/* SPDX-License-Identifier: MIT */
/*
 * thread.c - see thread.h: heaps without a thread ("orphans") wait in a
 * stack, so that the next thread gets the warmest one.
 *
 * A thread's end is seen by the destructor of a thread-specific key.  Other
 * keys' destructors, and glibc itself, may still allocate and free after it:
 * they find the state "late", in which each call is served by the heap that
 * threads share.
 */
#include "heap/thread.h"

#include "base/fatal.h"
#include "heap/background.h"
#include "heap/process.h"
#include "heap/remote.h"
#include "heap/share.h"
#include "os/meta.h"
#include "os/os.h"
#include "os/trace.h"
#include "slab/guard.h"
#include "slab/huge.h"
#include "slab/medium.h"
#include "slab/run.h"
#include "stats/page.h"

#include <pthread.h>

/* How many orphans a thread looks at for a slab. */
#define STEAL_TRIES 4

struct hk_lock hk_orphans_lock;

/* The main thread's: no call to the system for a program with one thread. */
static struct hk_heap first_heap;

/* All under hk_orphans_lock.  The one to be used next is there where there
   was no memory for all of it. */
static struct hk_heap *next_new = &first_heap;
static uint32_t heaps;

/* Written under the lock; release, for readers without it. */
static struct hk_heap *all_heaps;

/* Heaps that serve a thread.  The same; relaxed looks without the lock. */
static _Atomic unsigned int served;

/* Written under the lock; relaxed looks without it are hints. */
static _Atomic(struct hk_heap *) orphans;

/* ---- heaps ---- */

static void add(struct hk_heap *heap)
{
	heap->id = ++heaps;
	heap->attached = true;
	heap->next_heap = all_heaps;
	__atomic_store_n(&all_heaps, heap, __ATOMIC_RELEASE);
}

static void set_thread(struct hk_heap *heap, uint32_t thread)
{
	atomic_store_explicit(&heap->thread, thread, memory_order_relaxed);
}

static struct hk_heap *heap_new(void)
{
	struct hk_heap *heap;

	if (!next_new)
		next_new = hk_meta_alloc(sizeof(*next_new));
	if (!next_new || !hk_heap_prepare(next_new))
		return NULL;
	heap = next_new;
	next_new = NULL;
	add(heap);
	return heap;
}

void hk_heap_add(struct hk_heap *heap)
{
	hk_lock(&hk_orphans_lock, HK_RANK_ORPHANS);
	add(heap);
	hk_unlock(&hk_orphans_lock, HK_RANK_ORPHANS);
}

static struct hk_heap *orphan_pop(void)
{
	struct hk_heap *heap = atomic_load_explicit(&orphans,
						    memory_order_relaxed);

	if (heap) {
		atomic_store_explicit(&orphans, heap->next_orphan,
				      memory_order_relaxed);
		atomic_store_explicit(&heap->orphan, false,
				      memory_order_relaxed);
		hk_count(&heap->counts.adopted, 1);
	}
	return heap;
}

static void orphan_push(struct hk_heap *heap)
{
	heap->next_orphan = atomic_load_explicit(&orphans,
						 memory_order_relaxed);
	atomic_store_explicit(&heap->orphan, true, memory_order_relaxed);
	atomic_store_explicit(&orphans, heap, memory_order_relaxed);
}

bool hk_orphan_steal(struct hk_heap *heap, unsigned int class)
{
	struct hk_heap *o = atomic_load_explicit(&orphans,
						 memory_order_relaxed);
	bool found = false;

	if (!o)
		return false;
	hk_lock(&hk_orphans_lock, HK_RANK_ORPHANS);
	o = atomic_load_explicit(&orphans, memory_order_relaxed);
	for (int i = 0; o && i < STEAL_TRIES && !found; i++) {
		hk_remote_drain(o);
		if (o->usable[class].head) {
			struct hk_desc *d = hk_desc_at(o->usable[class].head);

			hk_remote_hand_over(o, d, heap);
			found = heap->usable[class].head != 0;
		}
		o = o->next_orphan;
	}
	hk_unlock(&hk_orphans_lock, HK_RANK_ORPHANS);
	return found;
}

bool hk_orphans_wait(void)
{
	return atomic_load_explicit(&orphans, memory_order_relaxed) != NULL;
}

void hk_orphans_trim(void)
{
	struct hk_heap *o;

	hk_lock(&hk_orphans_lock, HK_RANK_ORPHANS);
	o = atomic_load_explicit(&orphans, memory_order_relaxed);
	for (; o; o = o->next_orphan)
		hk_remote_drain(o);
	hk_unlock(&hk_orphans_lock, HK_RANK_ORPHANS);
}

struct hk_heap *const *hk_heaps_head(void)
{
	return &all_heaps;
}

struct hk_heap *hk_heaps_first(void)
{
	return __atomic_load_n(&all_heaps, __ATOMIC_ACQUIRE);
}

void hk_heaps_each(void (*fn)(struct hk_heap *heap, void *arg), void *arg)
{
	hk_lock(&hk_orphans_lock, HK_RANK_ORPHANS);
	for (struct hk_heap *h = all_heaps; h; h = h->next_heap)
		fn(h, arg);
	hk_unlock(&hk_orphans_lock, HK_RANK_ORPHANS);
}

/* ---- threads ---- */

unsigned int hk_threads_served(void)
{
	return atomic_load_explicit(&served, memory_order_relaxed);
}

static void set_served(unsigned int n)
{
	atomic_store_explicit(&served, n, memory_order_relaxed);
}

void hk_thread_ends(void *value)
{
	struct hk_heap *heap = value;

	/* Another thread's heap: a program that copies specific values. */
	if (heap == hk_tls.heap && heap->attached)
		hk_thread_detach(&hk_heap_late);
	else if (heap == hk_tls.heap)
		hk_tls_set(&hk_heap_late);
	hk_share_ends();
	hk_background_poll();
}

struct hk_heap *hk_thread_attach(void)
{
	bool late = hk_tls.heap == &hk_heap_late;
	struct hk_heap *heap;
	bool first;

	if (hk_process_start())
		return NULL;
	hk_lock(&hk_orphans_lock, HK_RANK_ORPHANS);
	first = next_new == &first_heap;
	heap = orphan_pop();
	if (!heap)
		heap = heap_new();
	if (heap)
		set_served(hk_threads_served() + 1);
	hk_unlock(&hk_orphans_lock, HK_RANK_ORPHANS);
	if (!heap)
		return NULL;
	hk_tls_set(heap);
	/* A program with one thread is spared the question. */
	set_thread(heap, first ? HK_PAGE_THREAD_FIRST : hk_os_tid());
	/* With the heap in place: setting the key may allocate. */
	if (!late)
		pthread_setspecific(hk_process_key, heap);
	return heap;
}

void hk_thread_detach(struct hk_heap *then)
{
	struct hk_heap *heap = hk_tls.heap;

	hk_heap_flush(heap);
	hk_tls_set(then);
	hk_lock(&hk_orphans_lock, HK_RANK_ORPHANS);
	orphan_push(heap);
	set_served(hk_threads_served() - 1);
	hk_unlock(&hk_orphans_lock, HK_RANK_ORPHANS);
	/* The background thread must not outlive the program's. */
	if (!hk_threads_served())
		hk_due_stir();
}

/* ---- fork ---- */

/*
 * The order of the ranks.  Locks of one rank go in the order of their list.
 * It can only change by a handler that runs while this thread holds them
 * all, and new heaps are put in front: the list as it was is remembered.
 */
static struct hk_heap *locked_heaps;

void hk_fork_prepare(void)
{
	hk_lock(&hk_process_lock, HK_RANK_INIT);
	hk_lock(&hk_share_lock, HK_RANK_SHARE);
	hk_lock(&hk_orphans_lock, HK_RANK_ORPHANS);
	locked_heaps = all_heaps;
	for (struct hk_heap *h = locked_heaps; h; h = h->next_heap)
		hk_lock(&h->rob_lock, HK_RANK_ROB);
	hk_medium_lock_all();
	hk_lock(&hk_run_lock, HK_RANK_RUNS);
	hk_lock(&hk_huge_lock, HK_RANK_HUGE);
	hk_lock(&hk_guard_lock, HK_RANK_GUARD);
	hk_lock(&hk_meta_lock, HK_RANK_META);
	hk_lock_all_taken();
}

void hk_fork_parent(void)
{
	hk_lock_all_ends();
	hk_unlock(&hk_meta_lock, HK_RANK_META);
	hk_unlock(&hk_guard_lock, HK_RANK_GUARD);
	hk_unlock(&hk_huge_lock, HK_RANK_HUGE);
	hk_unlock(&hk_run_lock, HK_RANK_RUNS);
	hk_medium_unlock_all();
	for (struct hk_heap *h = locked_heaps; h; h = h->next_heap)
		hk_unlock(&h->rob_lock, HK_RANK_ROB);
	hk_unlock(&hk_orphans_lock, HK_RANK_ORPHANS);
	hk_unlock(&hk_share_lock, HK_RANK_SHARE);
	hk_unlock(&hk_process_lock, HK_RANK_INIT);
}

/*
 * In the child nobody sleeps on the locks: waking nobody is harmless, so
 * they are let go as in the parent.
 */
void hk_fork_child(void)
{
	for (struct hk_heap *h = locked_heaps; h; h = h->next_heap)
		set_thread(h, h == hk_tls.heap ? HK_PAGE_THREAD_FIRST :
			   HK_PAGE_THREAD_GONE);
	set_served(hk_tls.heap->attached);
	hk_share_forked();
	hk_trace_fork_child();
	hk_fork_parent();
	hk_background_forked();
}
