/* SPDX-License-Identifier: MIT */
/*
 * heads.c - see heads.h.
 */
#include "top/heads.h"

#include "common/util.h"
#include "figures/columns.h"
#include "process/proc.h"

#include <stdlib.h>
#include <time.h>

char *heads_list(const struct view *view)
{
	const struct watched *watched = &view->watched;
	time_t now = time(NULL);
	struct tm *local = localtime(&now);
	char clock[16] = "?", closed[32] = "";

	if (local)
		strftime(clock, sizeof(clock), "%T", local);
	if (watched->closed)
		snprintf(closed, sizeof(closed), ", %zu not seen",
			 watched->closed);
	return util_format("%s  %zu process%s%s  by %s%s%s%s%s%s  every %g s",
			   clock, watched->shown_count,
			   watched->shown_count == 1 ? "" : "es", closed,
			   columns_names[watched->sort],
			   watched->reverse ? ", reversed" : "",
			   *view->user ? "  user " : "", view->user,
			   *watched->text ? "  with " : "", watched->text,
			   view->delay);
}

char *heads_sums(const struct watched *watched)
{
	char rss[UTIL_BYTES_MAX], used[UTIL_BYTES_MAX];
	char committed[UTIL_BYTES_MAX], all[UTIL_BYTES_MAX];
	char left[UTIL_BYTES_MAX];
	uint64_t total, available;
	char *memory, *line;

	if (proc_memory(&total, &available))
		memory = util_format("  of %s, %s free",
				     util_bytes(all, total),
				     util_bytes(left, available));
	else
		memory = util_copy("", 0);
	line = util_format("rss %s  used %s  committed %s%s",
			   util_bytes(rss, watched->rss),
			   util_bytes(used, watched->used),
			   util_bytes(committed, watched->committed), memory);
	free(memory);
	return line;
}
