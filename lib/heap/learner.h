/* SPDX-License-Identifier: MIT */
/*
 * learner.h - tells the learner (policy/learn.h) of slabs that become empty,
 * where the policy has `learner`.  What it learns is not used yet: it is
 * there to be looked at.
 */
#ifndef HK_LEARNER_H
#define HK_LEARNER_H

#include "heap/heap.h"
#include "policy/policy.h"

HK_COLD void hk_learner_note_slow(struct hk_heap *heap,
				  const struct hk_desc *d, bool given);

/* A slab of the heap is empty, and kept or given to the arena. */
HK_INLINE void hk_learner_note(struct hk_heap *heap, const struct hk_desc *d,
			       bool given)
{
	if (hk_unlikely(hk_policy_get(HK_OPT_LEARNER)))
		hk_learner_note_slow(heap, d, given);
}

#endif /* HK_LEARNER_H */
