/* SPDX-License-Identifier: MIT */
/*
 * origin.c - see origin.h.
 */
#include "process/origin.h"

#include "common/util.h"
#include "process/proc.h"
#include "process/process.h"

#include <errno.h>
#include <stdlib.h>

const char *origin_load(struct origin *origin, struct page *page, pid_t pid)
{
	const char *why;

	if (origin->is_copy)
		return copy_load(page, proc_group(pid), &origin->told);
	why = page_load(page, process_read, &pid, origin->at);
	if (why)
		page_free(page);
	return why;
}

const char *origin_find(struct origin *origin, struct page *page, pid_t pid)
{
	struct process_found found;
	int status = process_find(pid, PROCESS_PAGE, &found);

	free(found.file);
	*origin = (struct origin){ .at = found.at,
				   .why = process_why(status) };
	if (!status)
		return origin_load(origin, page, pid);
	/* A program without it may have the number of one that had it. */
	origin->is_copy = status != -ENOENT;
	return origin->is_copy && !origin_load(origin, page, pid) ? NULL :
		origin->why;
}

void origin_say(const struct origin *origin)
{
	char date[UTIL_DATE_MAX], *path;

	if (!origin->is_copy)
		return;
	path = copy_path(&origin->told);
	util_say("process %ld: %s; these are the figures of %s, as %s has "
		 "them", (long)origin->told.pid, origin->why,
		 util_date(date, origin->told.date_ns), path);
	if (origin->told.left_out)
		util_say("%lu of its heaps are not in that",
			 (unsigned long)origin->told.left_out);
	free(path);
}
