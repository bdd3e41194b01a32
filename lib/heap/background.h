/* SPDX-License-Identifier: MIT */
/*
 * background.h - the thread that gives memory back while the program sleeps.
 * Off unless the policy has background_thread: a library that starts threads
 * in other people's processes needs to be asked.
 *
 * It is started by the first slow path that leaves idle memory behind once
 * the library's constructor has run, works in rounds as long as something is
 * due, and otherwise waits without a time limit.  A forked child has none
 * until it needs one.  It ends when no thread of the program has a heap any
 * more: a process whose main thread called pthread_exit() ends with its last
 * thread, and that must not be ours.
 */
#ifndef HK_BACKGROUND_H
#define HK_BACKGROUND_H

#include "slab/due.h"

/*
 * From now on the thread may be started; not in a process with more
 * privileges than its caller.  The policy allows it.
 */
void hk_background_arm(void);

/* No thread is started any more; one that is there ends. */
void hk_background_stop(void);

/* In a forked child: the parent's thread is not here. */
void hk_background_forked(void);

HK_COLD void hk_background_start(void);

/*
 * Starts the thread if it is wanted.  Only where the library holds no lock
 * and is in the middle of nothing: the C library allocates what a thread
 * needs.
 */
HK_INLINE void hk_background_poll(void)
{
	if (hk_unlikely(atomic_load_explicit(&hk_due, memory_order_relaxed) ==
			HK_DUE_WANTED))
		hk_background_start();
}

#endif /* HK_BACKGROUND_H */
