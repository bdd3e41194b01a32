/* SPDX-License-Identifier: MIT */
/*
 * listed.c - see listed.h.
 *
 * A process may end, or execute another program, between any two reads.  So
 * /proc is asked again after the memory was read: what has ended by then is
 * left out, and only what it says then is kept.
 */
#define _GNU_SOURCE
#include "figures/listed.h"

#include "common/util.h"
#include "figures/options.h"
#include "process/copy.h"
#include "process/page.h"
#include "process/proc.h"
#include "process/process.h"

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only the last newline is the kernel's. */
static char *comm_of(pid_t pid)
{
	char *text = proc_read(pid, "comm");
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return util_copy("", 0);
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	return text;
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

/*
 * Nobody counts small blocks one by one: a slab of them counts as a whole
 * from when it was made until it is empty.
 */
uint64_t listed_used(const struct page *page)
{
	uint64_t slabs = util_less(page_sum(page, "small_made"),
			      page_sum(page, "small_retired"));
	uint64_t committed = listed_committed(page);
	uint64_t used = slabs * HK_UNIT + page_sum(page, "run_bytes") +
		util_less(bytes_of(page, "medium_out"),
		     bytes_of(page, "magazine_blocks")) +
		page_sum(page, "huge_bytes") + page_sum(page, "guarded_bytes");

	/* Freed since it was read. */
	return used > committed ? committed : used;
}

uint64_t listed_committed(const struct page *page)
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
	item->committed = listed_committed(page);
	item->used = listed_used(page);
	item->preset = preset_of(page);
}

/* What it has in /dev/shm, where its memory may not be read. */
static bool read_copy(struct listed *item)
{
	page_free(&item->page);
	if (copy_load(&item->page, item->pid, NULL))
		return false;
	take_figures(item, &item->page);
	return true;
}

/* Reads the page at address `at`.  Returns NULL, or why that cannot be. */
static const char *read_page(struct listed *item, uint64_t at)
{
	const char *why;

	page_free(&item->page);
	why = page_load(&item->page, process_read, &item->task, at);
	if (!why)
		take_figures(item, &item->page);
	return why;
}

/*
 * Returns 0 where the process has the library, with its figures where they
 * can be read, and the address of its page; else as process_find() does.
 * `why` is NULL, or why there are no figures.
 */
static int look(struct listed *item, const char **why, uint64_t *at)
{
	/* Twice: it may have executed another program in between. */
	for (int i = 0; i < 2 && !item->has_figures; i++) {
		struct process_found found;
		int status = process_find(item->task, PROCESS_PAGE, &found);

		free(item->library);
		item->library = found.file;
		*why = process_why(status);
		if ((status == -EPERM || status == -EACCES) &&
		    read_copy(item)) {
			*why = NULL;
			return 0;
		}
		if (status)
			return status == -EPERM && found.file ? 0 : status;
		*at = found.at;
		*why = read_page(item, found.at);
	}
	return 0;
}

/* The same, by what is known from the last time. */
static int look_again(struct listed *item, struct known *known)
{
	const struct known_process *last;
	bool looked = false;
	uint64_t at = 0;
	const char *why;
	int status = 0;

	if (!proc_stat(item->pid, &item->stat))
		return -ESRCH;
	last = known_find(known, item->pid, &item->stat);
	if (last && last->at && !read_page(item, last->at)) {
		at = last->at;
	} else if (known_has_none(last)) {
		status = -ENOENT;
	} else {
		status = look(item, &why, &at);
		looked = true;
	}
	if (at || status == -ENOENT)
		known_tell(known, item->pid, &item->stat, at, last, looked);
	return status;
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

/* What it is called, and where it runs. */
static void take_names(struct listed *item)
{
	enum hk_cgroup kind;
	const char *last;

	item->comm = comm_of(item->pid);
	item->command = util_copy(item->comm, strcspn(item->comm, "\n"));
	proc_printable(item->command);
	item->cgroup = proc_cgroup(item->task, &kind);
	last = strrchr(item->cgroup, '/');
	item->unit = last ? last + 1 : "";
	if (item->library)
		proc_printable(item->library);
	else
		item->library = util_copy("", 0);
}

static void drop(struct listed *item)
{
	free(item->user);
	free(item->cgroup);
	free(item->library);
	free(item->command);
	free(item->comm);
	page_free(&item->page);
}

static void add(struct listing *listing, struct listed *item,
		const struct proc_state *state)
{
	item->uid = state->uid;
	item->user = user_of(listing, item->uid);
	item->rss = state->rss;
	listing->items = util_resize(listing->items, listing->count + 1,
				     sizeof(*item));
	listing->items[listing->count++] = *item;
}

static void add_process(struct listing *listing, pid_t pid,
			struct listed_whose whose, struct known *known)
{
	struct listed item = { .pid = pid, .preset = "" };
	struct proc_state state;
	const char *why;
	uint64_t at;
	int status;

	item.task = proc_alive(pid, &state);
	if (!item.task || (!whose.any && state.uid != whose.uid))
		return;
	status = known ? look_again(&item, known) : look(&item, &why, &at);
	if (!status)
		take_names(&item);
	if (!proc_state(item.task, &state)) {
		drop(&item);
	} else if (status) {
		listing->closed += status == -EACCES;
		drop(&item);
	} else {
		add(listing, &item, &state);
	}
}

const char *listed_one(struct listing *listing, pid_t pid)
{
	struct listed item = { .pid = proc_group(pid), .task = pid,
			       .preset = "" };
	struct proc_state state;
	const char *why;
	uint64_t at;

	*listing = (struct listing){ 0 };
	look(&item, &why, &at);
	if (!why) {
		take_names(&item);
		if (proc_state(pid, &state))
			add(listing, &item, &state);
		else
			why = process_why(-ESRCH);
	}
	if (why)
		drop(&item);
	return why;
}

int listed_again(struct listing *listing, struct listed_whose whose,
		 struct known *known)
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
			add_process(listing, (pid_t)pid, whose, known);
	}
	closedir(dir);
	if (known)
		known_turn(known);
	return 0;
}

int listed_all(struct listing *listing, struct listed_whose whose)
{
	return listed_again(listing, whose, NULL);
}

/* ---- those that have ended ---- */

struct ended {
	struct listing *listing;
	struct listed_whose whose;
};

static void add_ended(void *arg, const struct copy_told *told,
		      const struct page *page)
{
	struct ended *ended = arg;
	struct proc_state state = { .uid = told->uid };
	struct listed item = {
		.pid = told->pid,
		.left = *told,
		.cgroup = util_copy("", 0),
		.unit = "",
		.library = util_copy("", 0),
		.command = util_format("%s", told->name),
		.comm = util_format("%s", told->name),
	};

	take_figures(&item, page);
	if (ended->whose.any || ended->whose.uid == told->uid)
		add(ended->listing, &item, &state);
	else
		drop(&item);
}

void listed_ended(struct listing *listing, struct listed_whose whose,
		  bool tidy)
{
	struct ended ended = { listing, whose };

	*listing = (struct listing){ 0 };
	listing->closed = copy_each_ended(add_ended, &ended, tidy);
}

size_t listed_remove(const struct listing *listing)
{
	size_t failed = 0;

	for (size_t i = 0; i < listing->count; i++)
		failed += copy_remove(&listing->items[i].left) != 0;
	return failed;
}

void listed_free(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		drop(&listing->items[i]);
	free(listing->items);
	*listing = (struct listing){ 0 };
}

/* An incomplete list must not pass for a complete one. */
void listed_tell_closed(const struct listing *listing)
{
	size_t closed = listing->closed;
	const char *them = closed == 1 ? "it" : "them";

	if (!closed)
		return;
	if (geteuid())
		util_say("%zu process%s could not be looked at; run it as "
			 "root to see %s", closed, closed == 1 ? "" : "es",
			 them);
	else
		util_say("%zu process%s could not be looked at: the system "
			 "does not let even root look into %s", closed,
			 closed == 1 ? "" : "es", them);
}
