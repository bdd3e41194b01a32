/* SPDX-License-Identifier: MIT */
/*
 * mapped.c - see mapped.h.
 */
#define _GNU_SOURCE
#include "mapped.h"

#include "root.h"
#include "say.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DELETED		" (deleted)"

static FILE *open_of(pid_t pid, const char *what)
{
	char *name = text_format("%ld/%s", (long)pid, what);
	int fd = root_open_proc(name, O_RDONLY);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");

	free(name);
	if (!in && fd >= 0)
		close(fd);
	return in;
}

/* A line of the maps: "from-to perms offset dev inode   path". */
struct line {
	unsigned int major, minor;
	unsigned long inode;
	char *path;
	bool deleted;
};

static bool read_line(char *text, struct line *line)
{
	char *path = strchr(text, '/');
	size_t len, tail = strlen(DELETED);

	if (!path || sscanf(text, "%*s %*s %*s %x:%x %lu", &line->major,
			    &line->minor, &line->inode) != 3)
		return false;
	len = strcspn(path, "\n");
	path[len] = '\0';
	line->path = path;
	line->deleted = len > tail && !strcmp(path + len - tail, DELETED);
	if (line->deleted)
		path[len - tail] = '\0';
	return true;
}

/* Calls `each` with every line that has a file, until it returns false. */
static bool each_line(pid_t pid, bool (*each)(void *arg, struct line *line),
		      void *arg)
{
	FILE *maps = open_of(pid, "maps");
	struct line line;
	char *text = NULL;
	size_t room = 0;
	bool any = false;

	if (!maps)
		return false;
	while (getline(&text, &room, maps) >= 0) {
		any = true;
		if (read_line(text, &line) && !each(arg, &line))
			break;
	}
	free(text);
	fclose(maps);
	return any;
}

static bool note_any(void *arg, struct line *line)
{
	enum mapped *found = arg;

	if (!strncmp(text_base_name(line->path), "libhakmem.so", 12))
		*found = line->deleted ? MAPPED_OLD : MAPPED_NOW;
	return *found == MAPPED_NONE;
}

enum mapped mapped_any(pid_t pid)
{
	enum mapped found = MAPPED_NONE;

	return each_line(pid, note_any, &found) ? found : MAPPED_UNREADABLE;
}

struct wanted {
	const char *path;
	const struct stat *st;
	bool found;
};

/* Some file systems show other numbers in maps than by stat(2). */
static bool note_file(void *arg, struct line *line)
{
	struct wanted *w = arg;

	w->found = (line->major == major(w->st->st_dev) &&
		    line->minor == minor(w->st->st_dev) &&
		    line->inode == w->st->st_ino) ||
		(!line->deleted && !strcmp(line->path, w->path));
	return !w->found;
}

bool mapped_file(pid_t pid, const char *path, const struct stat *st)
{
	struct wanted wanted = { .path = path, .st = st };

	each_line(pid, note_file, &wanted);
	return wanted.found;
}

char *mapped_name(pid_t pid)
{
	FILE *in = open_of(pid, "comm");
	char *name = NULL;
	size_t room = 0;

	if (!in || getline(&name, &room, in) < 0) {
		free(name);
		name = text_format("?");
	}
	name[strcspn(name, "\n")] = '\0';
	for (char *c = name; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	if (in)
		fclose(in);
	return name;
}

bool mapped_in_unit(pid_t pid, const char *unit)
{
	FILE *in = open_of(pid, "cgroup");
	char *part = text_format("/%s", unit);
	char *text = NULL, *at;
	size_t room = 0;
	bool found = false;

	while (in && !found && getline(&text, &room, in) >= 0) {
		at = strstr(text, part);
		found = at && strchr("/\n", at[strlen(part)]);
	}
	free(text);
	free(part);
	if (in)
		fclose(in);
	return found;
}

bool mapped_each_process(void (*each)(void *arg, pid_t pid), void *arg)
{
	int fd = root_open_proc(".", O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool any = false;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((entry = readdir(dir))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		/* This one has no library, and is in the root for once. */
		if (*end || pid <= 0 || pid == getpid())
			continue;
		any = true;
		if (root_is_system() || root_has_process((pid_t)pid))
			each(arg, (pid_t)pid);
	}
	closedir(dir);
	return any;
}
