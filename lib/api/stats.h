/* SPDX-License-Identifier: MIT */
/*
 * stats.h - the figures of the process, gathered from all layers.
 */
#ifndef HK_STATS_H
#define HK_STATS_H

#include "stats/report.h"

#include <hakmem.h>

/*
 * Fills `stats`.  Takes the locks of the heap list, the medium classes and
 * the runs, one after the other; walks the descriptors without any, so the
 * figures of running threads may be some operations old.
 */
void hk_stats_collect(struct hakmem_stats *stats);

/*
 * Fills in what is counted as it happens, calls and events, and no more than
 * that.  Takes no lock: a process may end at any point.
 */
void hk_stats_events(struct hakmem_stats *stats);

/*
 * Writes all figures, with the classes in use and the heaps, in `format`.
 * No lock is held while `write` runs.  Returns 0 or what `write` returned.
 */
int hk_stats_report(enum hk_report_format format, hk_report_write *write,
		    void *arg);

/* The same to a file descriptor, without any buffer of the C library's. */
int hk_stats_report_fd(enum hk_report_format format, int fd);

/*
 * Debug builds: dies where a committed byte is counted twice or not at all.
 * Only while no other thread runs.
 */
void hk_stats_verify(void);

#endif /* HK_STATS_H */
