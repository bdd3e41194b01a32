/* SPDX-License-Identifier: MIT */
/*
 * doctor_files.c - what has the library loaded: its file, and the two lists
 * of what is preloaded.  Files are looked at by what hakmem-preload has.
 */
#define _GNU_SOURCE
#include "doctor/doctor.h"

#include "common/util.h"

#include "elf_file.h"
#include "file.h"
#include "library.h"
#include "list.h"
#include "place.h"
#include "root.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE	"LD_PRELOAD"

void doctor_library(struct findings *findings, const char *path)
{
	struct library library;
	char *why = library_check(&library, path);

	if (!why)
		findings_add(findings, FINDING_OK, "library",
			     util_format("%s%s is whole, for this machine, "
					 "and may be loaded by all programs",
					 root_name, library.real), NULL);
	else if (access(path, F_OK))
		findings_add(findings, FINDING_PROBLEM, "library",
			     util_format("the library is not installed: %s",
					 why),
			     util_format("install the package libhakmem1 "
					 "(Debian) or hakmem-libs (Fedora), "
					 "or name another one by --lib=PATH"));
	else
		findings_split(findings, FINDING_PROBLEM, "library",
			       util_format("%s", why),
			       "install the library anew");
	free(why);
	library_free(&library);
}

char *doctor_install(const char *library)
{
	return access(library, R_OK) == 0 ? NULL :
		util_format("install the library first: %s is not there; or "
			    "name it by --lib", library);
}

bool doctor_list_has(const char *text)
{
	struct list list;
	bool has;

	list_read(&list, text, strlen(text));
	has = list_ours(&list);
	list_free(&list);
	return has;
}

/* ---- one entry ---- */

/* One of the two lists. */
struct preload {
	struct findings *findings;
	const char *check;	/* "preload_file", "preload_variable" */
	const char *name;	/* of the file, or of the variable */
	const struct list *list;
	bool for_all;		/* programs: it is the file */
};

static void add(const struct preload *in, enum finding_severity severity,
		char *found, char *remedy)
{
	findings_add(in->findings, severity, in->check, found, remedy);
}

/* A file that may be loaded by one user's programs need not be root's. */
static char *check_of_variable(const char *entry)
{
	char *path = place_of_entry(entry);
	struct elf_file elf;
	char *why = elf_open(&elf, path);
	char *all = why ? util_format("%s %s", path, why) : NULL;

	if (!why)
		elf_free(&elf);
	free(why);
	free(path);
	return all;
}

static char *check_of_file(const char *entry)
{
	struct library library = { .entry = NULL };
	char *why = library_check_name(entry);

	if (!why)
		why = library_check(&library, entry);
	library_free(&library);
	return why;
}

static void look_at_ours(const struct preload *in, const char *entry)
{
	char *why = in->for_all ? check_of_file(entry) :
		check_of_variable(entry);
	char *otherwise;

	if (!why) {
		add(in, FINDING_OK, util_format("%s has the library: %s",
						in->name, entry), NULL);
		return;
	}
	otherwise = in->for_all ?
		util_format("hakmem-preload enable, once the library is "
			    "installed, or hakmem-preload disable") :
		util_format("set %s to the path of the library as it is "
			    "installed", in->name);
	findings_split(in->findings, FINDING_PROBLEM, in->check,
		       util_format("%s: %s", in->name, why), otherwise);
	free(otherwise);
	free(why);
}

static void other_allocator(const struct preload *in, const char *entry,
			    bool before, bool ours)
{
	if (!ours)
		add(in, FINDING_NOTE,
		    util_format("%s has another allocator, %s, and not the "
				"library", in->name, entry),
		    util_format("where libhakmem is wanted, take it out of "
				"%s and put the library there", in->name));
	else if (before)
		add(in, FINDING_PROBLEM,
		    util_format("%s has another allocator, %s, in front of "
				"the library: that one serves", in->name,
				entry),
		    util_format("take %s out of %s", entry, in->name));
	else
		add(in, FINDING_NOTE,
		    util_format("%s has another allocator, %s, behind the "
				"library: it is loaded for nothing",
				in->name, entry),
		    util_format("take %s out of %s", entry, in->name));
}

static void look_at_other(const struct preload *in, const char *entry,
			  bool before, bool ours)
{
	char *path = place_of_entry(entry);
	struct elf_file elf;
	char *why = elf_open(&elf, path);

	if (why) {
		add(in, FINDING_PROBLEM,
		    util_format("%s has %s, and %s%s %s", in->name, entry,
				root_name, path, why),
		    util_format("take %s out of %s: each program tells an "
				"error", entry, in->name));
	} else if (elf_defines(&elf, "malloc")) {
		other_allocator(in, entry, before, ours);
	} else {
		add(in, FINDING_NOTE,
		    util_format("%s has another library, %s", in->name,
				entry),
		    util_format("nothing, where it is meant; where programs "
				"fail, try them without it"));
	}
	if (!why)
		elf_free(&elf);
	free(why);
	free(path);
}

static void look_at_entries(const struct preload *in)
{
	size_t ours = list_ours(in->list);
	bool before = true;

	for (size_t i = 0; i < in->list->count; i++) {
		char *entry = list_entry(in->list, i);

		if (list_is_ours(in->list, i)) {
			look_at_ours(in, entry);
			before = false;
		} else {
			look_at_other(in, entry, before, ours);
		}
		free(entry);
	}
	if (ours > 1)
		add(in, FINDING_PROBLEM,
		    util_format("%s has the library %zu times", in->name,
				ours),
		    util_format(in->for_all ?
				"hakmem-preload enable, which leaves one" :
				"leave one of them"));
}

/* ---- the lists ---- */

/* Programs of 32 bits load what is in it as well. */
static void note_small_programs(const struct preload *in)
{
	if (!access("/lib/ld-linux.so.2", F_OK))
		add(in, FINDING_NOTE,
		    util_format("32-bit programs tell an error, and run "
				"without the library"),
		    util_format("where that disturbs, enable it by service: "
				"hakmem-preload enable --service NAME"));
}

static void look_at_file(const struct preload *in, struct preload_file *file)
{
	char *why = file_mode_trouble(file);

	if (why)
		findings_split(in->findings, FINDING_PROBLEM, in->check, why,
			       "hakmem-preload enable");
	look_at_entries(in);
	if (list_ours(in->list))
		note_small_programs(in);
	else
		add(in, FINDING_NOTE,
		    util_format("%s: the library is not enabled for the "
				"machine", in->name),
		    util_format("hakmem-preload enable, or for one service "
				"hakmem-preload enable --service NAME"));
}

bool doctor_preload_file(struct findings *findings)
{
	struct preload_file file;
	char *why = file_read(&file, true);
	char *name = util_format("%s%s", root_name, PRELOAD_FILE);
	struct preload in = { findings, "preload_file", name, &file.list,
			      true };
	bool ours = list_ours(&file.list);

	if (why)
		findings_split(findings, FINDING_PROBLEM, in.check, why,
			       "look at it as root");
	else
		look_at_file(&in, &file);
	free(name);
	file_free(&file);
	return ours;
}

bool doctor_preload_variable(struct findings *findings, const char *value)
{
	struct preload in = { .findings = findings,
			      .check = "preload_variable",
			      .name = VARIABLE };
	struct list list;
	bool ours;

	if (!value || !*value) {
		add(&in, FINDING_OK, util_format("%s is not set", VARIABLE),
		    NULL);
		return false;
	}
	list_read(&list, value, strlen(value));
	in.list = &list;
	look_at_entries(&in);
	ours = list_ours(&list);
	list_free(&list);
	return ours;
}
