/* SPDX-License-Identifier: MIT */
/*
 * service.c - see service.h.
 *
 * Environment= of a drop-in replaces what other files of the unit set: what
 * they preload is kept behind the library.  A file of EnvironmentFile= would
 * win over the drop-in, so there the administrator has to do it.
 */
#define _GNU_SOURCE
#include "service.h"

#include "list.h"
#include "mapped.h"
#include "place.h"
#include "replace.h"
#include "root.h"
#include "run.h"
#include "say.h"
#include "stop.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct service {
	char *name;		/* UNIT.service */
	char *directory, *path;	/* of the drop-in */
	char *text;		/* of the drop-in as it is, or NULL */
	struct stat st;
	bool found;		/* there is such a unit */
	struct unit unit, last;	/* without the drop-in; behind it */
};

/* ---- looking ---- */

static int load(struct service *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	s->name = unit_full_name(name);
	if (!s->name)
		return say_error(STATUS_USAGE, "--service: '%s' is no name of "
				 "a service", name);
	s->directory = text_format(UNIT_DIR "/%s.d", s->name);
	s->path = text_format("%s/" UNIT_DROP_IN, s->directory);
	if (!lstat(s->path, &s->st)) {
		if (!S_ISREG(s->st.st_mode))
			return say_error(STATUS_REFUSED, "%s%s is no regular "
					 "file; remove it", root_name,
					 s->path);
		s->text = unit_text(s->path);
	}
	s->found = unit_load(&s->unit, &s->last, s->name);
	return STATUS_FINE;
}

static void unload(struct service *s)
{
	free(s->name);
	free(s->directory);
	free(s->path);
	free(s->text);
	unit_free(&s->unit);
	unit_free(&s->last);
}

/* What a process that was killed left; under the lock. */
static void clean_up(const struct service *s, const struct options *options)
{
	if (options->dry_run)
		return;
	replace_clean(s->path);
	/* Where others have put something there it stays. */
	rmdir(s->directory);
}

/* A file of EnvironmentFile= that sets the variable, or NULL. */
static const char *environment_file(const struct unit *unit)
{
	static const char name[] = "LD_PRELOAD=";

	for (size_t i = 0; i < unit->files; i++) {
		const char *path = unit->environment_files[i];
		char *text = unit_text(path);
		const char *line = text;
		bool sets = false;

		while (line && !sets) {
			line += strspn(line, " \t\n");
			sets = !strncmp(line, name, strlen(name));
			line = strchr(line, '\n');
		}
		free(text);
		if (sets)
			return path;
	}
	return NULL;
}

/* Who would make the drop-in useless; says so. */
static int check_obstacles(const struct service *s)
{
	const char *file = environment_file(&s->unit);

	if (!s->found)
		return say_error(STATUS_REFUSED, "there is no unit %s under "
				 "%s" UNIT_DIR " or %s/usr/lib/systemd/system",
				 s->name, root_name, root_name);
	if (file)
		return say_error(STATUS_REFUSED, "%s sets LD_PRELOAD in %s%s, "
				 "which wins over Environment=; add the "
				 "library there", s->name, root_name, file);
	if (s->unit.unset_by)
		return say_error(STATUS_REFUSED, "%s%s has UnsetEnvironment="
				 "LD_PRELOAD; take that out first", root_name,
				 s->unit.unset_by);
	if (s->last.preload)
		return say_error(STATUS_REFUSED, "%s%s sets LD_PRELOAD and is "
				 "read behind " UNIT_DROP_IN "; rename it, or "
				 "add the library there", root_name,
				 s->last.from);
	if (s->unit.odd)
		return say_error(STATUS_REFUSED, "%s%s sets LD_PRELOAD to a "
				 "value with '%%' or '\\', which only systemd "
				 "can read; add the library there", root_name,
				 s->unit.from);
	return STATUS_FINE;
}

/* ---- the drop-in ---- */

/*
 * What is preloaded already, without spellings of ours, each with a colon in
 * front.  NULL: said what is wrong.
 */
static char *others(const struct service *s, bool force)
{
	const char *value = s->unit.preload ? s->unit.preload : "";
	char *kept = text_copy("", 0);
	struct list list;

	list_read(&list, value, strlen(value));
	for (size_t i = 0; kept && i < list.count; i++) {
		char *entry = list_entry(&list, i);
		char *path = place_of_entry(entry);
		char *more = NULL;

		if (list_is_ours(&list, i))
			more = text_format("%s", kept);
		else if (!force && library_is_allocator(path))
			say_error(STATUS_REFUSED, "%s%s preloads another "
				  "allocator, %s, and a program can have one; "
				  "take it out first, or enable with --force",
				  root_name, s->unit.from, entry);
		else
			more = text_format("%s:%s", kept, entry);
		free(kept);
		free(path);
		free(entry);
		kept = more;
	}
	list_free(&list);
	return kept;
}

static char *compose(const struct service *s, const struct library *library,
		     bool force)
{
	char *kept = others(s, force);
	char *text = kept ? text_format(
		"# Made by hakmem-preload enable --service %s.\n"
		"[Service]\n"
		"Environment=\"LD_PRELOAD=%s%s\"\n",
		s->name, library->entry, kept) : NULL;

	free(kept);
	return text;
}

static int make_directory(const char *path)
{
	if (!mkdir(path, 0755) || errno == EEXIST)
		return STATUS_FINE;
	return say_error(STATUS_SYSTEM, "%s%s: cannot be made: %s", root_name,
			 path, say_errno(errno));
}

static int make_directories(const struct service *s)
{
	int status = make_directory("/etc/systemd");

	if (status == STATUS_FINE)
		status = make_directory(UNIT_DIR);
	if (status == STATUS_FINE)
		status = make_directory(s->directory);
	return status;
}

/* What systemd has to say of the drop-in, or NULL. */
static char *verify(const struct service *s)
{
	const char *argv[] = { "/usr/bin/systemd-analyze", "verify",
			       "--man=no", s->name, NULL };
	struct run run = { .argv = argv };
	char *line = NULL;

	if (access(argv[0], X_OK)) {
		say_note("%s%s was not found: the drop-in was not verified",
			 root_name, argv[0]);
		return NULL;
	}
	run_program(&run);
	if (strstr(run.err, UNIT_DROP_IN))
		line = text_format("systemd-analyze verify: %.*s",
				   (int)strcspn(run.err, "\n"), run.err);
	return line;
}

/* Tells systemd, where it runs. */
static void reload(const struct service *s, const char *what)
{
	static const char *const argv[] = { "/usr/bin/systemctl",
					    "daemon-reload", NULL };
	struct run run = { .argv = argv };

	if (!root_is_system() || access("/run/systemd/system", F_OK)) {
		say_done("%s; it takes effect when %s is started", what,
			 s->name);
		return;
	}
	run_program(&run);
	if (run_was_fine(&run))
		say_done("%s; 'systemctl restart %s' puts it in effect", what,
			 s->name);
	else
		say_done("%s; 'systemctl daemon-reload' failed: run it, and "
			 "then 'systemctl restart %s'", what, s->name);
}

static int take_back(struct replace *replace, const struct service *s,
		     const char *why)
{
	int status = replace_undo(replace);

	rmdir(s->directory);
	if (status == STATUS_FINE)
		status = STATUS_SYSTEM;
	return why ? say_error(STATUS_PROBE, "%s; nothing was changed", why) :
		status;
}

static int write_drop_in(const struct service *s, const char *text)
{
	struct replace replace;
	char *why = NULL;
	int status = make_directories(s);

	if (status == STATUS_FINE)
		status = replace_prepare(&replace, s->path,
					 s->st.st_mode ? &s->st : NULL, text,
					 strlen(text), 0644);
	if (status != STATUS_FINE) {
		rmdir(s->directory);
		return status;
	}
	status = stop_asked() ? STATUS_SYSTEM : replace_commit(&replace);
	if (status == STATUS_FINE) {
		why = verify(s);
		if (why || stop_asked())
			status = take_back(&replace, s, why);
	}
	free(why);
	replace_finish(&replace);
	if (status != STATUS_FINE)
		rmdir(s->directory);
	return status;
}

static int enable(struct service *s, const struct options *options,
		  const struct library *library)
{
	int status = check_obstacles(s);
	char *text;

	if (status != STATUS_FINE)
		return status;
	if (strpbrk(library->entry, "\"'\\%"))
		return say_error(STATUS_REFUSED, "'%s' has a character that "
				 "systemd reads otherwise", library->entry);
	text = compose(s, library, options->force);
	if (!text)
		return STATUS_REFUSED;
	if (s->text && !strcmp(s->text, text)) {
		say_done("libhakmem is enabled already for %s", s->name);
	} else if (options->dry_run) {
		say_done("would write to %s%s:\n%s", root_name, s->path, text);
	} else {
		status = write_drop_in(s, text);
		if (status == STATUS_FINE)
			reload(s, "libhakmem is enabled");
	}
	free(text);
	return status;
}

int service_enable(const struct options *options,
		   const struct library *library)
{
	struct service s;
	int status = load(&s, options->service);

	if (status == STATUS_FINE) {
		clean_up(&s, options);
		status = enable(&s, options, library);
	}
	unload(&s);
	return status;
}

/* ---- disabling ---- */

static int remove_drop_in(const struct service *s)
{
	int status = replace_now(s->path, &s->st, NULL, 0, 0);

	if (status != STATUS_FINE)
		return status;
	rmdir(s->directory);
	reload(s, "libhakmem is disabled");
	return STATUS_FINE;
}

static int disable(const struct service *s, const struct options *options)
{
	int status = STATUS_FINE;

	if (!s->text)
		say_done("there is no %s%s", root_name, s->path);
	else if (options->dry_run)
		say_done("would remove %s%s", root_name, s->path);
	else if (!stop_asked())
		status = remove_drop_in(s);
	if (status == STATUS_FINE && s->unit.preload &&
	    strstr(s->unit.preload, "libhakmem.so"))
		status = say_error(STATUS_REFUSED, "%s%s preloads libhakmem, "
				   "too; take it out there, as by 'systemctl "
				   "edit %s'", root_name, s->unit.from,
				   s->name);
	return status;
}

int service_disable(const struct options *options)
{
	struct service s;
	int status = load(&s, options->service);

	if (status == STATUS_FINE) {
		clean_up(&s, options);
		status = disable(&s, options);
	}
	unload(&s);
	return status;
}

/* ---- looking ---- */

/* The entry of ours in a list of LD_PRELOAD, or NULL; the caller frees it. */
static char *our_entry(const char *value)
{
	struct list list;
	char *entry = NULL;

	list_read(&list, value, strlen(value));
	for (size_t i = 0; i < list.count && !entry; i++)
		if (list_is_ours(&list, i))
			entry = list_entry(&list, i);
	list_free(&list);
	return entry;
}

struct count {
	const char *unit;
	unsigned int with, old, without;
};

static void count_process(void *arg, pid_t pid)
{
	struct count *count = arg;
	enum mapped mapped;

	if (!mapped_in_unit(pid, count->unit))
		return;
	mapped = mapped_any(pid);
	count->with += mapped == MAPPED_NOW;
	count->old += mapped == MAPPED_OLD;
	count->without += mapped == MAPPED_NONE;
}

static void show_processes(const struct service *s)
{
	struct count count = { .unit = s->name };

	if (!mapped_each_process(count_process, &count))
		return;
	say_done("processes     %u have it, %u have one that was replaced "
		 "since, %u have none", count.with, count.old, count.without);
}

static int show_entry(const char *entry)
{
	struct library library = { .entry = NULL };
	char *why = library_check_name(entry);
	int status = STATUS_FINE;

	if (!why)
		why = library_check(&library, entry);
	if (why)
		status = STATUS_BROKEN;
	say_done("entry         %s: %s", entry, why ? why : "fine");
	free(why);
	library_free(&library);
	return status;
}

static int show(struct service *s)
{
	const char *obstacle;
	char *entry = NULL;
	int status;

	/* With the drop-in: in its place, which is behind all but `last`. */
	if (s->text)
		unit_read(&s->unit, s->path, s->text);
	if (s->last.preload && s->unit.from) {
		free(s->unit.preload);
		free(s->unit.from);
		s->unit.preload = text_format("%s", s->last.preload);
		s->unit.from = text_format("%s", s->last.from);
	}
	if (s->unit.preload)
		entry = our_entry(s->unit.preload);
	say_done("libhakmem is %s for %s", entry ? "enabled" : "not enabled",
		 s->name);
	if (!entry)
		return STATUS_DISABLED;
	say_done("file          %s%s", root_name, s->unit.from);
	status = show_entry(entry);
	free(entry);
	obstacle = s->unit.unset_by ? s->unit.unset_by :
		environment_file(&s->unit);
	if (obstacle)
		say_done("trouble       %s%s takes it away again", root_name,
			 obstacle);
	show_processes(s);
	return obstacle ? STATUS_BROKEN : status;
}

int service_status(const struct options *options)
{
	struct service s;
	int status = load(&s, options->service);

	if (status == STATUS_FINE)
		status = show(&s);
	unload(&s);
	return status;
}

/* ---- all services ---- */

/* Says where a file below UNIT_DIR preloads the library. */
static bool list_file(const char *path, const char *unit)
{
	struct unit read = { .preload = NULL };
	char *text = unit_text(path);
	bool ours = false;

	if (text)
		unit_read(&read, path, text);
	if (read.preload && strstr(read.preload, "libhakmem.so")) {
		ours = true;
		say_done("service       %s (%s%s)", unit, root_name, path);
	}
	unit_free(&read);
	free(text);
	return ours;
}

static bool list_drop_ins(const char *name)
{
	char *path = text_format(UNIT_DIR "/%s", name);
	char *unit = text_copy(name, strlen(name) - 2);
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool any = false;

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');
		char *file;

		if (!dot || strcmp(dot, ".conf") != 0)
			continue;
		file = text_format("%s/%s", path, entry->d_name);
		any = list_file(file, unit) || any;
		free(file);
	}
	if (dir)
		closedir(dir);
	free(unit);
	free(path);
	return any;
}

void service_list(void)
{
	DIR *dir = opendir(UNIT_DIR);
	struct dirent *entry;
	bool any = false;

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');
		char *path;

		if (!dot)
			continue;
		path = text_format(UNIT_DIR "/%s", entry->d_name);
		if (!strcmp(dot, ".d"))
			any = list_drop_ins(entry->d_name) || any;
		else if (!strcmp(dot, ".service"))
			any = list_file(path, entry->d_name) || any;
		free(path);
	}
	if (dir)
		closedir(dir);
	if (!any)
		say_done("services      none by a file in %s" UNIT_DIR,
			 root_name);
}
