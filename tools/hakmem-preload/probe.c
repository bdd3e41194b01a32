/* SPDX-License-Identifier: MIT */
/*
 * probe.c - see probe.h.
 *
 * The shell and the threads print a line and wait: then their memory maps
 * are looked at from outside.
 */
#define _GNU_SOURCE
#include "probe.h"

#include "elf_file.h"
#include "file.h"
#include "mapped.h"
#include "root.h"
#include "run.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOBODY		65534

static const char *const try_true[] = { "/usr/bin/true", "/bin/true", NULL };
static const char *const try_shell[] = { "/bin/sh", "/usr/bin/sh", NULL };
static const char *const try_threads[] = { PRELOAD_PROBE, NULL };

/* It forks twice and reads the outcome of both. */
static const char *const true_args[] = { "true", NULL };
static const char *const shell_args[] = {
	"sh", "-c", "x=$(echo yes) && (exit 3); test $? = 3 && "
	"test \"$x\" = yes && echo ready && { read x; exit 0; }; exit 1", NULL
};
static const char *const threads_args[] = { "preload-probe", NULL };

struct program {
	const char *name;
	const char *const *paths;
	const char *const *args;
	bool waits;		/* and can be looked at */
	const char *path;	/* that was chosen, or NULL */
	bool by_nobody;		/* can be run as another user, too */
};

static struct program programs[] = {
	{ .name = "true", .paths = try_true, .args = true_args },
	{ .name = "sh", .paths = try_shell, .args = shell_args,
	  .waits = true },
	{ .name = "preload-probe", .paths = try_threads,
	  .args = threads_args, .waits = true },
};

#define PROGRAMS	(sizeof(programs) / sizeof(programs[0]))

static bool can_look(void)
{
	int fd = root_open_proc("self/maps", 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* ---- which ---- */

/* NULL, or why the program at `path` would not show anything. */
static char *unfit(const char *path, const struct elf_file *library)
{
	struct elf_file elf;
	char *why = elf_open(&elf, path);

	if (why)
		return why;
	if (elf.header->e_machine != library->header->e_machine)
		why = text_format("is for %s", elf_machine(&elf));
	else if (!elf_interpreter(&elf))
		why = text_format("is static");
	elf_free(&elf);
	return why;
}

static void choose(struct program *program, const struct elf_file *library)
{
	char *why = NULL;

	program->path = NULL;
	program->by_nobody = geteuid() == 0;
	for (const char *const *path = program->paths; *path; path++) {
		free(why);
		why = unfit(*path, library);
		if (!why) {
			program->path = *path;
			return;
		}
	}
	say_note("%s%s is not tried: it %s", root_name, program->paths[0],
		 why);
	free(why);
}

void probe_choose(const struct library *library)
{
	struct elf_file elf;
	char *why = elf_open(&elf, library->real);

	free(why);
	if (why)
		return;
	for (size_t i = 0; i < PROGRAMS; i++)
		choose(&programs[i], &elf);
	if (!can_look())
		say_note("there is no /proc: that programs have the library "
			 "in their memory is not looked at");
	elf_free(&elf);
}

/* ---- running ---- */

struct seen {
	const struct library *library;
	bool there;
};

static void look(void *arg, pid_t pid)
{
	struct seen *seen = arg;

	seen->there = mapped_file(pid, seen->library->real,
				  &seen->library->st);
}

static const char *how(enum probe_by by)
{
	switch (by) {
	case PROBE_BY_VARIABLE:
		return " with LD_PRELOAD";
	case PROBE_BY_FILE:
		return " with the file in force";
	default:
		return "";
	}
}

/*
 * What the loader says of an entry of ours that is in force now and does not
 * work is no fault of the library that is to take its place.
 */
static void forget_old_entry(char *err)
{
	static const char start[] = "ERROR: ld.so: object '";
	char *to = err;

	while (*err) {
		size_t len = strcspn(err, "\n");
		const char *file, *ours;

		len += err[len] == '\n';
		file = memmem(err, len, "' from " PRELOAD_FILE, 7 +
			      strlen(PRELOAD_FILE));
		ours = memmem(err, len, "libhakmem.so", 12);
		if (strncmp(err, start, strlen(start)) != 0 || !file ||
		    !ours || ours > file) {
			memmove(to, err, len);
			to += len;
		}
		err += len;
	}
	*to = '\0';
}

/* NULL, or what is wrong; `started` is false where it did not even start. */
static char *run_one(const struct program *program, uid_t uid,
		     const struct library *library, enum probe_by by,
		     bool *started)
{
	struct seen seen = { .library = library };
	const char *const *args = program->args;
	const char *argv[4] = { program->path, NULL, NULL, NULL };
	struct run run = { .argv = argv, .uid = uid };
	char *trouble, *all;

	for (size_t i = 1; args[i]; i++)
		argv[i] = args[i];
	if (by == PROBE_BY_VARIABLE)
		run.preload = library->entry;
	if (program->waits) {
		run.look = look;
		run.arg = &seen;
	}
	run_program(&run);
	if (by == PROBE_BY_VARIABLE)
		forget_old_entry(run.err);
	*started = !run.start_error;
	if (!run_was_fine(&run))
		trouble = run_trouble(&run);
	else if (program->waits && by != PROBE_BY_NOTHING && can_look() &&
		 !seen.there)
		trouble = text_format("runs without the library");
	else
		return NULL;
	all = text_format("%s%s%s%s %s", root_name, program->path,
			  uid ? ", as another user," : "", how(by), trouble);
	free(trouble);
	return all;
}

/*
 * What the kernel does not start no library has to do with: a program for
 * another machine, a user namespace of one user, a tree that is closed.
 */
static char *run_both(struct program *program, const struct library *library,
		      enum probe_by by)
{
	bool started;
	char *why = run_one(program, 0, library, by, &started);

	if (!started) {
		say_note("%s; it is not tried", why);
		free(why);
		program->path = NULL;
		return NULL;
	}
	if (why || !program->by_nobody)
		return why;
	why = run_one(program, NOBODY, library, by, &started);
	if (!started || (by == PROBE_BY_NOTHING && why)) {
		free(why);
		program->by_nobody = false;
		return NULL;
	}
	return why;
}

char *probe_run(const struct library *library, enum probe_by by)
{
	char *why = NULL;

	for (size_t i = 0; i < PROGRAMS && !why; i++)
		if (programs[i].path)
			why = run_both(&programs[i], library, by);
	return why;
}
