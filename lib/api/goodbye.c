/* SPDX-License-Identifier: MIT */
/*
 * goodbye.c - see goodbye.h.  The line is written by the library's
 * destructor, for exit(3), and by a handler for quick_exit(3).
 */
#define _GNU_SOURCE
#include "api/goodbye.h"

#include "api/stats.h"
#include "base/fatal.h"
#include "policy/policy.h"
#include "stats/emit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * By the end the program may have closed standard error, or a file of its
 * own may have its number: so a duplicate is kept, out of the way.  It may
 * have closed that, too: either is used if it still is the file that it was
 * at the start.  -1: none.
 */
static int kept_fd = -1;
static struct stat stderr_file;
static bool had_stderr;

static void keep_stderr(void)
{
	static const int places[] = { 1000, 200, 10 };

	had_stderr = !fstat(STDERR_FILENO, &stderr_file);
	for (size_t i = 0; had_stderr && kept_fd < 0 &&
		     i < sizeof(places) / sizeof(places[0]); i++)
		kept_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, places[i]);
}

static bool is_still(int fd)
{
	struct stat now;

	return had_stderr && !fstat(fd, &now) &&
		now.st_dev == stderr_file.st_dev &&
		now.st_ino == stderr_file.st_ino;
}

/* To what was standard error at the start, unless it is closed. */
static void write_stderr(struct hk_line *line)
{
	if (is_still(kept_fd))
		hk_line_write(line, kept_fd);
	else if (is_still(STDERR_FILENO))
		hk_line_write(line, STDERR_FILENO);
}

/*
 * The name of the file: "%p" is the process's number, "%%" a "%".  False
 * where it is too long.
 */
static bool put_path(struct hk_line *path, const char *name)
{
	char c[2] = { 0 };

	for (; *name; name++) {
		if (name[0] == '%' && name[1] == 'p') {
			hk_line_num(path, (uint64_t)getpid());
			name++;
			continue;
		}
		if (name[0] == '%' && name[1] == '%')
			name++;
		c[0] = *name;
		hk_line_str(path, c);
	}
	path->text[path->len] = '\0';
	return path->len < sizeof(path->text) - 1;
}

/*
 * Nothing that somebody else put there: no symbolic link, no file of another
 * user, and no fifo, which would have the process wait at its end.
 */
static int open_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW |
		      O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid())
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void write_file(struct hk_line line, const char *name)
{
	struct hk_line path = { 0 }, why = { 0 };
	int fd = -1;

	if (put_path(&path, name))
		fd = open_file(path.text);
	if (fd >= 0) {
		hk_line_write(&line, fd);
		close(fd);
	} else if (!hk_policy.quiet) {
		hk_line_str(&why, "hakmem: stats_file: cannot write ");
		hk_line_str(&why, path.text);
		write_stderr(&why);
	}
}

static bool on_stderr(void)
{
	return hk_policy_get(HK_OPT_OS_STATS);
}

static bool in_file(void)
{
	return *hk_policy_text(HK_OPT_STATS_FILE);
}

/* By any thread that ends the process, relaxed: only the first one counts. */
static _Atomic bool said;

void hk_goodbye(void)
{
	struct hk_line line = { 0 };
	struct hakmem_stats stats;

	if (!(on_stderr() || in_file()) ||
	    atomic_exchange_explicit(&said, true, memory_order_relaxed))
		return;
	/* By exit() in a signal handler, perhaps: a lock may be taken. */
	hk_stats_events(&stats);
	hk_emit_os_line(&line, &stats);
	if (in_file())
		write_file(line, hk_policy_text(HK_OPT_STATS_FILE));
	if (on_stderr())
		write_stderr(&line);
}

void hk_goodbye_start(void)
{
	if (!(on_stderr() || in_file()))
		return;
	keep_stderr();
	at_quick_exit(hk_goodbye);
}
