/* SPDX-License-Identifier: MIT */
/*
 * shm.c - see shm.h.
 *
 * /dev/shm is everybody's: the directory may be one that somebody else has
 * put there.  So it is opened, then looked at, and names are looked up from
 * what was looked at; no link is followed.
 */
#define _GNU_SOURCE
#include "os/shm.h"

#include "os/os.h"
#include "os/os_call.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* A file that is longer than this is a signal for the process. */
static size_t longest_file(void)
{
	struct rlimit limit;

	if (failed(sys6(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit, 0,
			0)))
		return SIZE_MAX;
	return limit.rlim_cur;
}

static int check_directory(long fd)
{
	struct statfs fs;
	struct stat st;
	long ret = sys3(SYS_fstat, fd, (long)&st, 0);

	if (!failed(ret))
		ret = sys3(SYS_fstatfs, fd, (long)&fs, 0);
	if (failed(ret))
		return (int)ret;
	if (st.st_uid != (uid_t)sys3(SYS_geteuid, 0, 0, 0) ||
	    st.st_mode & (S_IRWXG | S_IRWXO))
		return -EPERM;
	return fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC ? 0 :
		-ENODEV;
}

/* Its descriptor, or a negative errno value. */
static long open_directory(const char *directory)
{
	long fd = sys6(SYS_openat, AT_FDCWD, (long)directory,
		       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, 0,
		       0);
	int err;

	if (failed(fd))
		return fd;
	err = check_directory(fd);
	if (!err)
		return fd;
	sys3(SYS_close, fd, 0, 0);
	return err;
}

static long create(long directory, const char *name)
{
	return sys6(SYS_openat, directory, (long)name,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600,
		    0, 0);
}

static int map(long fd, size_t len, size_t ready, void **out)
{
	long ret = sys3(SYS_ftruncate, fd, (long)len, 0);

	if (!failed(ret))
		ret = sys6(SYS_fallocate, fd, 0, 0, (long)ready, 0, 0);
	if (!failed(ret))
		ret = sys6(SYS_mmap, 0, (long)len, PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);
	if (failed(ret))
		return (int)ret;
	*out = (void *)ret;
	return 0;
}

/* One that is left over has the number of a process that is no more. */
static int make(long directory, const char *name, size_t len, size_t ready,
		void **out)
{
	long fd = create(directory, name);
	int err;

	if (fd == -EEXIST) {
		sys3(SYS_unlinkat, directory, (long)name, 0);
		fd = create(directory, name);
	}
	if (failed(fd))
		return (int)fd;
	err = map(fd, len, ready, out);
	if (err)
		sys3(SYS_unlinkat, directory, (long)name, 0);
	sys3(SYS_close, fd, 0, 0);
	return err;
}

/* Its directory's descriptor, or a negative errno value. */
static long open_for(const char *directory, size_t len)
{
	if (longest_file() < len)
		return -EFBIG;
	/* That it is there already is as well. */
	sys3(SYS_mkdirat, AT_FDCWD, (long)directory, 0700);
	return open_directory(directory);
}

int hk_shm_check(const char *directory, size_t len)
{
	long fd = open_for(directory, len);

	if (failed(fd))
		return (int)fd;
	sys3(SYS_close, fd, 0, 0);
	return 0;
}

int hk_shm_make(const char *directory, const char *name, size_t len,
		size_t ready, void **out)
{
	long fd = open_for(directory, len);
	int err;

	if (failed(fd))
		return (int)fd;
	err = make(fd, name, len, ready, out);
	sys3(SYS_close, fd, 0, 0);
	return err;
}

void hk_shm_remove(const char *directory, const char *name)
{
	long fd = open_directory(directory);

	if (failed(fd))
		return;
	sys3(SYS_unlinkat, fd, (long)name, 0);
	sys3(SYS_close, fd, 0, 0);
}
