/* SPDX-License-Identifier: MIT */
/*
 * ask.c - see ask.h.
 */
#define _GNU_SOURCE
#include "commands/ask.h"

#include "common/util.h"
#include "process/look.h"
#include "process/proc.h"
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define WAIT_USUAL	2	/* seconds */
#define WAIT_MOST	86400
#define LOOK_EACH_MS	5

/* ---- the command line ---- */

static unsigned int seconds(const char *word)
{
	uint64_t n;

	if (!util_number(word, &n) || n > WAIT_MOST)
		util_die(STATUS_USAGE, "--wait=%s: seconds are wanted, 0 to "
			 "%d", word, WAIT_MOST);
	return (unsigned int)n;
}

bool ask_read_arguments(int argc, char **argv, struct ask_arguments *args)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "wait", required_argument, NULL, 'w' },
		OUTPUT_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	int option;

	output_start(&args->output);
	args->wait = WAIT_USUAL;
	while ((option = getopt_long(argc, argv, "f:hp:", options,
				     NULL)) >= 0) {
		if (option == 'p')
			args->pid = look_number(optarg);
		else if (option == 'w')
			args->wait = seconds(optarg);
		else if (!output_take(&args->output, option))
			return false;
	}
	args->json = output_is_json(&args->output, args->command);
	if (!args->pid)
		util_die(STATUS_USAGE, "%s: which process?  -p PID",
			 args->command);
	return true;
}

/* ---- the request ---- */

static bool get(const struct ask *ask, struct hk_page_request *request)
{
	ssize_t n = pread(ask->memory, request, sizeof(*request),
			  (off_t)ask->at);

	if (n >= 0)
		errno = ESRCH;	/* another program is in its place */
	return n == (ssize_t)sizeof(*request);
}

static bool put(const struct ask *ask, size_t offset, const void *from,
		size_t len)
{
	ssize_t n = pwrite(ask->memory, from, len,
			   (off_t)(ask->at + offset));

	if (n >= 0)
		errno = ESRCH;
	return n == (ssize_t)len;
}

__attribute__((noreturn))
static void gone(const struct ask *ask)
{
	look_require(ask->pid, process_why(errno == EPERM ? -EPERM : -ESRCH));
	abort();
}

static int must_open(pid_t pid, const char *what, int flags)
{
	char *path = proc_path(pid, what);
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		util_die(STATUS_UNREADABLE, "%s: %s", path, strerror(errno));
	free(path);
	return fd;
}

/* Released with the descriptor, also where this program is killed. */
static int lock(pid_t pid)
{
	int fd = must_open(pid, "maps", O_RDONLY);

	if (flock(fd, LOCK_EX | LOCK_NB))
		util_die(STATUS_FINDING, "process %ld is being asked by "
			 "another hakmem-stat: try again", (long)pid);
	return fd;
}

/* Where the page says that requests go; 0: it does not. */
static uint64_t request_at(int memory, const struct page *page)
{
	struct hk_page_map map;

	if (!page->map || pread(memory, &map, sizeof(map), (off_t)page->map) !=
	    (ssize_t)sizeof(map) ||
	    map.size < sizeof(map))
		return 0;
	return map.request;
}

void ask_open(struct ask *ask, const struct ask_arguments *args,
	      const struct page *page)
{
	struct hk_page_request now;

	if (page_sum(page, "option_force_libc"))
		util_die(STATUS_UNREADABLE, "process %ld is served by the C "
			 "library's allocator (force_libc): it answers "
			 "nothing", (long)args->pid);
	*ask = (struct ask){ .pid = args->pid, .wait = args->wait };
	/*
	 * Of the program that is there now: where it executes another one, or
	 * ends and its number is another's, nothing is read or written any
	 * more.
	 */
	ask->memory = must_open(args->pid, "mem", O_RDWR);
	ask->at = request_at(ask->memory, page);
	if (!ask->at || !get(ask, &now) || now.size < sizeof(now))
		util_die(STATUS_UNREADABLE, "process %ld has a libhakmem that "
			 "takes no requests, of an earlier version",
			 (long)args->pid);
	ask->lock = lock(args->pid);
}

void ask_close(struct ask *ask)
{
	close(ask->lock);
	close(ask->memory);
}

static void nap(void)
{
	struct timespec time = { 0, LOOK_EACH_MS * 1000000 };

	nanosleep(&time, NULL);
}

/* Waits until all that was asked is done; false where the time is over. */
static bool await(const struct ask *ask, struct hk_page_request *now)
{
	struct timespec start, time;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		if (!get(ask, now))
			gone(ask);
		if (now->done == now->asked)
			break;
		clock_gettime(CLOCK_MONOTONIC, &time);
		if (time.tv_sec - start.tv_sec > (time_t)ask->wait ||
		    (time.tv_sec - start.tv_sec == (time_t)ask->wait &&
		     time.tv_nsec >= start.tv_nsec))
			return false;
		nap();
	}
	/* `result` may have been copied before `done` was: again. */
	if (!get(ask, now))
		gone(ask);
	return true;
}

int64_t ask_do(const struct ask *ask, enum hk_page_what what,
	       const char *text)
{
	struct hk_page_request now;
	uint32_t code = (uint32_t)what;

	if (strlen(text) >= HK_PAGE_REQUEST_TEXT)
		util_die(STATUS_USAGE, "'%.20s...' is too long", text);
	if (!await(ask, &now))
		util_die(STATUS_FINDING, "process %ld has not yet done what it "
			 "was asked before: it allocates nothing at present, "
			 "or only what its threads have ready",
			 (long)ask->pid);
	now.asked++;
	/* `asked` alone, and last: the system call before has ended. */
	if (!put(ask, offsetof(struct hk_page_request, text), text,
		 strlen(text) + 1) ||
	    !put(ask, offsetof(struct hk_page_request, what), &code,
		 sizeof(code)) ||
	    !put(ask, offsetof(struct hk_page_request, asked), &now.asked,
		 sizeof(now.asked)))
		gone(ask);
	if (!await(ask, &now))
		util_die(STATUS_FINDING, "process %ld has not answered for "
			 "%u s: it allocates nothing at present, or only "
			 "what its threads have ready, and does it when they "
			 "need more", (long)ask->pid, ask->wait);
	return now.result;
}
