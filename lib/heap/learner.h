/* SPDX-License-Identifier: MIT */
/*
 * learner.h - tells the learner (policy/learn.h) of slabs that become empty,
 * and puts what it decides in force, where the policy has `learner`.
 */
#ifndef HK_LEARNER_H
#define HK_LEARNER_H

#include "heap/heap.h"
#include "policy/policy.h"

HK_COLD void hk_learner_note_slow(struct hk_heap *heap,
				  const struct hk_desc *d, bool given);
HK_COLD void hk_learner_apply_slow(void);

/* A slab of the heap is empty, and kept or given to the arena. */
HK_INLINE void hk_learner_note(struct hk_heap *heap, const struct hk_desc *d,
			       bool given)
{
	if (hk_unlikely(hk_policy_get(HK_OPT_LEARNER)))
		hk_learner_note_slow(heap, d, given);
}

/* What was learned since, if anything, is in force.  No lock may be held. */
HK_INLINE void hk_learner_apply(void)
{
	if (hk_unlikely(hk_policy_get(HK_OPT_LEARNER)))
		hk_learner_apply_slow();
}

#endif /* HK_LEARNER_H */
