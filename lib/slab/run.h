/* SPDX-License-Identifier: MIT */
/*
 * run.h - runs of units: what slabs and blocks above 128 KiB are made of.
 *
 * Free runs are either clean (they read as zero and cost no memory) or dirty
 * (probably resident: used before, or about to be).  Neighbours of one kind
 * are joined; dirty ones are reused first and given back when they are too
 * old or too many.
 *
 * All functions take the runs lock (HK_RANK_RUNS) themselves and may be
 * called by any thread.
 */
#ifndef HK_RUN_H
#define HK_RUN_H

#include "os/lock.h"
#include "superslab/unitmap.h"

/* The longest run, in units: longer blocks have mappings of their own. */
#define HK_RUN_MAX_UNITS ((size_t)(64 * HK_MIB) >> HK_UNIT_SHIFT)

/*
 * A run of `units` units at a multiple of `align` units (a power of two).
 * Its first descriptor is in state HK_BUSY, `units` set, all others of the
 * run are HK_NONE.  *zeroed tells whether all of it reads as zero.  NULL
 * where the system gives no memory.
 */
struct hk_desc *hk_run_take(size_t units, size_t align, bool *zeroed);

/* Beside so many slabs of a class one more will be used whole. */
#define HK_WHOLE_FROM 4u

/*
 * The same, at any place, for who will soon use all of it.  *ahead: so many
 * units from its start are to become resident by hk_run_prefault(), soon, and
 * under no lock that others wait for; 0: none.  They may be more than the
 * run has: others will take those.
 */
struct hk_desc *hk_run_take_whole(size_t units, bool *zeroed, size_t *ahead);
void hk_run_prefault(struct hk_desc *run, size_t ahead);

/* Gives a run back; the descriptor is in any state but a free one. */
void hk_run_give(struct hk_desc *run);

/*
 * Makes a run longer in place by taking from the free run behind it, or
 * shorter by giving its tail back.  Returns false, with nothing changed,
 * where what is behind is not free or too short.
 */
bool hk_run_grow(struct hk_desc *run, size_t units);
void hk_run_shrink(struct hk_desc *run, size_t units);

/*
 * Gives dirty runs back to the system until at most `keep` bytes of them
 * are left.  Returns how many bytes were given back.
 */
size_t hk_run_purge(size_t keep);

/* Makes so many bytes of the arena, which is empty yet, resident. */
void hk_run_prewarm(size_t bytes);

/*
 * Gives back what is too old or too much, as hk_run_give() does.  Returns
 * whether dirty runs are left that will be too old one day.
 */
bool hk_run_tend(void);

/*
 * The same, for a thread that takes and gives no runs and calls this now and
 * then: looks only where something waits, ten times in a second at most, and
 * does not wait for the lock.
 */
void hk_run_poll(void);

/*
 * Sets how many dirty bytes may wait for reuse for any time.
 */
void hk_run_keep_dirty(size_t bytes);

/* Sets how many dirty bytes there may be at most, however much is in use. */
void hk_run_cap_dirty(size_t bytes);

/* How many superslabs were given back whole. */
uint64_t hk_run_supers_purged(void);

/* Bytes in free runs of each kind, in *clean and *dirty. */
void hk_run_free_bytes(size_t *clean, size_t *dirty);

/*
 * For statistics: bytes of static memory; where the units of clean and of
 * dirty free runs are counted, for readers in other processes.
 */
size_t hk_run_static_bytes(void);
const size_t *hk_run_clean_units(void);
const size_t *hk_run_dirty_units(void);

/* Debug builds: dies where the free runs are not as they should be. */
void hk_run_verify(void);

extern struct hk_lock hk_run_lock;	/* for fork */

#endif /* HK_RUN_H */
