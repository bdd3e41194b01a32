/* SPDX-License-Identifier: MIT */
/*
 * thp.c - see thp.h.  The state of a region is in its first unit's
 * descriptor.  Relaxed atomics: it only tells which calls can be spared, and
 * a call too many or too few changes no contents.
 */
#include "superslab/thp.h"

#include "os/os.h"
#include "policy/policy.h"
#include "superslab/arena.h"

#define SUPER_UNITS	(HK_SUPER / HK_UNIT)
#define REGION		(16 * HK_MIB)
#define REGION_UNITS	(REGION / HK_UNIT)

enum { NEVER, ASKS, ASKED };	/* zero: as descriptors are at first */

/* The first descriptor of the region that unit `i` is in. */
static struct hk_desc *region_of(size_t i)
{
	return hk_desc_at((uint32_t)(i & ~(REGION_UNITS - 1)));
}

static unsigned int state_of(const struct hk_desc *region)
{
	return atomic_load_explicit(&region->thp, memory_order_relaxed);
}

static void set_state(struct hk_desc *region, unsigned int state)
{
	atomic_store_explicit(&region->thp, (uint8_t)state,
			      memory_order_relaxed);
}

static size_t unit_of(const char *p)
{
	return ((uintptr_t)p - hk_arena.base) >> HK_UNIT_SHIFT;
}

void hk_thp_grown(char *start, size_t len, bool huge)
{
	size_t first = unit_of(start), end = first + (len >> HK_UNIT_SHIFT);

	hk_os_huge_pages(start, len, huge);
	if (!huge)
		return;
	for (size_t i = first; i < end; i = (i | (REGION_UNITS - 1)) + 1)
		set_state(region_of(i), ASKS);
}

/*
 * The region of `p` asks no longer.  Where somebody else's mapping may be in
 * the middle of it, only the superslab, and the region's state stays.
 */
static void withdraw(const char *p)
{
	struct hk_desc *region = region_of(unit_of(p));
	char *start = hk_desc_start(region), *end = start + REGION;
	char *covered = (char *)hk_arena.base + hk_arena_span();

	if (state_of(region) != ASKS)
		return;
	if (hk_arena_jumps()) {
		start = (char *)((uintptr_t)p & ~(HK_SUPER - 1));
		end = start + HK_SUPER;
	} else {
		set_state(region, ASKED);
		end = end < covered ? end : covered;
	}
	hk_os_huge_pages(start, (size_t)(end - start), false);
}

int hk_thp_discard(char *start, size_t len)
{
	char *end = start + len;

	if ((uintptr_t)start & (HK_SUPER - 1))
		withdraw(start);
	if ((uintptr_t)end & (HK_SUPER - 1))
		withdraw(end - 1);
	return hk_os_discard(start, len);
}

void hk_thp_taken(struct hk_desc *run, size_t units)
{
	size_t first = hk_round_up(hk_desc_index(run), SUPER_UNITS);
	size_t end = (hk_desc_index(run) + units) & ~(SUPER_UNITS - 1);
	bool asked = false;

	if (hk_policy_get(HK_OPT_HUGE_PAGES) == HK_HUGE_NEVER)
		return;
	for (size_t i = first; i < end; i = (i | (REGION_UNITS - 1)) + 1)
		if (state_of(region_of(i)) == ASKED) {
			set_state(region_of(i), ASKS);
			asked = true;
		}
	if (asked)
		hk_os_huge_pages(hk_desc_start(hk_desc_at((uint32_t)first)),
				 (end - first) << HK_UNIT_SHIFT, true);
}

bool hk_thp_asks(const struct hk_desc *run)
{
	return state_of(region_of(hk_desc_index(run))) == ASKS;
}
