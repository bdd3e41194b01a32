/* SPDX-License-Identifier: MIT */
/*
 * look.c - see look.h.
 */
#include "process/look.h"

#include "common/util.h"
#include "process/process.h"

void look_require(pid_t pid, const char *why)
{
	if (why)
		util_die(STATUS_UNREADABLE, "process %ld: %s", (long)pid, why);
}

void look_page(struct page *page, pid_t pid)
{
	uint64_t at;

	look_require(pid, process_symbol(pid, PROCESS_PAGE, &at));
	look_require(pid, page_load(page, process_read, &pid, at));
}

void look_units(struct page *page, struct units *units, pid_t pid)
{
	uint64_t at;

	look_require(pid, process_symbol(pid, PROCESS_PAGE, &at));
	look_require(pid, page_load_heaps(page, process_read, &pid, at));
	look_require(pid, units_load(units, page, process_read, &pid));
}
