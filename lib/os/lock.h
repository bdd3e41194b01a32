/* SPDX-License-Identifier: MIT */
/*
 * lock.h - a mutex of one word that needs no initialisation: all zero is
 * unlocked.  Waiters spin for a moment, then sleep in the kernel.
 *
 * Order: taking is an acquire, releasing a release, so what the last holder
 * wrote is seen by the next.  Locks have ranks; a thread takes them in
 * rising rank only, which lock.c checks in debug builds, and which fork
 * uses to take them all.
 */
#ifndef HK_LOCK_H
#define HK_LOCK_H

#include "base/base.h"

enum hk_rank {
	HK_RANK_INIT = 1,	/* start-up of the process */
	HK_RANK_SHARE,		/* the heap of threads without one */
	HK_RANK_ORPHANS,	/* heaps without a thread, and list of heaps */
	HK_RANK_ROB,		/* one heap's robbed chains */
	HK_RANK_MEDIUM,		/* slabs of one medium class */
	HK_RANK_RUNS,		/* free runs of the arena */
	HK_RANK_HUGE,		/* mappings of their own */
	HK_RANK_GUARD,		/* blocks between guard pages */
	HK_RANK_META,		/* the library's own memory */
};

/* 0 unlocked, 1 locked, 2 locked and somebody sleeps. */
struct hk_lock {
	_Atomic uint32_t word;
};

/*
 * How often a lock of each rank was not free at once.  Any thread, relaxed:
 * a figure orders nothing.
 */
extern _Atomic uint64_t hk_lock_waits[HK_RANK_META + 1] HK_HIDDEN;

HK_COLD void hk_lock_slow(struct hk_lock *lock, enum hk_rank rank);
HK_COLD void hk_unlock_slow(struct hk_lock *lock);

/*
 * Around fork one thread holds every lock, and the handlers of others that
 * run meanwhile in the same thread may allocate: for this thread, taking and
 * letting go does nothing.  The thread is told by the address of a
 * thread-local variable.  Written only by the holder of all locks, so each
 * thread reads its own address there exactly while it is the one: relaxed.
 */
extern _Atomic(const void *) hk_lock_all_holder HK_HIDDEN;
bool hk_lock_is_all_holder(void);
void hk_lock_all_taken(void);
void hk_lock_all_ends(void);

HK_INLINE bool hk_lock_exempt(void)
{
	return hk_unlikely(atomic_load_explicit(&hk_lock_all_holder,
						memory_order_relaxed) !=
			   NULL) && hk_lock_is_all_holder();
}

/* Debug builds: dies where ranks are taken out of order. */
void hk_lock_note(enum hk_rank rank);
void hk_unlock_note(enum hk_rank rank);

HK_INLINE bool hk_trylock(struct hk_lock *lock, enum hk_rank rank)
{
	uint32_t free = 0;

	if (hk_lock_exempt())
		return true;
	if (!atomic_compare_exchange_strong_explicit(&lock->word, &free, 1,
						     memory_order_acquire,
						     memory_order_relaxed))
		return false;
	if (hk_debug)
		hk_lock_note(rank);
	return true;
}

HK_INLINE void hk_lock(struct hk_lock *lock, enum hk_rank rank)
{
	uint32_t free = 0;

	if (!atomic_compare_exchange_strong_explicit(&lock->word, &free, 1,
						     memory_order_acquire,
						     memory_order_relaxed))
		hk_lock_slow(lock, rank);
	else if (hk_debug)
		hk_lock_note(rank);
}

HK_INLINE void hk_unlock(struct hk_lock *lock, enum hk_rank rank)
{
	if (hk_lock_exempt())
		return;
	if (hk_debug)
		hk_unlock_note(rank);
	if (atomic_exchange_explicit(&lock->word, 0,
				     memory_order_release) == 2)
		hk_unlock_slow(lock);
}

#endif /* HK_LOCK_H */
