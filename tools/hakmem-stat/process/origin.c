/* SPDX-License-Identifier: MIT */
/*
 * origin.c - see origin.h.
 */
#include "process/origin.h"

#include "common/util.h"
#include "process/process.h"

#include <stdlib.h>
#include <time.h>

const char *origin_load(struct origin *origin, struct page *page, pid_t pid)
{
	const char *why;

	if (origin->is_copy)
		return copy_load(page, pid, &origin->told);
	why = page_load(page, process_read, &pid, origin->at);
	if (why)
		page_free(page);
	return why;
}

const char *origin_find(struct origin *origin, struct page *page, pid_t pid)
{
	*origin = (struct origin){ 0 };
	origin->why = process_symbol(pid, PROCESS_PAGE, &origin->at);
	if (!origin->why)
		return origin_load(origin, page, pid);
	/* What is wrong is that, unless there is a copy. */
	origin->is_copy = true;
	return origin_load(origin, page, pid) ? origin->why : NULL;
}

void origin_say(const struct origin *origin)
{
	time_t then = (time_t)(origin->told.date_ns / 1000000000);
	struct tm *local = localtime(&then);
	char date[32] = "?", *path;

	if (!origin->is_copy)
		return;
	if (local)
		strftime(date, sizeof(date), "%F %T", local);
	path = copy_path(&origin->told);
	util_say("process %ld: %s; these are the figures of %s, as %s has "
		 "them", (long)origin->told.pid, origin->why, date, path);
	if (origin->told.left_out)
		util_say("%lu of its heaps are not in that",
			 (unsigned long)origin->told.left_out);
	free(path);
}
