/* SPDX-License-Identifier: MIT */
/*
 * page.h - the statistics page of this process: see stats/page.h.
 */
#ifndef HK_API_PAGE_H
#define HK_API_PAGE_H

#include "stats/page.h"

/* Sections; a row names its own. */
enum hk_section {
	HK_SECTION_OS,
	HK_SECTION_LOCKS,
	HK_SECTION_REFILLS,
	HK_SECTION_ARENA,
	HK_SECTION_HUGE,
	HK_SECTION_GUARD,
	HK_SECTION_META,
	HK_SECTION_RUNS,	/* with the program */
	HK_SECTION_CLEAN,
	HK_SECTION_DIRTY,
	HK_SECTION_CLASSES,
	HK_SECTION_CAPACITIES,
	HK_SECTION_MEDIUM,
	HK_SECTION_HEAPS,
	HK_SECTION_OPTIONS,
	HK_SECTION_UNITS,
	HK_SECTIONS
};

/* With room for more, so that the exported object is as long as ever. */
#define HK_SECTIONS_ROOM 32

/*
 * Not in hakmem.h: a program that named it would get a copy of its own.
 * Readers look the symbol up.
 */
extern struct hk_stats_page {
	struct hk_page head;
	struct hk_page_section section[HK_SECTIONS_ROOM];
} hakmem_stats_page;

/* Nothing refers to it: as hk_init_anchor() has it, for page.c. */
void hk_page_anchor(void);

#endif /* HK_API_PAGE_H */
