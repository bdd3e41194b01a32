/* SPDX-License-Identifier: MIT */
/*
 * look.c - see look.h.
 */
#include "process/look.h"

#include "common/util.h"
#include "process/proc.h"
#include "process/process.h"

#include <stdint.h>
#include <stdlib.h>

pid_t look_number(const char *word)
{
	struct proc_state state;
	pid_t alive;
	char *end;
	long pid;

	pid = strtol(word, &end, 10);
	if (*end || end == word || pid < 1 || pid > INT32_MAX)
		util_die(STATUS_USAGE, "'%s' is no number of a process", word);
	alive = proc_alive((pid_t)pid, &state);
	if (!alive || alive == pid)
		return (pid_t)pid;
	util_say("process %ld: its main thread has ended, so it goes by the "
		 "number of its thread %ld", pid, (long)alive);
	return alive;
}

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

void look_figures(struct page *page, struct origin *origin, pid_t pid)
{
	look_require(pid, origin_find(origin, page, pid));
	origin_say(origin);
}
