/* SPDX-License-Identifier: MIT */
/*
 * enable.c - "hakmem-preload enable": the library's line in
 * /etc/ld.so.preload.
 *
 * The file concerns every program of the machine, so everything that can be
 * known before is looked at before, programs are run under LD_PRELOAD before,
 * and once more when the file is in force; if they fail then, the old file
 * comes back.
 */
#define _GNU_SOURCE
#include "options.h"

#include "file.h"
#include "library.h"
#include "lock.h"
#include "probe.h"
#include "replace.h"
#include "root.h"
#include "say.h"
#include "service.h"
#include "stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct plan {
	const struct options *options;
	struct library library;
	struct preload_file file;
	struct list list;	/* as it is to be */
};

/* Says `why`, if there is one, and frees it; nothing where we are to end. */
static int refuse(int status, char *why)
{
	if (!why)
		return STATUS_FINE;
	if (!stop_asked())
		say_error(status, "%s", why);
	free(why);
	return status;
}

/* ---- before ---- */

static int check_others(const struct plan *plan)
{
	char *other = file_other_allocator(&plan->file);
	int status = STATUS_FINE;

	if (!other)
		return STATUS_FINE;
	if (plan->options->force)
		say_note("%s" PRELOAD_FILE " has another allocator: %s",
			 root_name, other);
	else
		status = say_error(STATUS_REFUSED, "%s" PRELOAD_FILE " has "
				   "another allocator, %s, and a program can "
				   "have one; take it out first, or enable "
				   "with --force", root_name, other);
	free(other);
	return status;
}

/*
 * The file is written with mode 0644.  Where others could not read it, that
 * would put more in force than what we add.
 */
static int check_file(const struct plan *plan)
{
	const struct preload_file *file = &plan->file;

	if (file->st.st_uid == 0 && !(file->st.st_mode & (S_IWGRP | S_IWOTH))
	    && list_ours(&file->list) == file->list.count)
		return STATUS_FINE;
	return refuse(STATUS_REFUSED, file_mode_trouble(file));
}

/* What would surprise later on, and is no reason not to do it. */
static void give_notes(const struct library *library)
{
	struct stat st;

	if (!stat("/", &st) && st.st_dev != library->st.st_dev)
		say_note("%s%s is on another file system than %s/: programs "
			 "that start before it is mounted print an error",
			 root_name, library->path, root_name);
	if (!access("/lib/ld-linux.so.2", F_OK))
		say_note("32-bit programs will print an error and run without "
			 "the library");
}

static int probe_before(const struct plan *plan)
{
	char *why = NULL;

	probe_choose(&plan->library);
	/* With an entry of ours in force nothing can be said of the rest. */
	if (!list_ours(&plan->file.list))
		why = probe_run(&plan->library, PROBE_BY_NOTHING);
	if (why && !stop_asked()) {
		say_error(STATUS_REFUSED, "programs fail as things are, "
			  "before anything is changed: %s; mend that first",
			  why);
		free(why);
		return STATUS_REFUSED;
	}
	free(why);
	why = probe_run(&plan->library, PROBE_BY_VARIABLE);
	if (!why)
		return STATUS_FINE;
	if (!stop_asked())
		say_error(STATUS_PROBE, "%s; nothing was changed%s", why,
			  list_ours(&plan->file.list) ? ", and 'hakmem-preload"
			  " disable' takes out what is there" : "");
	free(why);
	return STATUS_PROBE;
}

/* ---- the file ---- */

/* An entry of ours may stay where it leads to the library by a full path. */
static bool entry_does(const struct plan *plan, size_t i)
{
	char *entry = list_entry(&plan->file.list, i);
	struct library other;
	char *why = *entry == '/' ? library_check(&other, entry) : NULL;
	bool does = false;

	if (plan->options->library)
		does = !strcmp(entry, plan->library.entry);
	else if (*entry == '/' && !why)
		does = other.st.st_dev == plan->library.st.st_dev &&
			other.st.st_ino == plan->library.st.st_ino;
	if (*entry == '/')
		library_free(&other);
	free(why);
	free(entry);
	return does;
}

static bool enabled_already(const struct plan *plan)
{
	char *trouble = file_mode_trouble(&plan->file);
	bool fine = !trouble && list_ours(&plan->file.list) == 1;

	free(trouble);
	for (size_t i = 0; fine && i < plan->file.list.count; i++)
		if (list_is_ours(&plan->file.list, i))
			return entry_does(plan, i);
	return false;
}

static int confirm(const struct plan *plan)
{
	char *why = probe_run(&plan->library, PROBE_BY_FILE);

	if (why) {
		say_error(STATUS_PROBE, "it is enabled already, and programs "
			  "fail: %s; 'hakmem-preload disable' takes it out",
			  why);
		free(why);
		return STATUS_PROBE;
	}
	say_done("libhakmem is enabled already in %s" PRELOAD_FILE, root_name);
	return STATUS_FINE;
}

static int make_list(struct plan *plan)
{
	if (!list_add(&plan->list, &plan->file.list, plan->library.entry))
		return STATUS_FINE;
	return say_error(STATUS_REFUSED, "%s" PRELOAD_FILE " has comments or "
			 "zero bytes, which the loader misreads; take them "
			 "out first", root_name);
}

static void show(const struct plan *plan)
{
	say_done("would write to %s" PRELOAD_FILE ":", root_name);
	if (!say_quiet)
		fwrite(plan->list.text, 1, plan->list.len, stdout);
}

/* The file is in force: it stays, or goes. */
static int probe_after(const struct plan *plan, struct replace *replace)
{
	char *why = probe_run(&plan->library, PROBE_BY_FILE);
	int status;

	if (!why && !stop_asked())
		return STATUS_FINE;
	status = replace_undo(replace);
	if (status != STATUS_FINE)
		say_error(status, "programs fail: %s; in a root shell that is "
			  "open, ': > " PRELOAD_FILE "' ends that",
			  why ? why : "stopped");
	else if (!stop_asked())
		status = say_error(STATUS_PROBE, "%s; %s" PRELOAD_FILE " is "
				   "as it was", why, root_name);
	free(why);
	return status == STATUS_FINE ? STATUS_SYSTEM : status;
}

static int write_file(struct plan *plan)
{
	struct replace replace;
	int status = replace_prepare(&replace, PRELOAD_FILE,
				     plan->file.exists ? &plan->file.st : NULL,
				     plan->list.text, plan->list.len, 0644);

	if (status != STATUS_FINE)
		return status;
	status = stop_asked() ? STATUS_SYSTEM : replace_commit(&replace);
	if (status == STATUS_FINE)
		status = probe_after(plan, &replace);
	replace_finish(&replace);
	if (status == STATUS_FINE)
		say_done("libhakmem is enabled: %s in %s" PRELOAD_FILE "; "
			 "programs that start from now on have it",
			 plan->library.entry, root_name);
	return status;
}

/* ---- the command ---- */

static int enable(struct plan *plan)
{
	int status = check_file(plan);

	if (status == STATUS_FINE)
		status = check_others(plan);
	if (status == STATUS_FINE)
		status = probe_before(plan);
	if (status != STATUS_FINE || stop_asked())
		return status;
	if (enabled_already(plan))
		return confirm(plan);
	status = make_list(plan);
	if (status != STATUS_FINE)
		return status;
	give_notes(&plan->library);
	if (plan->options->dry_run) {
		show(plan);
		return STATUS_FINE;
	}
	return write_file(plan);
}

static int check_library(struct plan *plan)
{
	const char *entry = plan->options->library;
	char *why;

	if (!entry)
		entry = HAKMEM_LIBDIR "/libhakmem.so.1";
	why = library_check_name(entry);
	return refuse(STATUS_REFUSED,
		      why ? why : library_check(&plan->library, entry));
}

static int enable_service(struct plan *plan)
{
	int status = probe_before(plan);

	if (status == STATUS_FINE && !stop_asked())
		status = service_enable(plan->options, &plan->library);
	return status;
}

static int enable_locked(const struct options *options)
{
	struct plan plan = { .options = options };
	int status;

	status = refuse(STATUS_REFUSED,
			file_read(&plan.file, options->service != NULL));
	if (status == STATUS_FINE)
		status = check_library(&plan);
	if (status == STATUS_FINE)
		status = options->service ? enable_service(&plan) :
			enable(&plan);
	file_free(&plan.file);
	library_free(&plan.library);
	list_free(&plan.list);
	return status;
}

int command_enable(const struct options *options)
{
	int status = options->dry_run ? STATUS_FINE : lock_take();

	if (status == STATUS_FINE)
		status = enable_locked(options);
	lock_give();
	return status;
}
