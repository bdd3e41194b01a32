/* SPDX-License-Identifier: MIT */
/*
 * policy.h - what a user may choose, and what is in force: a word for each
 * option of option_table.h.
 *
 * All is decided by the call that starts the heap, before a block is handed
 * out.  Options that may change later are written under the process lock and
 * read by slow paths at any time, relaxed: no two of them must fit together.
 */
#ifndef HK_POLICY_H
#define HK_POLICY_H

#include "base/base.h"
#include "policy/option_table.h"

enum hk_option_id {
#define X(id, ...) HK_OPT_##id,
	HK_OPTION_TABLE(X)
#undef X
	HK_OPTIONS
};

#define HK_FIRST_TEXT	HK_OPT_STATS_FILE
#define HK_TEXTS	(HK_OPTIONS - HK_FIRST_TEXT)
#define HK_TEXT_MAX	256

/* Positions among the words of each ENUM. */
enum hk_preset {
	HK_BALANCED, HK_SPEED_FIRST, HK_HARDENED, HK_PRESETS
};
enum hk_decommit {
	HK_DECOMMIT_OFF, HK_DECOMMIT_FREE, HK_DECOMMIT_DONTNEED
};
enum hk_huge_pages {
	HK_HUGE_AUTO, HK_HUGE_NEVER, HK_HUGE_ALWAYS
};

struct hk_policy {
	/* Written under the process lock, read without: relaxed. */
	_Atomic size_t value[HK_FIRST_TEXT];
	/* A bit for each option that was chosen, not left to the preset;
	   under the process lock. */
	uint32_t chosen;
	/* HAKMEM_QUIET.  Like the texts written once, at start. */
	bool quiet;
	char text[HK_TEXTS][HK_TEXT_MAX];
};
static_assert(HK_OPTIONS <= 32, "a bit for each option");

extern struct hk_policy hk_policy HK_HIDDEN;

HK_INLINE size_t hk_policy_get(enum hk_option_id id)
{
	return atomic_load_explicit(&hk_policy.value[id],
				    memory_order_relaxed);
}

/* The value of an option that is a text; not NULL. */
HK_INLINE const char *hk_policy_text(enum hk_option_id id)
{
	return hk_policy.text[id - HK_FIRST_TEXT];
}

#endif /* HK_POLICY_H */
