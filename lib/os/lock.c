/* SPDX-License-Identifier: MIT */
/*
 * lock.c - the slow halves of lock.h: spinning, sleeping, and the rank
 * check.  The three-state word is the mutex of Drepper, "Futexes Are
 * Tricky" (2011), section 5.
 */
#include "os/lock.h"

#include "base/fatal.h"
#include "os/os.h"

/*
 * Critical sections are some tens of nanoseconds, so a short spin usually
 * finds the lock free; a holder that lost its processor is slept on.
 */
#define SPINS 100

_Atomic(const void *) hk_lock_all_holder;
_Atomic uint64_t hk_lock_waits[HK_RANK_META + 1];

/* How many locks of each rank this thread holds (debug builds). */
static HK_TLS unsigned int held[HK_RANK_META + 1];

bool hk_lock_is_all_holder(void)
{
	return atomic_load_explicit(&hk_lock_all_holder,
				    memory_order_relaxed) == held;
}

void hk_lock_all_taken(void)
{
	atomic_store_explicit(&hk_lock_all_holder, held,
			      memory_order_relaxed);
}

void hk_lock_all_ends(void)
{
	atomic_store_explicit(&hk_lock_all_holder, NULL,
			      memory_order_relaxed);
}

static void wait_for(struct hk_lock *lock)
{
	for (int i = 0; i < SPINS; i++) {
		uint32_t free = 0;

		/* Relaxed look first: spinning must not steal the line. */
		if (!atomic_load_explicit(&lock->word, memory_order_relaxed) &&
		    atomic_compare_exchange_weak_explicit(
			    &lock->word, &free, 1, memory_order_acquire,
			    memory_order_relaxed))
			return;
		hk_os_pause();
	}
	/* Acquire pairs with the release in hk_unlock(). */
	while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire))
		hk_os_wait(&lock->word, 2);
}

void hk_lock_slow(struct hk_lock *lock, enum hk_rank rank)
{
	if (hk_lock_exempt())
		return;
	atomic_fetch_add_explicit(&hk_lock_waits[rank], 1,
				  memory_order_relaxed);
	wait_for(lock);
	if (hk_debug)
		hk_lock_note(rank);
}

void hk_unlock_slow(struct hk_lock *lock)
{
	hk_os_wake(&lock->word, 1);
}

/* More than one lock of a rank is for fork alone, in a fixed order. */
void hk_lock_note(enum hk_rank rank)
{
	for (unsigned int r = rank + 1; r <= HK_RANK_META; r++)
		if (held[r])
			hk_fatal_assert(__FILE__, __LINE__,
					"locks taken out of order");
	held[rank]++;
}

void hk_unlock_note(enum hk_rank rank)
{
	hk_assert(held[rank]);
	held[rank]--;
}
