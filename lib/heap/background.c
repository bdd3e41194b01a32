/* SPDX-License-Identifier: MIT */
/*
 * background.c - see background.h.
 *
 * A round does nothing to a heap with a thread but what any thread may do at
 * any time.  Its inbox is robbed, as a sender robs one that is too full
 * (remote.h): under the heap's rob lock, which the owner takes before it
 * touches what was robbed; a slab is taken over only when it is full and all
 * its blocks are there, so that its owner can reach it no more.  The empty
 * slabs that it parks are taken by exchange (park.h).  Its lists, its
 * current slabs, its magazines and runs are the owner's, and stay.  The heap
 * that threads share has no such owner: under its lock all goes, once no
 * thread has used it for a round.
 *
 * Neither needs the heap to be idle: to rob a heap that works is right, but
 * takes from it what it is about to use.
 */
#define _GNU_SOURCE
#include "heap/background.h"

#include "heap/park.h"
#include "heap/remote.h"
#include "heap/share.h"
#include "heap/thread.h"
#include "os/os.h"
#include "slab/medium.h"
#include "slab/run.h"

#include <pthread.h>
#include <signal.h>

/* Between rounds: what run.c calls too old, so that it is found in time. */
#define ROUND_MS 250

/* A heap is idle that has not refilled a list for so many rounds. */
#define STILL_ROUNDS 2

/* Enough by far, and what is not touched costs nothing. */
#define STACK_BYTES (128 * HK_KIB)

/*
 * Whose the thread is: a child of vfork() sees the word of its parent, and
 * must not start one.  Written by the constructor and after fork.
 */
static uint32_t process;

/* ---- one round ---- */

static bool has_parked(struct hk_heap *heap)
{
	for (unsigned int i = 0; i < HK_EMPTIES; i++)
		if (atomic_load_explicit(&heap->empty[i],
					 memory_order_relaxed))
			return true;
	return false;
}

static void take_parked(struct hk_heap *heap)
{
	for (unsigned int i = 0; i < HK_EMPTIES; i++) {
		/* Acquire pairs with the release in hk_park(). */
		struct hk_desc *d = atomic_exchange_explicit(
			&heap->empty[i], NULL, memory_order_acquire);

		if (d)
			hk_run_give(d);
	}
}

static bool is_still(struct hk_heap *heap)
{
	uint64_t refills = atomic_load_explicit(&heap->counts.refills,
						memory_order_relaxed);

	if (refills != heap->refills_seen)
		heap->rounds_still = 0;
	else if (heap->rounds_still < STILL_ROUNDS)
		heap->rounds_still++;
	heap->refills_seen = refills;
	return heap->rounds_still == STILL_ROUNDS;
}

/*
 * Fetches what lies idle in a heap; *mine is this thread's, once it needs
 * one.  Returns whether something stays that may be fetched later.
 */
static bool tend_heap(struct hk_heap *heap, struct hk_heap **mine)
{
	bool still = is_still(heap);

	/* Relaxed: hints, all of them. */
	if (heap == *mine ||
	    atomic_load_explicit(&heap->orphan, memory_order_relaxed))
		return false;
	if (!atomic_load_explicit(&heap->inbox, memory_order_relaxed) &&
	    !has_parked(heap))
		return false;
	if (!still)
		return true;
	take_parked(heap);
	if (!*mine)
		*mine = hk_thread_attach();
	if (*mine)
		hk_remote_rob(*mine, heap);
	return false;
}

static bool tend_heaps(void)
{
	struct hk_heap *mine = NULL;
	bool left = false;

	for (struct hk_heap *h = hk_heaps_first(); h; h = h->next_heap)
		left |= tend_heap(h, &mine);
	/* With all that the slabs taken over were worth. */
	if (mine)
		hk_thread_detach(&hk_heap_late);
	return left;
}

/* Returns whether something will be due later.  Runs last: all end there. */
static bool tend(void)
{
	bool left = tend_heaps();

	hk_share_tend();
	hk_orphans_trim();
	left |= hk_medium_tend();
	left |= hk_run_tend();
	return left;
}

/* ---- the thread ---- */

/* Says that it sleeps, then looks once more: see due.h. */
static void sleep_unless_due(void)
{
	if (!hk_due_change(HK_DUE_AWAKE, HK_DUE_ASLEEP))
		return;
	if (tend()) {
		hk_due_change(HK_DUE_ASLEEP, HK_DUE_AWAKE);
		return;
	}
	while (atomic_load_explicit(&hk_due, memory_order_relaxed) ==
	       HK_DUE_ASLEEP)
		hk_os_wait(&hk_due, HK_DUE_ASLEEP);
}

static bool is_needed(void)
{
	return atomic_load_explicit(&hk_due, memory_order_relaxed) ==
			HK_DUE_AWAKE && hk_threads_served();
}

static void *background(void *arg)
{
	hk_os_name_thread("hakmem-purge");
	/* What the C library allocates here is by a heap for the call. */
	hk_tls_set(&hk_heap_late);
	while (is_needed()) {
		hk_os_wait_ms(&hk_due, HK_DUE_AWAKE, ROUND_MS);
		if (is_needed() && !tend())
			sleep_unless_due();
	}
	/* Where it was stopped, the word stays as it is. */
	hk_due_change(HK_DUE_AWAKE, HK_DUE_NONE);
	return arg;
}

/* ---- start and end ---- */

static int create(size_t stack)
{
	pthread_attr_t attr;
	pthread_t id;
	sigset_t all;
	int err = pthread_attr_init(&attr);

	if (err)
		return err;
	sigfillset(&all);
	/* The program's signals are for the program's threads. */
	err = pthread_attr_setsigmask_np(&attr, &all);
	if (!err)
		err = pthread_attr_setdetachstate(&attr,
						  PTHREAD_CREATE_DETACHED);
	if (!err && stack)
		err = pthread_attr_setstacksize(&attr, stack);
	if (!err)
		err = pthread_create(&id, &attr, background, NULL);
	pthread_attr_destroy(&attr);
	return err;
}

/*
 * The word is AWAKE before the C library is asked for the thread: what it
 * allocates meanwhile does not come here again.
 */
void hk_background_start(void)
{
	int saved = errno;

	if (hk_lock_exempt() || hk_os_pid() != process ||
	    !hk_due_change(HK_DUE_WANTED, HK_DUE_AWAKE))
		return;
	/* A program with much thread-local storage needs a larger stack. */
	if (create(STACK_BYTES) && create(0))
		hk_due_change(HK_DUE_AWAKE, HK_DUE_OFF);
	errno = saved;
}

void hk_background_arm(void)
{
	process = hk_os_pid();
	hk_due_change(HK_DUE_OFF, HK_DUE_NONE);
}

void hk_background_stop(void)
{
	/* Relaxed: it orders nothing, and is never changed again. */
	if (atomic_exchange_explicit(&hk_due, HK_DUE_OFF,
				     memory_order_relaxed) != HK_DUE_OFF)
		hk_os_wake(&hk_due, 1);
}

void hk_background_forked(void)
{
	/* Relaxed: there is no other thread. */
	if (atomic_load_explicit(&hk_due, memory_order_relaxed) == HK_DUE_OFF)
		return;
	process = hk_os_pid();
	atomic_store_explicit(&hk_due, HK_DUE_NONE, memory_order_relaxed);
}
