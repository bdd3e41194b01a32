/* SPDX-License-Identifier: MIT */
/*
 * report.h - all figures of a process as text, JSON or XML.
 *
 * The figures come in records of 64-bit words; report.c has the name of each
 * word, in the order of the struct.  Nothing here allocates or formats with
 * printf(); where the text goes is the caller's affair.
 */
#ifndef HK_REPORT_H
#define HK_REPORT_H

#include "base/base.h"

#include <hakmem.h>

/* A size class; blocks, but for `size` and `tail_bytes`. */
struct hk_class_figures {
	uint64_t size;		/* of a block, in bytes */
	uint64_t slabs;
	uint64_t live;		/* with the program, or on their way back */
	uint64_t cached;	/* kept ready by threads */
	uint64_t free;		/* in their slab, perhaps resident */
	uint64_t purged;	/* in it, their pages given back */
	uint64_t uncarved;	/* never handed out */
	uint64_t tail_bytes;	/* behind the last block of the slabs */
};

struct hk_heap_figures {
	uint64_t id;
	uint64_t idle;		/* 1: no thread has it */
	uint64_t cached_bytes;
	uint64_t sent_bytes;	/* in its inbox */
	uint64_t empty_slab_bytes;
	uint64_t cached_run_bytes;
	uint64_t refills;
	uint64_t slabs_retired;
	uint64_t remote_chains;
};

/* Takes `len` bytes of text; returns 0 or a negative errno value. */
typedef int hk_report_write(void *arg, const char *text, size_t len);

enum hk_report_format { HK_REPORT_TEXT, HK_REPORT_JSON, HK_REPORT_XML };

struct hk_report {
	enum hk_report_format format;
	hk_report_write *write;
	void *arg;
	int err;		/* the first failure; then nothing is written */
	unsigned int rows;	/* of the list that is being written */
	size_t len;
	char text[512];
};

/*
 * In this order: start, the classes, one by one, between their calls, the
 * heaps likewise, end.
 */
void hk_report_start(struct hk_report *report, enum hk_report_format format,
		     hk_report_write *write, void *arg,
		     const struct hakmem_stats *stats);
void hk_report_classes(struct hk_report *report);
void hk_report_class(struct hk_report *report,
		     const struct hk_class_figures *figures);
void hk_report_heaps(struct hk_report *report);
void hk_report_heap(struct hk_report *report,
		    const struct hk_heap_figures *figures);

/* Returns 0 or the first failure, a negative errno value. */
int hk_report_end(struct hk_report *report);

#endif /* HK_REPORT_H */
