/* SPDX-License-Identifier: MIT */
/*
 * learner.c - see learner.h.  One learner for the process.  Whoever finds it
 * in use by another thread drops the event: a lock would make the slow path
 * wait for what is only a sample.  A child that is forked in that moment
 * learns nothing.
 *
 * Events come with locks of slabs held, and the policy has a lock of lower
 * rank: so an event only says that there is news, and the next thread that
 * makes a slab puts it in force.
 */
#include "heap/learner.h"

#include "heap/process.h"
#include "os/os.h"
#include "policy/learn.h"
#include "policy/option.h"

static_assert(HK_CLASSES <= HK_LEARN_CLASSES, "the learner knows all classes");

/* Held by who set it: acquire, then release. */
static atomic_flag in_use = ATOMIC_FLAG_INIT;

/* Under in_use.  bench/learn/record reads it with a debugger. */
static struct hk_learn hk_learner;

/* Something was learned and is not in force.  Relaxed, a hint: what it is
   about is read under in_use. */
static _Atomic bool news;

static bool learner_try(void)
{
	return !atomic_flag_test_and_set_explicit(&in_use,
						  memory_order_acquire);
}

static void learner_end(void)
{
	atomic_flag_clear_explicit(&in_use, memory_order_release);
}

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
	if (!learner_try())
		return;
	if (hk_learn_note(&hk_learner, &event))
		atomic_store_explicit(&news, true, memory_order_relaxed);
	learner_end();
}

/* What is best for a class, 0 where that is not known. */
static void tune(unsigned int class, uint32_t now,
		 const struct hk_learn_choice *otherwise)
{
	struct hk_slab_tuning *t = &hk_slab_tuning[class];
	struct hk_learn_choice c;

	hk_learn_choose(&hk_learner.classes[class], now, otherwise, &c);
	if (c.why == HK_LEARN_UNKNOWN)
		c.batch = c.wake = 0;
	if (hk_option_chosen(&hk_policy, HK_OPT_WAKE))
		c.wake = 0;
	atomic_store_explicit(&t->batch, (uint16_t)c.batch,
			      memory_order_relaxed);
	atomic_store_explicit(&t->wake, (uint16_t)c.wake,
			      memory_order_relaxed);
}

/* Under in_use and the process lock. */
static void put_in_force(void)
{
	uint32_t now = (uint32_t)hk_os_clock_ms();
	struct hk_learn_choice otherwise, all;

	hk_learn_preset((enum hk_preset)hk_policy_get(HK_OPT_PRESET),
			&otherwise);
	for (unsigned int class = 0; class < HK_SMALL_CLASSES; class++)
		tune(class, now, &otherwise);
	hk_learn_overall(&hk_learner, now, &otherwise, &all);
	if (all.why == HK_LEARN_UNKNOWN)
		return;
	hk_option_propose(&hk_policy, HK_OPT_EMPTIES, all.empties);
	hk_option_propose(&hk_policy, HK_OPT_PURGE_AGE, all.age);
}

/* Whoever holds either of the two will not wait for us, nor we for them. */
void hk_learner_apply_slow(void)
{
	if (!atomic_load_explicit(&news, memory_order_relaxed) ||
	    !hk_trylock(&hk_process_lock, HK_RANK_INIT))
		return;
	if (learner_try()) {
		atomic_store_explicit(&news, false, memory_order_relaxed);
		put_in_force();
		learner_end();
	}
	hk_unlock(&hk_process_lock, HK_RANK_INIT);
}
