/* SPDX-License-Identifier: MIT */
/*
 * doctor_program.c - "hakmem-stat doctor COMMAND": what would happen if the
 * program were started now, by us?  It is read and not run.
 */
#define _GNU_SOURCE
#include "doctor/doctor.h"

#include "common/util.h"
#include "process/elf_head.h"
#include "process/loaded.h"
#include "process/proc.h"

#include "elf_file.h"
#include "file.h"
#include "library.h"
#include "root.h"

#include "heap/config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* No program is linked with a tenth of it. */
#define NEEDED_MAX	1000u

struct program {
	struct findings *findings;
	const char *library;	/* that could be preloaded */
	const char *command;	/* as it was given */
	char *executed;		/* its path */
	char *path;		/* of what runs in the end */
	struct elf_head head;
	bool hopeless;		/* nothing can be preloaded */
	bool privileged;	/* LD_PRELOAD is ignored */
	bool by_file, by_variable;
};

static void add(const struct program *p, enum finding_severity severity,
		const char *check, char *found, char *remedy)
{
	findings_add(p->findings, severity, check, found, remedy);
}

__attribute__((noreturn))
static void unreadable(const char *path, const char *why)
{
	util_die(STATUS_UNREADABLE, "doctor: %s: %s",
		 proc_printable(util_format("%s%s", root_name, path)), why);
}

/* ---- scripts ---- */

/*
 * The word of "env [-S] [NAME=VALUE ...] WORD", in PATH where it is there;
 * NULL where there is none.
 */
static char *by_env(const char *argument)
{
	char *word, *found;
	size_t len;

	for (;;) {
		len = strcspn(argument, " \t");
		word = util_copy(argument, len);
		if (*word != '-' && !strchr(word, '='))
			break;
		free(word);
		argument += len;
		argument += strspn(argument, " \t");
	}
	found = len ? loaded_find_program(word) : NULL;
	if (!found && len)
		return word;
	free(word);
	return found;
}

static bool is_env(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && !strcmp(slash, "/env");
}

/* What interprets the file, or NULL where it is no script. */
static char *interpreter_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *argument = NULL, *found, *word;

	if (fd < 0)
		unreadable(path, strerror(errno));
	found = loaded_interpreter(fd, &argument);
	close(fd);
	word = found && is_env(found) ? by_env(argument) : NULL;
	free(argument);
	if (word) {
		free(found);
		found = word;
	}
	return found;
}

/* To the program that is executed in the end. */
static void follow(struct program *p)
{
	p->path = util_format("%s", p->executed);
	for (int i = 0; i < LOADED_SCRIPTS; i++) {
		char *next = interpreter_of(p->path);

		if (!next)
			return;
		if (access(next, X_OK)) {
			add(p, FINDING_PROBLEM, "script",
			    util_format("%s is a script for %s: %s", p->path,
					next, strerror(errno)),
			    util_format("install %s, or correct the first "
					"line of %s", next, p->path));
			p->hopeless = true;
			free(next);
			return;
		}
		add(p, FINDING_OK, "script",
		    util_format("%s is a script: what counts is %s", p->path,
				next), NULL);
		free(p->path);
		p->path = next;
	}
}

/* ---- the file ---- */

static char *remedy_for(enum elf_fit fit)
{
	switch (fit) {
	case ELF_STATIC:
		return util_format("link it dynamically, or with "
				   "libhakmem.a: pkg-config --static --libs "
				   "hakmem");
	case ELF_MUSL:
		return util_format("use the program as it is built for "
				   "glibc");
	default:
		return util_format("use the program as it is built for this "
				   "machine");
	}
}

/* What the kernel or the loader would say. */
static void look_at_kind(struct program *p, int fd)
{
	struct elf_head own;
	char *why;

	if (!elf_head_read(fd, &p->head)) {
		add(p, FINDING_PROBLEM, "program",
		    util_format("%s is neither a program nor a script with "
				"a first line of \"#!\"", p->path),
		    util_format("name its interpreter in the first line; a "
				"shell runs it by itself"));
		p->hopeless = true;
		return;
	}
	elf_head_own(&own);
	why = elf_fit_text(elf_fit(&p->head, &own), p->path, &p->head);
	p->hopeless = why != NULL;
	if (why) {
		add(p, FINDING_PROBLEM, "program", why,
		    remedy_for(elf_fit(&p->head, &own)));
	} else if (access(p->head.loader, X_OK)) {
		add(p, FINDING_PROBLEM, "program",
		    util_format("%s wants the loader %s: %s", p->path,
				p->head.loader, strerror(errno)),
		    util_format("install the C library that has it"));
		p->hopeless = true;
	} else {
		add(p, FINDING_OK, "program",
		    util_format("%s is dynamically linked, for this machine",
				p->path), NULL);
	}
}

/* For us, and for others, who may gain what we have. */
static void look_at_privileges(struct program *p, int fd,
			       const struct stat *st)
{
	bool any = st->st_mode & (S_ISUID | S_ISGID);

	p->privileged = loaded_is_privileged(fd, st);
	if (p->privileged)
		add(p, p->by_file ? FINDING_OK : FINDING_PROBLEM,
		    "privileges",
		    util_format("%s has privileges of its own (setuid, setgid "
				"or capabilities): the loader ignores "
				"LD_PRELOAD, and heeds " PRELOAD_FILE,
				p->path),
		    p->by_file ? NULL : util_format("hakmem-preload enable"));
	else if (any && !p->by_file)
		add(p, FINDING_NOTE, "privileges",
		    util_format("%s is setuid or setgid: where another user "
				"starts it the loader ignores LD_PRELOAD",
				p->path),
		    util_format("hakmem-preload enable, where it is to have "
				"the library"));
}

static void look_at_tls(const struct program *p)
{
	if (p->head.tls)
		add(p, FINDING_OK, "tls",
		    util_format("each thread has %" PRIu64 " bytes of static "
				"thread-local storage; the library's is "
				"beside it, as it is there from the start",
				p->head.tls), NULL);
}

/* ---- its allocator ---- */

static void tell_sanitizer(const struct program *p, const char *needed)
{
	add(p, FINDING_PROBLEM, "allocator",
	    util_format("%s is built with -fsanitize (%s), whose allocator "
			"it has to have", p->path, needed),
	    util_format("leave libhakmem out, or build the program without"));
}

static void look_at_needed(const struct program *p,
			   const struct elf_file *elf)
{
	const char *name;

	for (size_t i = 0; i < NEEDED_MAX && (name = elf_needed(elf, i));
	     i++) {
		if (strnlen(name, NAME_MAX + 1) > NAME_MAX)
			continue;
		if (strstr(name, "san.so"))
			tell_sanitizer(p, name);
		else if (library_named_allocator(name))
			add(p, FINDING_NOTE, "allocator",
			    util_format("%s is linked with %s; a preloaded "
					"library comes in front of it",
					p->path, name),
			    util_format("nothing, unless it calls functions "
					"that only %s has: then build it "
					"without, such as MALLOC=libc",
					name));
	}
}

static void look_at_symbols(const struct program *p)
{
	struct elf_file elf;
	char *why = elf_open(&elf, p->path);

	if (why) {
		add(p, FINDING_NOTE, "allocator",
		    util_format("whether %s has an allocator of its own is "
				"not known: it %s", p->path, why),
		    util_format("hakmem-stat run -- %s tells whether the "
				"library is loaded", p->command));
		free(why);
		return;
	}
	if (elf_defines(&elf, "malloc"))
		add(p, FINDING_PROBLEM, "allocator",
		    util_format("%s defines malloc itself, and that comes in "
				"front of any library's", p->path),
		    util_format("build it without its own allocator, such as "
				"MALLOC=libc or -Dmalloc=system where it has "
				"that; or without -fsanitize"));
	look_at_needed(p, &elf);
	elf_free(&elf);
}

/* ---- all of it ---- */

static void look_at_file(struct program *p)
{
	int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		unreadable(p->path, strerror(errno));
	look_at_kind(p, fd);
	if (!p->hopeless) {
		look_at_privileges(p, fd, &st);
		look_at_tls(p);
		look_at_symbols(p);
	}
	close(fd);
}

static char *how_to_load(const struct program *p)
{
	char *install = doctor_install(p->library);

	if (install)
		return install;
	if (p->privileged)
		return util_format("hakmem-preload enable, for all programs");
	return util_format("LD_PRELOAD=%s %s, or hakmem-preload enable for "
			   "all programs", p->library, p->command);
}

static void conclude(const struct program *p)
{
	if (p->by_file)
		add(p, FINDING_OK, "loaded",
		    util_format("it would have the library, by "
				PRELOAD_FILE), NULL);
	else if (p->by_variable && !p->privileged)
		add(p, FINDING_OK, "loaded",
		    util_format("it would have the library, by LD_PRELOAD"),
		    NULL);
	else if (!p->by_variable)
		add(p, FINDING_PROBLEM, "loaded",
		    util_format("it would not have the library: nothing asks "
				"for it"),
		    how_to_load(p));
}

static void look_at_options(const struct program *p)
{
	const struct doctor_choices choices = {
		.env = (const char *const *)environ, .path = hk_config_path,
		.secure = p->privileged, .program = p->path,
		.executed = p->executed,
	};

	doctor_options(p->findings, &choices);
}

/* What execve(2) would not take, whatever is in it. */
static void look_at_place(struct program *p)
{
	struct stat st;

	p->executed = loaded_find_program(p->command);
	if (!p->executed)
		util_die(STATUS_UNREADABLE, "doctor: '%s' is not found in "
			 "PATH", p->command);
	if (stat(p->executed, &st))
		unreadable(p->executed, strerror(errno));
	if (!S_ISREG(st.st_mode))
		unreadable(p->executed, "no regular file");
	if (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH))
		return;
	add(p, FINDING_PROBLEM, "program",
	    util_format("%s is not executable", p->executed),
	    util_format("chmod +x %s", p->executed));
}

void doctor_program(struct findings *findings, const char *command,
		    const char *library)
{
	struct program p = { .findings = findings, .library = library,
			     .command = command };

	look_at_place(&p);
	findings->about = util_format("%s%s", root_name, p.executed);
	p.by_file = doctor_preload_file(findings);
	p.by_variable = doctor_preload_variable(findings,
						getenv("LD_PRELOAD"));
	follow(&p);
	if (!p.hopeless)
		look_at_file(&p);
	if (!p.hopeless) {
		conclude(&p);
		look_at_options(&p);
	}
	free(p.executed);
	free(p.path);
}
