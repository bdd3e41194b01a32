/* SPDX-License-Identifier: MIT */
/*
 * library.c - see library.h.
 *
 * What the dynamic loader would say, or not live to say, in every program at
 * once is asked here of the file, which is read and not mapped.
 */
#define _GNU_SOURCE
#include "library.h"

#include "elf_file.h"
#include "place.h"
#include "root.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define LIBC		"libc.so.6"

/* ---- the name ---- */

char *library_check_name(const char *entry)
{
	const char *base = text_base_name(entry);
	const char *dollar = strchr(entry, '$');

	if (*entry != '/')
		return text_format("'%s' is no full path, which programs with "
				   "privileges insist on", entry);
	if (entry[strcspn(entry, " \t\r\n:#")])
		return text_format("'%s' has a blank, a colon or a '#', which "
				   "/etc/ld.so.preload cannot hold", entry);
	if (dollar && strncmp(dollar, "$LIB/", 5) != 0 &&
	    strncmp(dollar, "${LIB}/", 7) != 0)
		return text_format("'%s' has a '$' that is not that of $LIB",
				   entry);
	if (dollar && strchr(dollar + 1, '$'))
		return text_format("'%s' has more than one '$'", entry);
	if (strncmp(base, "libhakmem.so", strlen("libhakmem.so")) != 0)
		return text_format("'%s' is not named libhakmem.so*, by which "
				   "'disable' would find it", entry);
	return NULL;
}

/* ---- what it needs ---- */

struct needs {
	const struct elf_file *libc;
	const char *libc_path;
	char *why;
};

static bool check_version(void *arg, const char *object, const char *version)
{
	struct needs *needs = arg;

	if (strcmp(object, LIBC) != 0 ||
	    elf_has_version(needs->libc, version))
		return true;
	needs->why = text_format("needs %s, which the C library of this "
				 "system, %s%s, does not have; use one that "
				 "was built for this system or an older one",
				 version, root_name, needs->libc_path);
	return false;
}

static char *check_undefined(const struct elf_file *elf,
			     const struct elf_file *libc,
			     const struct elf_file *loader)
{
	const char *name;
	size_t i = 0;

	while ((name = elf_undefined(elf, &i)))
		if (!elf_defines(libc, name) &&
		    !(loader && elf_defines(loader, name)))
			return text_format("needs the symbol %s, which the C "
					   "library does not have", name);
	return NULL;
}

/* Beside libc.so.6 the loader itself, which is in every process. */
static char *check_objects(const struct elf_file *elf)
{
	const char *name;

	for (size_t i = 0; (name = elf_needed(elf, i)); i++)
		if (strcmp(name, LIBC) != 0 &&
		    strncmp(name, "ld-linux-", 9) != 0)
			return text_format("needs %s: a library for every "
					   "program may need nothing but the "
					   "C library", name);
	return NULL;
}

static char *check_against(const struct elf_file *elf,
			   const struct elf_file *libc, const char *libc_path)
{
	struct needs needs = { .libc = libc, .libc_path = libc_path };
	struct elf_file loader;
	char *why, *path;
	bool other;

	elf_each_version(elf, check_version, &needs);
	if (needs.why)
		return needs.why;
	path = place_find_library(elf->header->e_machine == EM_X86_64 ?
				  "ld-linux-x86-64.so.2" :
				  "ld-linux-aarch64.so.1", elf, &loader,
				  &other);
	why = check_undefined(elf, libc, path ? &loader : NULL);
	if (path)
		elf_free(&loader);
	free(path);
	return why;
}

static char *check_libc(const struct elf_file *elf)
{
	struct elf_file libc;
	bool other;
	char *path = place_find_library(LIBC, elf, &libc, &other);
	char *why;

	if (!path && other)
		return text_format("is for %s, which this system is not",
				   elf_machine(elf));
	if (!path)
		return text_format("is for glibc, and no %s was found under "
				   "%s/", LIBC, root_name);
	why = check_against(elf, &libc, path);
	elf_free(&libc);
	free(path);
	return why;
}

/* ---- what it is ---- */

static char *check_calls(const struct elf_file *elf)
{
	static const char *const calls[] = {
		"malloc", "free", "calloc", "realloc", NULL
	};

	for (const char *const *call = calls; *call; call++) {
		if (elf_defines_plain(elf, *call))
			continue;
		if (elf_defines(elf, *call))
			return text_format("has %s() in a version of its own, "
					   "which no program would call",
					   *call);
		return text_format("does not define %s()", *call);
	}
	if (!elf_defines(elf, "hakmem_version"))
		return text_format("is not libhakmem: it does not define "
				   "hakmem_version()");
	return NULL;
}

static char *check_object(const struct elf_file *elf)
{
	char *why;

	if (elf->header->e_type != ET_DYN || elf_interpreter(elf) ||
	    !elf->dynamics)
		return text_format("is a program, not a library");
	if (!elf->symbol_count)
		return text_format("has no symbols");
	why = check_objects(elf);
	if (!why)
		why = check_libc(elf);
	if (!why)
		why = check_calls(elf);
	return why;
}

/* Puts the file's name before what is wrong with it. */
static char *about(const char *path, char *why)
{
	char *all = why ? text_format("%s%s %s", root_name, path, why) : NULL;

	free(why);
	return all;
}

char *library_check(struct library *library, const char *entry)
{
	struct elf_file elf;
	char *why;

	memset(library, 0, sizeof(*library));
	library->entry = text_format("%s", entry);
	library->path = place_of_entry(entry);
	why = place_check(library->path, &library->real);
	if (why)
		return why;
	if (stat(library->real, &library->st))
		return about(library->path, text_format("is gone"));
	why = elf_open(&elf, library->real);
	if (why)
		return about(library->path, why);
	why = check_object(&elf);
	elf_free(&elf);
	return about(library->path, why);
}

void library_free(struct library *library)
{
	free(library->entry);
	free(library->path);
	free(library->real);
	memset(library, 0, sizeof(*library));
}

bool library_named_allocator(const char *path)
{
	static const char *const known[] = {
		"libmimalloc", "libjemalloc", "libtcmalloc", "libsnmalloc",
		"librpmalloc", "libscudo", "libhardened_malloc", NULL
	};
	const char *base = text_base_name(path);

	for (const char *const *name = known; *name; name++)
		if (!strncmp(base, *name, strlen(*name)))
			return true;
	return false;
}

bool library_is_allocator(const char *path)
{
	struct elf_file elf;
	char *why = elf_open(&elf, path);
	bool found;

	if (why) {
		free(why);
		return library_named_allocator(path);
	}
	found = elf_defines(&elf, "malloc");
	elf_free(&elf);
	return found;
}
