/* SPDX-License-Identifier: MIT */
/*
 * lock.c - see lock.h.
 */
#define _GNU_SOURCE
#include "lock.h"

#include "file.h"
#include "replace.h"
#include "root.h"
#include "say.h"
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WAIT_STEPS	200
#define WAIT_STEP_NS	50000000L

static int lock = -1;

/* The file may have been removed, and made anew, while we waited. */
static bool still_there(int fd)
{
	struct stat named, held;

	return !lstat(LOCK_FILE, &named) && !fstat(fd, &held) &&
		named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

/* Returns 0 with the lock held, EAGAIN, or why not. */
static int try_lock(void)
{
	int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC |
		      O_NONBLOCK, 0600);
	int error;

	if (fd < 0)
		return errno;
	if (!flock(fd, LOCK_EX | LOCK_NB) && still_there(fd)) {
		lock = fd;
		return 0;
	}
	error = errno == EWOULDBLOCK || !still_there(fd) ? EAGAIN : errno;
	close(fd);
	return error;
}

static int wait_for_lock(void)
{
	const struct timespec step = { .tv_nsec = WAIT_STEP_NS };
	int error = try_lock();

	for (int i = 0; error == EAGAIN && i < WAIT_STEPS; i++) {
		if (i == 20)
			say_note("waiting for another hakmem-preload to end");
		nanosleep(&step, NULL);
		if (stop_asked())
			return EINTR;
		error = try_lock();
	}
	return error;
}

int lock_take(void)
{
	int error = wait_for_lock();

	if (!error) {
		replace_clean(PRELOAD_FILE);
		replace_clean(HK_CONF_FILE);
	}
	if (!error || error == EROFS)
		return STATUS_FINE;
	if (error == EINTR)
		return STATUS_SYSTEM;
	if (error == EAGAIN)
		return say_error(STATUS_SYSTEM, "another hakmem-preload is "
				 "at work and did not end in 10 seconds; "
				 "'fuser %s%s' names it", root_name,
				 LOCK_FILE);
	return say_error(STATUS_SYSTEM, "%s%s: cannot be made: %s", root_name,
			 LOCK_FILE, say_errno(error));
}

void lock_give(void)
{
	if (lock < 0)
		return;
	unlink(LOCK_FILE);
	close(lock);
	lock = -1;
}
