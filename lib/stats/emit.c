/* SPDX-License-Identifier: MIT */
/*
 * emit.c - see emit.h: one row for each key.
 */
#include "stats/emit.h"

#define FIELD(f) offsetof(struct hakmem_stats, f)

static const struct {
	const char *key;
	size_t offset;
} os_line[] = {
	{ "alloc", FIELD(superslabs_taken) },
	{ "free", FIELD(superslabs_freed) },
	{ "madvise", FIELD(madvise_calls) },
	{ "madvise_disabled", FIELD(madvise_failures) },
	{ "mmap_total", FIELD(mmap_calls) },
	{ "fallback_mmap", FIELD(fallback_mmaps) },
	{ "huge_alloc", FIELD(huge_allocs) },
	{ "munmap_total", FIELD(munmap_calls) },
	{ "mprotect_total", FIELD(mprotect_calls) },
	{ "mremap_total", FIELD(mremap_calls) },
	{ "purge_bytes", FIELD(purged_bytes) },
	{ "thp", FIELD(thp_bytes) },
	{ "refill", FIELD(refills) },
	{ "retire", FIELD(slabs_retired) },
	{ "remote", FIELD(remote_chains) },
};

void hk_emit_os_line(struct hk_line *line, const struct hakmem_stats *stats)
{
	hk_line_str(line, "[SS_OS_STATS]");
	for (size_t i = 0; i < sizeof(os_line) / sizeof(os_line[0]); i++) {
		const char *field = (const char *)stats + os_line[i].offset;

		hk_line_str(line, " ");
		hk_line_str(line, os_line[i].key);
		hk_line_str(line, "=");
		hk_line_num(line, *(const uint64_t *)(const void *)field);
	}
}
