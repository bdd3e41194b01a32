/* SPDX-License-Identifier: MIT */
/*
 * listed.c - see listed.h.
 *
 * A process may end, or execute another program, between any two reads.  So
 * /proc is asked again after the memory was read: what has ended by then is
 * left out, and only what it says then is kept.
 */
#define _GNU_SOURCE
#include "listed.h"

#include "options.h"
#include "page.h"
#include "proc.h"
#include "process.h"
#include "util.h"

#include "policy/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- /proc ---- */

static char *cgroup_of(pid_t pid)
{
	char *text = proc_read(pid, "cgroup");
	enum hk_cgroup kind;
	size_t len = 0;
	const char *path = text ? hk_cgroup_path(text, &kind, &len) : NULL;
	char *copy = util_copy(path ? path : "", len);

	free(text);
	return proc_printable(copy);
}

struct state {
	uid_t uid;
	uint64_t rss;
};

/*
 * Lines are "Key:\tVALUE".  False for what is gone, and for what has no
 * memory: a process that has ended and is not yet waited for, or a thread of
 * the kernel.
 */
static bool read_state(pid_t pid, struct state *state)
{
	char *text = proc_read(pid, "status");
	const char *uid = text ? strstr(text, "\nUid:") : NULL;
	const char *rss = text ? strstr(text, "\nVmRSS:") : NULL;
	unsigned long long kib;
	unsigned int effective;
	bool ok;

	ok = uid && rss && sscanf(uid, "\nUid: %*u %u", &effective) == 1 &&
		sscanf(rss, "\nVmRSS: %llu", &kib) == 1;
	free(text);
	if (ok)
		*state = (struct state){ effective, kib << 10 };
	return ok;
}

/* ---- the page ---- */

/* Blocks of each class by their sizes. */
static uint64_t bytes_of(const struct page *page, const char *name)
{
	const struct page_value *blocks = page_find(page, name);
	const struct page_value *sizes = page_find(page, "class_size");
	uint64_t n = 0;

	if (!blocks || !sizes)
		return 0;
	for (size_t i = 0; i < blocks->count; i++)
		if (blocks->first + i < sizes->count)
			n += blocks->elements[i] *
				sizes->elements[blocks->first + i];
	return n;
}

/* Of two figures that were not read in the same moment. */
static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/*
 * Nobody counts small blocks one by one: a slab of them counts as a whole
 * from when it was made until it is empty.
 */
static uint64_t used_bytes(const struct page *page)
{
	uint64_t slabs = less(page_sum(page, "small_made"),
			      page_sum(page, "small_retired"));

	return slabs * HK_UNIT + page_sum(page, "run_bytes") +
		less(bytes_of(page, "medium_out"),
		     bytes_of(page, "magazine_blocks")) +
		page_sum(page, "huge_bytes") +
		page_sum(page, "guarded_bytes");
}

static uint64_t committed_bytes(const struct page *page)
{
	return page_sum(page, "arena_bytes") + page_sum(page, "huge_bytes") +
		page_sum(page, "table_bytes") + page_sum(page, "meta_bytes") +
		page_sum(page, "guarded_bytes") +
		page_sum(page, "guarded_kept_bytes");
}

static const char *preset_of(const struct page *page)
{
	if (page_sum(page, "option_force_libc"))
		return "libc";
	return page_find(page, "option_preset") ?
		options_preset_word(page_sum(page, "option_preset")) : "";
}

static void take_figures(struct listed *item, const struct page *page)
{
	item->has_figures = true;
	item->committed = committed_bytes(page);
	item->used = used_bytes(page);
	/* Freed since it was read. */
	if (item->used > item->committed)
		item->used = item->committed;
	item->preset = preset_of(page);
}

/*
 * Returns 0 where the process has the library, with its figures where they
 * can be read; else as process_find() does.
 */
static int look(struct listed *item)
{
	/* Twice: it may have executed another program in between. */
	for (int i = 0; i < 2 && !item->has_figures; i++) {
		struct process_found found;
		struct page page;
		int status = process_find(item->pid, PROCESS_PAGE, &found);

		free(item->library);
		item->library = found.file;
		if (status)
			return status == -EPERM && found.file ? 0 : status;
		if (!page_load(&page, process_read, &item->pid, found.at))
			take_figures(item, &page);
		page_free(&page);
	}
	return 0;
}

/* ---- the list ---- */

/* Names are asked for once: they may come over a network. */
static char *user_of(const struct listing *listing, uid_t uid)
{
	const struct passwd *entry;

	for (size_t i = 0; i < listing->count; i++)
		if (listing->items[i].uid == uid)
			return util_format("%s", listing->items[i].user);
	entry = getpwuid(uid);
	return proc_printable(entry ? util_format("%s", entry->pw_name) :
			 util_format("%lu", (unsigned long)uid));
}

static void add(struct listing *listing, struct listed *item)
{
	char *last;

	item->user = user_of(listing, item->uid);
	item->command = proc_name(item->pid, "comm");
	item->cgroup = cgroup_of(item->pid);
	last = strrchr(item->cgroup, '/');
	item->unit = last ? last + 1 : "";
	if (item->library)
		proc_printable(item->library);
	else
		item->library = util_copy("", 0);
	listing->items = util_resize(listing->items, listing->count + 1,
				     sizeof(*item));
	listing->items[listing->count++] = *item;
}

static void add_process(struct listing *listing, pid_t pid,
			struct listed_whose whose)
{
	struct listed item = { .pid = pid, .preset = "" };
	struct state state;
	int status;

	if (!read_state(pid, &state) || (!whose.any && state.uid != whose.uid))
		return;
	status = look(&item);
	if (read_state(pid, &state)) {
		item.uid = state.uid;
		item.rss = state.rss;
		if (!status) {
			add(listing, &item);
			return;
		}
		listing->closed += status == -EACCES;
	}
	free(item.library);
}

int listed_all(struct listing *listing, struct listed_whose whose)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	*listing = (struct listing){ 0 };
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (!*end && pid > 0 && pid != getpid())
			add_process(listing, (pid_t)pid, whose);
	}
	closedir(dir);
	return 0;
}

void listed_free(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		free(listing->items[i].user);
		free(listing->items[i].cgroup);
		free(listing->items[i].library);
		free(listing->items[i].command);
	}
	free(listing->items);
	*listing = (struct listing){ 0 };
}
