/* SPDX-License-Identifier: MIT */
/*
 * status.c - "hakmem-preload status": is the library enabled for the machine,
 * is all well with it, who else has it, and which processes do.  Nothing is
 * changed, and it is for every user.
 */
#define _GNU_SOURCE
#include "options.h"

#include "file.h"
#include "library.h"
#include "mapped.h"
#include "preset.h"
#include "probe.h"
#include "root.h"
#include "say.h"
#include "service.h"

#include <stdlib.h>
#include <string.h>

/* Processes that are named one by one. */
#define NAMED_MOST	20

/* Says what is wrong, if anything, and frees it. */
static int trouble(char *why)
{
	if (!why)
		return STATUS_FINE;
	say_done("trouble       %s", why);
	free(why);
	return STATUS_BROKEN;
}

static int worse(int a, int b)
{
	return a > b ? a : b;
}

/* ---- the file ---- */

static int show_ours(const char *entry)
{
	struct library library = { .entry = NULL };
	char *why = library_check_name(entry);
	int status;

	say_done("entry         %s", entry);
	if (!why)
		why = library_check(&library, entry);
	if (!why) {
		if (strcmp(library.real, entry) != 0)
			say_done("library       %s%s", root_name,
				 library.real);
		probe_choose(&library);
		why = probe_run(&library, PROBE_BY_FILE);
	}
	status = trouble(why);
	library_free(&library);
	return status;
}

static int show_entries(const struct preload_file *file)
{
	size_t ours = list_ours(&file->list);
	int status = STATUS_FINE;

	for (size_t i = 0; i < file->list.count; i++) {
		char *entry = list_entry(&file->list, i);

		if (list_is_ours(&file->list, i))
			status = worse(status, show_ours(entry));
		else
			say_done("other entry   %s", entry);
		free(entry);
	}
	if (ours > 1)
		status = worse(status, trouble(text_format(
			"%zu entries are libhakmem; 'hakmem-preload enable' "
			"leaves one", ours)));
	return ours ? status : STATUS_DISABLED;
}

static int show_allocator(const struct preload_file *file)
{
	char *other = file_other_allocator(file);
	char *why = other ? text_format("%s is another allocator", other) :
		NULL;

	free(other);
	return trouble(why);
}

/* Prints as it goes: what is wrong comes below what it is about. */
static int show_file(void)
{
	struct preload_file file;
	char *why = file_read(&file, true);
	int status;

	if (why) {
		file_free(&file);
		return trouble(why);
	}
	say_done("file          %s" PRELOAD_FILE "%s", root_name,
		 file.exists ? "" : ": there is none");
	status = show_entries(&file);
	if (status != STATUS_DISABLED) {
		status = worse(status, trouble(file_mode_trouble(&file)));
		status = worse(status, show_allocator(&file));
	}
	file_free(&file);
	return status;
}

/* ---- beside it ---- */

static void show_environment(void)
{
	const char *value = getenv("LD_PRELOAD");

	if (value && *value)
		say_done("environment   LD_PRELOAD=%s", value);
	else
		say_done("environment   LD_PRELOAD is not set");
}

static void show_preset(void)
{
	char *why = NULL;
	const char *preset = preset_in_force(&why);

	say_done("preset        %s", preset);
	if (why)
		say_done("trouble       %s", why);
	free(why);
}

struct processes {
	size_t with, old, without, unreadable;
	size_t named;
};

static void count_process(void *arg, pid_t pid)
{
	struct processes *p = arg;
	enum mapped mapped = mapped_any(pid);

	p->with += mapped == MAPPED_NOW;
	p->old += mapped == MAPPED_OLD;
	p->without += mapped == MAPPED_NONE;
	p->unreadable += mapped == MAPPED_UNREADABLE;
}

static void name_process(void *arg, pid_t pid)
{
	struct processes *p = arg;
	enum mapped mapped = mapped_any(pid);
	char *name;

	if ((mapped != MAPPED_NOW && mapped != MAPPED_OLD) ||
	    ++p->named > NAMED_MOST)
		return;
	name = mapped_name(pid);
	say_done("  %7ld     %s%s", (long)pid, name,
		 mapped == MAPPED_OLD ? " (a file that was replaced or "
		 "removed: restart it)" : "");
	free(name);
}

static void show_processes(void)
{
	struct processes p = { 0 };

	if (say_quiet)
		return;
	if (!mapped_each_process(count_process, &p)) {
		say_done("processes     unknown: there is no /proc");
		return;
	}
	say_done("processes     %zu have it, %zu have one that was replaced "
		 "or removed, %zu have none", p.with, p.old, p.without);
	if (p.unreadable)
		say_done("              %zu could not be looked at, such as "
			 "those of the kernel or of other users",
			 p.unreadable);
	mapped_each_process(name_process, &p);
	if (p.named > NAMED_MOST)
		say_done("              and %zu more", p.named - NAMED_MOST);
}

int command_status(const struct options *options)
{
	int status;

	if (options->service)
		return service_status(options);
	status = show_file();
	show_environment();
	show_preset();
	service_list();
	show_processes();
	say_done("libhakmem is %s", status == STATUS_FINE ? "enabled" :
		 status == STATUS_DISABLED ? "not enabled" :
		 "not all right: see 'trouble' above");
	return status;
}
