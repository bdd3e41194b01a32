/* SPDX-License-Identifier: MIT */
/*
 * learner.c - see learner.h.  One learner for the process.  Whoever finds it
 * in use by another thread drops the event: a lock would make the slow path
 * wait for what is only a sample.  A child that is forked in that moment
 * learns nothing.
 */
#include "heap/learner.h"

#include "os/os.h"
#include "policy/learn.h"

static_assert(HK_CLASSES <= HK_LEARN_CLASSES, "the learner knows all classes");

/* Held by who set it: acquire, then release. */
static atomic_flag in_use = ATOMIC_FLAG_INIT;

/* Under in_use.  bench/learn/record reads it with a debugger. */
static struct hk_learn hk_learner;

void hk_learner_note_slow(struct hk_heap *heap, const struct hk_desc *d,
			  bool given)
{
	uint64_t refills = atomic_load_explicit(&heap->counts.refills,
						memory_order_relaxed);
	struct hk_learn_event event = {
		.ms = (uint32_t)hk_os_clock_ms(),
		.class = d->class,
		.capacity = (uint16_t)hk_class_capacity(d->class),
		.carved = d->carved,
		.refills = (uint16_t)hk_min(refills - heap->refills_told,
					    UINT16_MAX),
		.given = given,
	};

	heap->refills_told = refills;
	if (atomic_flag_test_and_set_explicit(&in_use, memory_order_acquire))
		return;
	hk_learn_note(&hk_learner, &event);
	atomic_flag_clear_explicit(&in_use, memory_order_release);
}
