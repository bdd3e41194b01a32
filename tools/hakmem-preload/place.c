/* SPDX-License-Identifier: MIT */
/*
 * place.c - see place.h.
 */
#define _GNU_SOURCE
#include "place.h"

#include "root.h"
#include "text.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX	40

/* ---- who may write ---- */

/* What is wrong with what one passes through, or with the file at the end. */
static char *check_mode(const char *path, const struct stat *st)
{
	bool dir = S_ISDIR(st->st_mode);
	mode_t all = dir ? S_IXUSR | S_IXGRP | S_IXOTH :
		S_IRUSR | S_IRGRP | S_IROTH;

	if (st->st_uid != 0)
		return text_format("%s%s belongs to user %u, who could put "
				   "anything there; chown root it", root_name,
				   path, st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return text_format("%s%s may be written by others than root; "
				   "chmod go-w it", root_name, path);
	if ((st->st_mode & all) != all)
		return text_format("%s%s is not for all users to %s: programs "
				   "of others would run without it; chmod "
				   "a+%s it", root_name, path,
				   dir ? "search" : "read", dir ? "rx" : "r");
	return NULL;
}

/* ---- the way ---- */

struct walk {
	char *done;		/* resolved: "" or "/a/b" */
	char *rest;		/* still to go: "c/d" */
	int links;
};

static void set(char **to, char *text)
{
	free(*to);
	*to = text;
}

/* The next part of the way becomes the contents of a link. */
static char *follow(struct walk *w, const char *link, const char *rest)
{
	char target[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof(target) - 1);

	if (len < 0 || ++w->links > LINKS_MAX)
		return text_format("%s%s: %s", root_name, link,
				   len < 0 ? strerror(errno) :
				   "too many symbolic links");
	target[len] = '\0';
	set(&w->rest, text_format("%s/%s", target, rest));
	if (*target == '/')
		set(&w->done, text_copy("", 0));
	return NULL;
}

static void go_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (slash)
		*slash = '\0';
}

/* One step into `name`, with `rest` behind it. */
static char *step(struct walk *w, const char *name, const char *rest)
{
	char *next = text_format("%s/%s", w->done, name);
	struct stat st;
	char *why = NULL;

	if (lstat(next, &st))
		why = text_format("%s%s: %s", root_name, next,
				  strerror(errno));
	else if (S_ISLNK(st.st_mode))
		why = follow(w, next, rest);
	else if (*rest && !S_ISDIR(st.st_mode))
		why = text_format("%s%s is no directory", root_name, next);
	else if (*rest)
		why = check_mode(next, &st);
	if (why || S_ISLNK(st.st_mode)) {
		free(next);
		return why;
	}
	set(&w->rest, text_format("%s", rest));
	set(&w->done, next);
	return NULL;
}

static char *walk(struct walk *w)
{
	struct stat st;
	char *why = stat("/", &st) ? NULL : check_mode("/", &st);

	while (!why) {
		char *name = w->rest + strspn(w->rest, "/");
		char *slash = strchr(name, '/');
		const char *rest = slash ? slash + strspn(slash, "/") : "";

		if (!*name)
			break;
		name = text_copy(name, strcspn(name, "/"));
		if (!strcmp(name, ".."))
			go_up(w);
		if (!strcmp(name, "..") || !strcmp(name, "."))
			set(&w->rest, text_format("%s", rest));
		else
			why = step(w, name, rest);
		free(name);
	}
	return why;
}

char *place_check(const char *path, char **real)
{
	struct walk w = { .done = text_copy("", 0) };
	struct stat st;
	char *why;

	*real = NULL;
	w.rest = text_format("%s", path);
	why = walk(&w);
	free(w.rest);
	if (why || !*w.done) {
		free(w.done);
		return why ? why : text_format("%s/ is no file", root_name);
	}
	*real = w.done;
	if (stat(w.done, &st))
		return text_format("%s%s: %s", root_name, w.done,
				   strerror(errno));
	if (!S_ISREG(st.st_mode))
		return text_format("%s%s is no regular file", root_name,
				   w.done);
	return check_mode(w.done, &st);
}

/* ---- where libraries are ---- */

/* What $LIB stands for, on Debian and its kin, on Fedora's, elsewhere. */
static const char *const lib_names[] = {
	"lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib64", "lib", NULL
};

static char *with_lib(const char *entry, const char *lib)
{
	const char *at = strstr(entry, "$LIB");
	size_t len = 4;

	if (!at) {
		at = strstr(entry, "${LIB}");
		len = 6;
	}
	return at ? text_format("%.*s%s%s", (int)(at - entry), entry, lib,
				at + len) : text_format("%s", entry);
}

/* The first that is there of prefix/LIB/name. */
static char *first_of(const char *pattern)
{
	char *likely = NULL;

	for (const char *const *lib = lib_names; *lib; lib++) {
		char *path = with_lib(pattern, *lib);

		if (!access(path, F_OK)) {
			free(likely);
			return path;
		}
		if (likely)
			free(path);
		else
			likely = path;
	}
	return likely;
}

char *place_of_entry(const char *entry)
{
	char *pattern, *path, *in_root;

	if (strchr(entry, '/'))
		return first_of(entry);
	pattern = text_format("/usr/$LIB/%s", entry);
	path = first_of(pattern);
	free(pattern);
	if (!access(path, F_OK))
		return path;
	pattern = text_format("/$LIB/%s", entry);
	in_root = first_of(pattern);
	free(pattern);
	free(path);
	return in_root;
}

char *place_find_library(const char *name, const struct elf_file *like,
			 struct elf_file *elf, bool *other)
{
	static const char *const above[] = { "/", "/usr/" };

	*other = false;
	for (size_t i = 0; i < 2 * (sizeof(lib_names) / sizeof(*lib_names) -
				    1); i++) {
		char *path = text_format("%s%s/%s", above[i % 2],
					 lib_names[i / 2], name);
		char *why = elf_open(elf, path);

		if (!why && elf->header->e_machine ==
		    like->header->e_machine)
			return path;
		if (!why) {
			*other = true;
			elf_free(elf);
		}
		free(why);
		free(path);
	}
	return NULL;
}
