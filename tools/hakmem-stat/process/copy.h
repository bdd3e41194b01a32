/* SPDX-License-Identifier: MIT */
/*
 * copy.h - the copy of a statistics page in /dev/shm, whose layout
 * lib/stats/copy.h has: of a process whose memory may not be read, or that is
 * no more.
 *
 * It is a file of that user's, who may have put anything into it.  What is
 * read of it is bounded.
 */
#ifndef STAT_COPY_H
#define STAT_COPY_H

#include "process/page.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct copy_told {
	pid_t pid;
	uid_t uid;		/* whose file it is */
	uint64_t boot_ns;	/* since the boot: when the process began */
	uint64_t date_ns;	/* since 1970: the figures are of then */
	uint32_t left_out;	/* heaps that are not in it */
	char name[16];		/* of the process, printable */
};

/*
 * Loads the page of process `pid`, or of the last one of that number, by the
 * copy that was brought up to date last.  One from before the process that now
 * has the number is none, nor one of a user who could have forged it.  Returns
 * NULL, or why there is none; then nothing is to be freed.  `told` may be
 * NULL.
 */
const char *copy_load(struct page *page, pid_t pid, struct copy_told *told);

/* The same for a file of user `uid` that is open. */
const char *copy_load_file(struct page *page, int fd, struct copy_told *told);

/* Called with each copy whose process is no more; the page is the caller's. */
typedef void copy_ended(void *arg, const struct copy_told *told,
			const struct page *page);

/*
 * Calls `each` for the copies that processes have left.  Returns how many
 * could not be read, but for those in directories that are not for us.  With
 * `tidy`, files that an orderly end has left, with nothing in them, go.
 */
size_t copy_each_ended(copy_ended *each, void *arg, bool tidy);

/* Where it is, to be freed. */
char *copy_path(const struct copy_told *told);

/* Takes it away.  Returns 0 or a negative errno value. */
int copy_remove(const struct copy_told *told);

#endif /* STAT_COPY_H */
