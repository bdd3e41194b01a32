/* SPDX-License-Identifier: MIT */
/*
 * due.h - the word by which slow paths tell the background thread that
 * memory has come to lie idle.  The thread itself is in heap/background.h;
 * here is only what runs and slabs, below it, need to call it.
 *
 *        arm          note          start
 *   OFF -----> NONE --------> WANTED -----> AWAKE ----------> ASLEEP
 *                ^                           | ^   nothing      |
 *                |        the thread ends    | |   is due       |
 *                +---------------------------+ +----------------+
 *                                                    note
 *
 * Who has made something idle notes it afterwards.  The thread, before it
 * sleeps, says so and then looks once more.  Where both hold the lock of
 * what became idle, one of them sees the other: the thread finds it, or the
 * caller finds the thread asleep.  What is handed over without a lock
 * (inboxes, parked slabs) may be missed on a processor that lets a load
 * overtake; it then waits for the next note.
 */
#ifndef HK_DUE_H
#define HK_DUE_H

#include "base/base.h"

/* Those that a note changes stand last: one comparison finds them. */
enum hk_due {
	HK_DUE_OFF,		/* there is to be no thread */
	HK_DUE_WANTED,		/* none yet, and something for it to do */
	HK_DUE_AWAKE,		/* it works, or naps between two rounds */
	HK_DUE_NONE,		/* none, and nothing to do */
	HK_DUE_ASLEEP,		/* it waits for a note */
};

/*
 * enum hk_due.  Any thread, by compare-and-swap; relaxed looks.  On a line
 * of its own: every slow path reads it.
 */
extern _Atomic uint32_t hk_due HK_HIDDEN;

/* Changes the word from one value to another; false where it had a third. */
bool hk_due_change(enum hk_due from, enum hk_due to);

HK_COLD void hk_due_note_slow(void);

/* Something has become idle. */
HK_INLINE void hk_due_note(void)
{
	if (hk_unlikely(atomic_load_explicit(&hk_due, memory_order_relaxed) >=
			HK_DUE_NONE))
		hk_due_note_slow();
}

/* Wakes the thread, whether it sleeps or naps: it looks around. */
void hk_due_stir(void);

#endif /* HK_DUE_H */
