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
	return fs.f_type == TMPFS_MAGIC ? 0 : -ENODEV;
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

/* ---- making ---- */

/* Whatever the program's umask is.  That it is there already is as well. */
static void make_directory(const char *directory)
{
	if (!sys3(SYS_mkdirat, AT_FDCWD, (long)directory, 0700))
		sys3(SYS_fchmodat, AT_FDCWD, (long)directory, 0700);
}

static long create(long directory, const char *name)
{
	long fd = sys6(SYS_openat, directory, (long)name,
		       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0600, 0, 0);

	if (!failed(fd))
		sys3(SYS_fchmod, fd, 0600, 0);
	return fd;
}

static int map(long fd, size_t len, void **out)
{
	long ret = sys3(SYS_ftruncate, fd, (long)len, 0);

	if (!failed(ret))
		ret = sys6(SYS_mmap, 0, (long)len, PROT_NONE, MAP_SHARED, fd,
			   0);
	if (failed(ret))
		return (int)ret;
	*out = (void *)ret;
	return 0;
}

/* One that is left over has the number of a process that is no more. */
static int make(long directory, const char *name, size_t len, void **out)
{
	long fd = create(directory, name);
	int err;

	if (fd == -EEXIST) {
		sys3(SYS_unlinkat, directory, (long)name, 0);
		fd = create(directory, name);
	}
	if (failed(fd))
		return (int)fd;
	err = map(fd, len, out);
	if (err)
		sys3(SYS_unlinkat, directory, (long)name, 0);
	sys3(SYS_close, fd, 0, 0);
	return err;
}

int hk_shm_make(const char *directory, const char *name, size_t len,
		void **out)
{
	long fd;
	int err;

	if (longest_file() < len)
		return -EFBIG;
	make_directory(directory);
	fd = open_directory(directory);
	if (failed(fd))
		return (int)fd;
	err = make(fd, name, len, out);
	sys3(SYS_close, fd, 0, 0);
	return err;
}

/* ---- its memory ---- */

/* Prefaulted, as a page that there is no memory for is a SIGBUS. */
bool hk_shm_commit(void *p, size_t len)
{
	return !hk_os_commit(p, len) && hk_os_prefault(p, len);
}

void hk_shm_unmap(void *p, size_t len)
{
	sys3(SYS_munmap, (long)p, (long)len, 0);
}

void hk_shm_leave(void *p, size_t len)
{
	sys6(SYS_mmap, (long)p, (long)len, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

void hk_shm_empty(void *p, size_t len)
{
	sys3(SYS_madvise, (long)p, (long)len, MADV_REMOVE);
}

/* ---- those of others ---- */

/* As getdents64(2) has it. */
struct entry {
	uint64_t inode;
	int64_t next;
	uint16_t len;
	uint8_t type;
	char name[];
};

static bool is_left_over(long directory, const char *name,
			 bool (*is_left)(const char *, const void *))
{
	uint64_t start[HK_SHM_START / sizeof(uint64_t)] = { 0 };
	long fd = sys6(SYS_openat, directory, (long)name,
		       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0, 0,
		       0);

	if (failed(fd))
		return false;
	sys3(SYS_read, fd, (long)start, sizeof(start));
	sys3(SYS_close, fd, 0, 0);
	return is_left(name, start);
}

static void sweep(long directory,
		  bool (*is_left)(const char *, const void *))
{
	char buf[2048] HK_ALIGNED(8);
	long n;

	while ((n = sys3(SYS_getdents64, directory, (long)buf,
			 sizeof(buf))) > 0) {
		const struct entry *entry;

		for (long at = 0; at < n; at += entry->len) {
			entry = (const void *)(buf + at);
			if (entry->name[0] != '.' &&
			    is_left_over(directory, entry->name, is_left))
				sys3(SYS_unlinkat, directory,
				     (long)entry->name, 0);
		}
	}
}

void hk_shm_sweep(const char *directory,
		  bool (*is_left)(const char *name, const void *start))
{
	long fd = open_directory(directory);

	if (failed(fd))
		return;
	sweep(fd, is_left);
	sys3(SYS_close, fd, 0, 0);
}
