/* SPDX-License-Identifier: MIT */
/*
 * due.c - see due.h.
 */
#include "slab/due.h"

#include "os/os.h"

_Atomic uint32_t hk_due HK_ALIGNED(HK_CACHE_LINE);

/*
 * Acquire and release: a thread that is started sees what the one before it
 * left, and whoever starts it what the noting thread did.
 */
bool hk_due_change(enum hk_due from, enum hk_due to)
{
	uint32_t expected = from;

	return atomic_compare_exchange_strong_explicit(
		&hk_due, &expected, to, memory_order_acq_rel,
		memory_order_relaxed);
}

void hk_due_note_slow(void)
{
	if (hk_due_change(HK_DUE_ASLEEP, HK_DUE_AWAKE))
		hk_os_wake(&hk_due, 1);
	else
		hk_due_change(HK_DUE_NONE, HK_DUE_WANTED);
}

void hk_due_stir(void)
{
	uint32_t now = atomic_load_explicit(&hk_due, memory_order_relaxed);

	hk_due_change(HK_DUE_ASLEEP, HK_DUE_AWAKE);
	if (now == HK_DUE_ASLEEP || now == HK_DUE_AWAKE)
		hk_os_wake(&hk_due, 1);
}
