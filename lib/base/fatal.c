/* SPDX-License-Identifier: MIT */
/*
 * fatal.c - see fatal.h.  Numbers are formatted by hand: printf() may
 * allocate and is not safe in a process whose heap is broken.
 */
#include "base/fatal.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void put(struct hk_line *line, char c)
{
	if (line->len < sizeof(line->text) - 1)
		line->text[line->len++] = c;
}

void hk_line_str(struct hk_line *line, const char *s)
{
	while (*s)
		put(line, *s++);
}

static void put_digits(struct hk_line *line, uint64_t n, unsigned int base)
{
	char digits[20];
	size_t i = 0;

	do {
		digits[i++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	while (i)
		put(line, digits[--i]);
}

void hk_line_num(struct hk_line *line, uint64_t n)
{
	put_digits(line, n, 10);
}

void hk_line_ptr(struct hk_line *line, const void *p)
{
	hk_line_str(line, "0x");
	put_digits(line, (uintptr_t)p, 16);
}

/* Returns 0, or the error that kept a part of the text from being written. */
static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EIO;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Takes back what the thread's own write() raised; it is blocked. */
static void take_back(int signal)
{
	static const struct timespec at_once;
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, signal);
	sigtimedwait(&one, NULL, &at_once);
}

/*
 * A line that nobody can read, or for which a file has no room, must not end
 * the process, which knows nothing of it: the two signals that say so are not
 * delivered.  One that was pending before stays so.
 */
void hk_line_write(struct hk_line *line, int fd)
{
	int saved = errno, err;
	sigset_t signals, before, pending;

	line->text[line->len++] = '\n';
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	sigaddset(&signals, SIGXFSZ);
	sigemptyset(&pending);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	sigpending(&pending);
	err = write_all(fd, line->text, line->len);
	if (err == EPIPE && !sigismember(&pending, SIGPIPE))
		take_back(SIGPIPE);
	if (err == EFBIG && !sigismember(&pending, SIGXFSZ))
		take_back(SIGXFSZ);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
}

void hk_fatal_start(struct hk_line *line)
{
	line->len = 0;
	hk_line_str(line, "hakmem: fatal: ");
}

void hk_fatal_start_of(struct hk_line *line, const char *what, const void *p)
{
	hk_fatal_start(line);
	hk_line_str(line, what);
	hk_line_str(line, " of ");
	hk_line_ptr(line, p);
}

void hk_fatal_end(struct hk_line *line)
{
	hk_line_write(line, STDERR_FILENO);
	abort();
}

void hk_fatal_double_free(const void *p, size_t size, uint32_t heap)
{
	struct hk_line line;

	hk_fatal_start_of(&line, "double free", p);
	hk_line_str(&line, " (");
	hk_line_num(&line, size);
	hk_line_str(&line, "-byte class");
	if (heap) {
		hk_line_str(&line, ", heap ");
		hk_line_num(&line, heap);
	}
	hk_line_str(&line, ")");
	hk_fatal_end(&line);
}

void hk_fatal_assert(const char *file, int line, const char *what)
{
	struct hk_line l;

	hk_fatal_start(&l);
	hk_line_str(&l, "internal error at ");
	hk_line_str(&l, file);
	hk_line_str(&l, ":");
	hk_line_num(&l, (uint64_t)line);
	hk_line_str(&l, ": ");
	hk_line_str(&l, what);
	hk_fatal_end(&l);
}
