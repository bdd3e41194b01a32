/* SPDX-License-Identifier: MIT */
/*
 * file.c - see file.h.
 */
#define _GNU_SOURCE
#include "file.h"

#include "library.h"
#include "place.h"
#include "root.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No list of libraries comes near it. */
#define SIZE_MOST	((off_t)1 << 20)

static char *wrong_kind(const struct stat *st)
{
	char target[PATH_MAX];
	ssize_t len;

	if (S_ISDIR(st->st_mode))
		return text_format("%s" PRELOAD_FILE " is a directory, which "
				   "the loader does not read; remove it",
				   root_name);
	if (!S_ISLNK(st->st_mode))
		return text_format("%s" PRELOAD_FILE " is no regular file; "
				   "remove it", root_name);
	len = readlink(PRELOAD_FILE, target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = '\0';
	return text_format("%s" PRELOAD_FILE " is a symbolic link to %s, "
			   "which is not followed; put a regular file in its "
			   "place, or edit what it leads to by hand",
			   root_name, target);
}

static char *cannot(const char *what, int error)
{
	return text_format("%s" PRELOAD_FILE ": cannot be %s: %s", root_name,
			   what, error == EACCES ? "permission denied" :
			   strerror(error));
}

static char *read_text(struct preload_file *file, int fd)
{
	char *text;
	off_t len = 0;
	ssize_t n = 1;

	if (file->st.st_size > SIZE_MOST)
		return text_format("%s" PRELOAD_FILE " has %lld bytes, which "
				   "no list of libraries has; look into it, "
				   "and empty it by ': > " PRELOAD_FILE "'",
				   root_name, (long long)file->st.st_size);
	text = text_room((size_t)SIZE_MOST);
	while (n > 0 && len < SIZE_MOST) {
		n = read(fd, text + len, (size_t)(SIZE_MOST - len));
		if (n > 0)
			len += n;
	}
	if (n >= 0)
		list_read(&file->list, text, (size_t)len);
	free(text);
	return n < 0 ? cannot("read", errno) : NULL;
}

static char *read_it(struct preload_file *file, bool follow)
{
	int fd = open(PRELOAD_FILE, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
		      O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
	char *why = NULL;

	if (fd < 0)
		return cannot("read", errno);
	if (fstat(fd, &file->st))
		why = cannot("read", errno);
	else if (!S_ISREG(file->st.st_mode))
		why = wrong_kind(&file->st);
	else
		why = read_text(file, fd);
	close(fd);
	return why;
}

char *file_read(struct preload_file *file, bool follow)
{
	char *why;

	memset(file, 0, sizeof(*file));
	if (follow ? stat(PRELOAD_FILE, &file->st) :
	    lstat(PRELOAD_FILE, &file->st)) {
		list_read(&file->list, "", 0);
		return errno == ENOENT ? NULL : cannot("looked at", errno);
	}
	file->exists = true;
	why = S_ISREG(file->st.st_mode) ? read_it(file, follow) :
		wrong_kind(&file->st);
	if (why && !file->list.text)
		list_read(&file->list, "", 0);
	return why;
}

void file_free(struct preload_file *file)
{
	list_free(&file->list);
}

char *file_mode_trouble(const struct preload_file *file)
{
	const struct stat *st = &file->st;
	const mode_t all = S_IRUSR | S_IRGRP | S_IROTH;

	if (!file->exists)
		return NULL;
	if (st->st_uid != 0)
		return text_format("%s" PRELOAD_FILE " belongs to user %u, "
				   "who can have anything loaded into any "
				   "program; chown root it", root_name,
				   st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return text_format("%s" PRELOAD_FILE " may be written by "
				   "others than root, who can have anything "
				   "loaded into any program; chmod go-w it",
				   root_name);
	if ((st->st_mode & all) != all)
		return text_format("%s" PRELOAD_FILE " is not for all users "
				   "to read: programs of others run without "
				   "what is in it; chmod 644 it", root_name);
	return NULL;
}

char *file_other_allocator(const struct preload_file *file)
{
	for (size_t i = 0; i < file->list.count; i++) {
		char *entry, *path;
		bool found;

		if (list_is_ours(&file->list, i))
			continue;
		entry = list_entry(&file->list, i);
		path = place_of_entry(entry);
		found = library_is_allocator(path);
		free(path);
		if (found)
			return entry;
		free(entry);
	}
	return NULL;
}
