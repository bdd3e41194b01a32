/* SPDX-License-Identifier: MIT */
/*
 * stats.h - the figures of the process, gathered from all layers.
 */
#ifndef HK_STATS_H
#define HK_STATS_H

#include <hakmem.h>

/*
 * Fills `stats`.  Takes the locks of the heap list and of the runs, one
 * after the other; walks the descriptors without any, so the figures of
 * running threads may be some operations old.
 */
void hk_stats_collect(struct hakmem_stats *stats);

#endif /* HK_STATS_H */
