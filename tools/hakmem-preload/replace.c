/* SPDX-License-Identifier: MIT */
/*
 * replace.c - see replace.h.
 */
#define _GNU_SOURCE
#include "replace.h"

#include "root.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FRESH	".hakmem-new"
#define OLD	".hakmem-old"

static int failed(const char *path, const char *what)
{
	return say_error(STATUS_SYSTEM, "%s%s: cannot be %s: %s", root_name,
			 path, what, say_errno(errno));
}

/* What was done to the names in it is on the disk; false: it is not. */
static bool sync_directory(const char *path)
{
	char *dir = text_copy(path, (size_t)(text_base_name(path) - path));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done;

	free(dir);
	if (fd < 0)
		return false;
	/* Some file systems keep directories without being asked. */
	done = !fsync(fd) || errno == EINVAL;
	close(fd);
	return done;
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

/* The label by which SELinux decides who may read the file. */
static void copy_label(const char *from, int to)
{
	static const char name[] = "security.selinux";
	char label[256];
	ssize_t len = lgetxattr(from, name, label, sizeof(label));

	if (len > 0)
		(void)fsetxattr(to, name, label, (size_t)len, 0);
}

static bool write_fresh(const struct replace *r, const char *text, size_t len,
			mode_t mode)
{
	int fd = open(r->fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		      O_CLOEXEC, 0600);
	bool done;
	int error;

	if (fd < 0)
		return false;
	if (r->existed)
		copy_label(r->path, fd);
	done = write_all(fd, text, len) && !fchmod(fd, mode) && !fsync(fd);
	error = errno;
	if (close(fd) && done) {
		done = false;
		error = errno;
	}
	errno = error;
	return done;
}

int replace_prepare(struct replace *r, const char *path,
		    const struct stat *before, const char *text, size_t len,
		    mode_t mode)
{
	int status = STATUS_FINE;

	r->path = text_format("%s", path);
	r->fresh = text_format("%s" FRESH, path);
	r->old = text_format("%s" OLD, path);
	r->existed = before != NULL;
	if (before)
		r->before = *before;
	r->removes = !text;
	if (!r->removes && !write_fresh(r, text, len, mode)) {
		status = failed(r->fresh, "written");
		replace_finish(r);
	}
	return status;
}

/* Nobody has changed the file since it was read. */
static bool is_as_before(const struct replace *r)
{
	struct stat now;

	if (lstat(r->path, &now))
		return errno == ENOENT && !r->existed;
	return r->existed && now.st_dev == r->before.st_dev &&
		now.st_ino == r->before.st_ino &&
		now.st_size == r->before.st_size &&
		now.st_mtim.tv_sec == r->before.st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == r->before.st_mtim.tv_nsec;
}

int replace_commit(struct replace *r)
{
	if (!is_as_before(r))
		return say_error(STATUS_SYSTEM, "%s%s: another program has "
				 "changed it just now; nothing was done, run "
				 "this again", root_name, r->path);
	if (r->existed && link(r->path, r->old))
		return failed(r->path, "kept under another name");
	if (r->removes ? unlink(r->path) : rename(r->fresh, r->path))
		return failed(r->path, r->removes ? "removed" : "replaced");
	if (sync_directory(r->path))
		return STATUS_FINE;
	/* In force it is; after a crash of the machine it may be the old. */
	say_note("%s%s: it may not be on the disk yet: %s", root_name,
		 r->path, say_errno(errno));
	return STATUS_FINE;
}

int replace_undo(struct replace *r)
{
	if (r->existed ? rename(r->old, r->path) : unlink(r->path))
		return say_error(STATUS_STUCK, "%s%s: cannot be put back: %s",
				 root_name, r->path, say_errno(errno));
	sync_directory(r->path);
	return STATUS_FINE;
}

void replace_finish(struct replace *r)
{
	unlink(r->fresh);
	unlink(r->old);
	free(r->path);
	free(r->fresh);
	free(r->old);
	memset(r, 0, sizeof(*r));
}

int replace_now(const char *path, const struct stat *before,
		const char *text, size_t len, mode_t mode)
{
	struct replace r;
	int status = replace_prepare(&r, path, before, text, len, mode);

	if (status == STATUS_FINE) {
		status = replace_commit(&r);
		replace_finish(&r);
	}
	return status;
}

void replace_clean(const char *path)
{
	char *fresh = text_format("%s" FRESH, path);
	char *old = text_format("%s" OLD, path);

	unlink(fresh);
	unlink(old);
	free(fresh);
	free(old);
}
