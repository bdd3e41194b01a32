/* SPDX-License-Identifier: MIT */
/*
 * root.c - see root.h.
 */
#define _GNU_SOURCE
#include "root.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *root_name = "";

static int proc = -1;

char *root_enter(const char *dir)
{
	size_t len;

	proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!dir)
		return NULL;
	if (chdir(dir))
		return text_format("--root: %s: %s", dir, strerror(errno));
	if (chroot(".") || chdir("/"))
		return text_format("--root: %s: cannot be entered by chroot: "
				   "%s", dir, errno == EPERM ?
				   "run this as root" : strerror(errno));
	for (len = strlen(dir); len && dir[len - 1] == '/'; len--)
		;
	root_name = text_copy(dir, len);
	return NULL;
}

bool root_is_system(void)
{
	return !*root_name;
}

int root_open_proc(const char *path, int flags)
{
	return proc < 0 ? -1 : openat(proc, path, flags | O_CLOEXEC);
}

bool root_has_process(pid_t pid)
{
	char *name = text_format("%ld/root/.", (long)pid);
	struct stat ours, theirs;
	bool same;

	same = proc >= 0 && !stat("/", &ours) &&
		!fstatat(proc, name, &theirs, 0) &&
		ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
	free(name);
	return same;
}
