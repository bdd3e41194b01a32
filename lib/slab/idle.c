/* SPDX-License-Identifier: MIT */
/*
 * idle.c - see idle.h.
 */
#include "slab/idle.h"

#include "os/os.h"
#include "policy/policy.h"
#include "superslab/thp.h"

/*
 * What counts as too much: more than these bytes, and than so many times
 * what is out.  Then a slab of which one in so many blocks is idle gives
 * all of them.  With less patience a burst is paid for twice.
 */
#define IDLE_MIN_BYTES	(4 * HK_MIB)
#define IDLE_PER_OUT	2
#define IDLE_SLAB_SHARE	4

static size_t count(uint64_t bits)
{
	return (size_t)__builtin_popcountll(bits);
}

void hk_idle_join(struct hk_idle *group, struct hk_desc *d, uint64_t idle)
{
	d->idle = idle;
	d->cold = 0;
	d->locked = false;
	hk_idle_set_blocks(group, hk_idle_blocks(group) + count(idle));
}

void hk_idle_leave(struct hk_idle *group, struct hk_desc *d)
{
	hk_idle_set_blocks(group, hk_idle_blocks(group) - count(d->idle));
	d->idle = 0;
}

/* The lowest bits of `bits` that are in a row. */
static uint64_t first_row(uint64_t bits)
{
	uint64_t start = bits & -bits;

	/* The carry runs through the row, and out of the word at its end. */
	return bits & ~(bits + start);
}

size_t hk_idle_purge(struct hk_idle *group, struct hk_desc *d, uint64_t bits,
		     size_t size)
{
	/* What has no pages in between costs nothing, and saves a call. */
	uint64_t free = (d->avail & ~d->idle) | bits;
	size_t idle = hk_idle_blocks(group), before = idle;

	while (bits && !d->locked) {
		uint64_t row = first_row(free);
		size_t from = (size_t)__builtin_ctzll(row);
		size_t end;

		free &= ~row;
		if (!(row & bits))
			continue;
		/* Bits that have no block are above all others. */
		row &= ((uint64_t)2 << hk_log2(bits)) - 1;
		bits &= ~row;
		end = hk_log2(row) + 1;
		d->locked = hk_thp_discard(d->first + from * size,
					   (end - from) * size);
		if (!d->locked) {
			idle -= count(d->idle & row);
			d->idle &= ~row;
			d->cold &= ~row;
		}
	}
	hk_idle_set_blocks(group, idle);
	return (before - idle) * size;
}

static bool purges_unasked(void)
{
	return hk_policy_get(HK_OPT_DECOMMIT) != HK_DECOMMIT_OFF;
}

bool hk_idle_much(const struct hk_idle *group, size_t size)
{
	size_t idle = hk_idle_blocks(group);

	return purges_unasked() &&
		idle > hk_idle_out(group) * IDLE_PER_OUT &&
		idle * size > IDLE_MIN_BYTES;
}

bool hk_idle_worth(const struct hk_desc *d, unsigned int capacity)
{
	return count(d->idle) >= capacity / IDLE_SLAB_SHARE;
}

/*
 * What is idle in two searches in a row gives its pages back: at the age or
 * before.  A search looks at all slabs of the class, so not at every call.
 */
#define SEARCH_LEAST_MS	50u

static uint32_t search_ms(void)
{
	return (uint32_t)hk_max(hk_policy_get(HK_OPT_PURGE_AGE) / 2,
				SEARCH_LEAST_MS);
}

bool hk_idle_search_due(struct hk_idle *group)
{
	uint32_t now = (uint32_t)hk_os_clock_ms();

	if (!purges_unasked() || now - group->searched < search_ms())
		return false;
	group->searched = now;
	return true;
}

void hk_idle_search(struct hk_idle *group, struct hk_desc *d, size_t size)
{
	hk_idle_purge(group, d, d->cold, size);
	d->cold = d->idle;
}
