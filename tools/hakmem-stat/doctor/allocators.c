/* SPDX-License-Identifier: MIT */
/*
 * doctor_allocators.c - which allocator serves a running process: of the
 * program and its libraries, in the loader's order, the first that defines
 * malloc.
 */
#define _GNU_SOURCE
#include "doctor/doctor.h"

#include "common/util.h"
#include "process/linkmap.h"

#include <stdlib.h>
#include <string.h>

#define PROGRAM	"the program itself"

struct served {
	bool any;		/* the list could be read */
	char *first;		/* what serves it, other than the C library */
	bool ours_first;
	char *behind;		/* another allocator that does not, or NULL */
	bool sanitizer;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The C library has a malloc in any case. */
static bool is_system(const char *name)
{
	const char *base = base_name(name);

	return !strncmp(base, "libc.so.", 8) || !strncmp(base, "libc-2.", 7) ||
		!strncmp(base, "ld-linux", 8) || !strncmp(base, "ld-2.", 5);
}

/* libasan.so, libtsan.so, liblsan.so, libclang_rt.asan-x86_64.so, ... */
static bool is_sanitizer(const char *name)
{
	return strstr(base_name(name), "san.so") ||
		!strncmp(base_name(name), "libclang_rt.", 12);
}

static bool take(void *arg, const struct linkmap_object *object)
{
	struct served *served = arg;
	const char *name = *object->name ? object->name : PROGRAM;

	served->any = true;
	if (!object->has_malloc || is_system(object->name))
		return true;
	if (is_sanitizer(object->name))
		served->sanitizer = true;
	if (!served->first) {
		served->first = util_format("%s", name);
		served->ours_first = object->is_ours;
	} else if (!served->behind && !object->is_ours) {
		served->behind = util_format("%s", name);
	}
	return true;
}

static char *remedy_for(const struct served *served)
{
	if (served->sanitizer)
		return util_format("leave libhakmem out: a program built with "
				   "-fsanitize has to have its own");
	if (!strcmp(served->first, PROGRAM))
		return util_format("build the program without its own "
				   "allocator, such as MALLOC=libc or "
				   "-Dmalloc=system where it has that");
	return util_format("take %s out of LD_PRELOAD or /etc/ld.so.preload, "
			   "or out of what the program is linked with, and "
			   "restart it", base_name(served->first));
}

/* It is not in front of ours, which is not there. */
static char *remedy_without(const struct served *served)
{
	if (served->sanitizer || !strcmp(served->first, PROGRAM))
		return remedy_for(served);
	return util_format("nothing where the program is linked with it, as "
			   "a preloaded libhakmem comes in front; where it is "
			   "preloaded itself, take %s out there",
			   base_name(served->first));
}

static void tell(struct findings *findings, const struct served *served,
		 bool loaded)
{
	if (served->ours_first)
		findings_add(findings, FINDING_OK, "allocator",
			     util_format("malloc is that of %s",
					 served->first), NULL);
	else if (served->first && loaded)
		findings_add(findings, FINDING_PROBLEM, "allocator",
			     util_format("malloc is that of %s, which comes in "
					 "front of libhakmem", served->first),
			     remedy_for(served));
	else if (served->first)
		findings_add(findings, FINDING_NOTE, "allocator",
			     util_format("malloc is that of %s",
					 served->first),
			     remedy_without(served));
	else if (!loaded)
		findings_add(findings, FINDING_OK, "allocator",
			     util_format("malloc is that of the C library"),
			     NULL);
	if (served->ours_first && served->behind)
		findings_add(findings, FINDING_NOTE, "allocator",
			     util_format("%s defines malloc, too, and comes "
					 "behind libhakmem", served->behind),
			     util_format("nothing, unless the program calls "
					 "functions that only %s has",
					 base_name(served->behind)));
}

void doctor_allocators(struct findings *findings, pid_t pid, bool loaded)
{
	struct served served = { 0 };

	if (linkmap_each(pid, take, &served) && served.any)
		tell(findings, &served, loaded);
	free(served.first);
	free(served.behind);
}
