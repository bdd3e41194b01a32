/* SPDX-License-Identifier: MIT */
/*
 * textfile.c - see textfile.h.
 *
 * The text goes into a file without a name, which is gone if we are killed,
 * and gets one when it is on the disk: a hidden one first, as link() replaces
 * nothing, and rename() wants a name to start from.  File systems that have
 * no such files, NFS for one, see the hidden name from the start; it is
 * removed where the file does not come to its end, and signals that can wait
 * do so.  Its directory may be one that others write to, so nothing that was
 * there before is opened.
 */
#define _GNU_SOURCE
#include "common/textfile.h"

#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct temporary {
	int directory;
	int fd;
	char *name;
	bool has_name;		/* it is in the directory */
};

/* Hidden, and with an end that no collector looks for. */
static char *hidden_name(const char *name)
{
	uint64_t number = (uint64_t)getpid();

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		errno = 0;
	return util_format(".%.200s.%016" PRIx64, name, number);
}

static int temporary_open(struct temporary *file)
{
	file->fd = openat(file->directory, ".",
			  O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (file->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
		return -errno;
	file->fd = openat(file->directory, file->name,
			  O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return -errno;
	file->has_name = true;
	return 0;
}

static int write_all(int fd, const void *bytes, size_t len)
{
	const char *text = bytes;

	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Mode whatever the umask; on the disk, or a crash leaves an empty file. */
static int temporary_fill(const struct temporary *file, mode_t mode,
			  const void *bytes, size_t len)
{
	int status = write_all(file->fd, bytes, len);

	if (!status && (fchmod(file->fd, mode) || fsync(file->fd)))
		status = -errno;
	return status;
}

static int temporary_name(struct temporary *file)
{
	char *path;
	int status;

	if (file->has_name)
		return 0;
	path = util_format("/proc/self/fd/%d", file->fd);
	status = linkat(AT_FDCWD, path, file->directory, file->name,
			AT_SYMLINK_FOLLOW) ? -errno : 0;
	free(path);
	file->has_name = !status;
	return status;
}

static int temporary_rename(struct temporary *file, const char *name)
{
	if (renameat(file->directory, file->name, file->directory, name))
		return -errno;
	file->has_name = false;
	return 0;
}

/* Some disks tell only when it is closed that they are full. */
static int temporary_close(struct temporary *file)
{
	int status = close(file->fd) ? -errno : 0;

	file->fd = -1;
	return status;
}

static int write_in(int directory, const char *name, mode_t mode,
		    const void *bytes, size_t len)
{
	struct temporary file = { .directory = directory };
	int status;

	file.name = hidden_name(name);
	status = temporary_open(&file);
	if (!status)
		status = temporary_fill(&file, mode, bytes, len);
	if (!status)
		status = temporary_name(&file);
	if (!status)
		status = temporary_close(&file);
	if (!status)
		status = temporary_rename(&file, name);
	if (file.has_name)
		unlinkat(directory, file.name, 0);
	if (file.fd >= 0)
		close(file.fd);
	free(file.name);
	return status;
}

int textfile_write(const char *directory, const char *name, mode_t mode,
		   const void *bytes, size_t len)
{
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	sigset_t waiting, before;
	int status;

	if (fd < 0)
		return -errno;
	sigemptyset(&waiting);
	sigaddset(&waiting, SIGHUP);
	sigaddset(&waiting, SIGINT);
	sigaddset(&waiting, SIGQUIT);
	sigaddset(&waiting, SIGTERM);
	sigprocmask(SIG_BLOCK, &waiting, &before);
	status = write_in(fd, name, mode, bytes, len);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fd);
	return status;
}

/* ---- a path ---- */

static int write_through(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int status;

	if (fd < 0)
		return -errno;
	status = write_all(fd, bytes, len);
	if (close(fd) && !status)
		status = -errno;
	return status;
}

/* The umask cannot be asked for without being set. */
static mode_t new_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static int save(const char *path, mode_t mode, const void *bytes, size_t len)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *directory = slash ? util_copy(path, (size_t)(slash - path) + 1) :
		util_copy(".", 1);
	int status = *name ? textfile_write(directory, name, mode, bytes,
					    len) : -EISDIR;

	free(directory);
	return status;
}

int textfile_save(const char *path, const void *bytes, size_t len)
{
	char *real = realpath(path, NULL);
	struct stat status;
	int result;

	if (real && !stat(real, &status) && S_ISDIR(status.st_mode))
		result = -EISDIR;
	else if (!stat(path, &status) && !S_ISREG(status.st_mode))
		result = write_through(path, bytes, len);
	else
		/* One that is there keeps who may read it. */
		result = save(real ? real : path, real ?
			      status.st_mode & 0777 : new_mode(), bytes, len);
	free(real);
	return result;
}
