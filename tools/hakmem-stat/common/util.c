/* SPDX-License-Identifier: MIT */
/*
 * util.c - see util.h.
 */
#define _GNU_SOURCE
#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Of files of the kernel, whose size is 0, and lists. */
#define READ_MAX	(16 << 20)

int util_trouble = STATUS_USAGE;
void (*util_before_message)(void);

static enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;

__attribute__((format(printf, 1, 0)))
static void say(const char *format, va_list args)
{
	if (util_before_message)
		util_before_message();
	/* What the command has printed comes first. */
	fflush(stdout);
	fputs("hakmem-stat: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void util_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void util_die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	exit(status);
}

void *util_resize(void *ptr, size_t count, size_t size)
{
	void *to = reallocarray(ptr, count ? count : 1, size);

	if (!to)
		util_die(util_trouble, "out of memory");
	return to;
}

char *util_copy(const char *text, size_t len)
{
	char *copy = util_resize(NULL, len + 1, 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *util_format(const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		util_die(util_trouble, "out of memory");
	return text;
}

char *util_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	FILE *in = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
		st.st_size <= READ_MAX ?
		fdopen(fd, "r") : NULL;
	char *text = NULL;
	size_t room = 0;

	if (!in) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (getdelim(&text, &room, '\0', in) < 0) {
		free(text);
		text = NULL;
	}
	fclose(in);
	return text;
}

bool util_number(const char *text, uint64_t *number)
{
	uint64_t n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (unsigned int)(*text - '0'), &n))
			return false;
	}
	*number = n;
	return true;
}

/* ---- output ---- */

const char *util_bytes(char text[UTIL_BYTES_MAX], uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(text, UTIL_BYTES_MAX, "%" PRIu64 " B", bytes);
		return text;
	}
	while (value >= 1024 && unit < 3) {
		value /= 1024;
		unit++;
	}
	snprintf(text, UTIL_BYTES_MAX, "%.1f %s", value, units[unit]);
	return text;
}

const char *util_date(char text[UTIL_DATE_MAX], uint64_t ns)
{
	time_t then = (time_t)(ns / 1000000000);
	struct tm *local = localtime(&then);

	if (!local || !strftime(text, UTIL_DATE_MAX, "%F %T", local))
		strcpy(text, "?");
	return text;
}

void util_set_color(const char *when)
{
	if (!strcmp(when, "auto"))
		color = COLOR_AUTO;
	else if (!strcmp(when, "always"))
		color = COLOR_ALWAYS;
	else if (!strcmp(when, "never"))
		color = COLOR_NEVER;
	else
		util_die(util_trouble, "--color=%s: auto, always or never",
			 when);
}

static bool colored(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	return !(no_color && *no_color) && term && strcmp(term, "dumb") &&
		isatty(fileno(out));
}

const char *util_bold(FILE *out)
{
	return colored(out) ? "\033[1m" : "";
}

const char *util_plain(FILE *out)
{
	return colored(out) ? "\033[0m" : "";
}

/* ---- texts ---- */

static bool within(unsigned char byte, unsigned char least,
		   unsigned char most)
{
	return byte >= least && byte <= most;
}

size_t util_character(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char least = 0x80, most = 0xbf;

	if (s[0] < 0x80)
		return 1;
	if (within(s[0], 0xc2, 0xdf))
		return within(s[1], least, most) ? 2 : 0;
	if (s[0] == 0xe0)
		least = 0xa0;
	else if (s[0] == 0xed)
		most = 0x9f;
	else if (s[0] == 0xf0)
		least = 0x90;
	else if (s[0] == 0xf4)
		most = 0x8f;
	if (within(s[0], 0xe0, 0xef))
		return within(s[1], least, most) &&
			within(s[2], 0x80, 0xbf) ? 3 : 0;
	if (within(s[0], 0xf0, 0xf4))
		return within(s[1], least, most) &&
			within(s[2], 0x80, 0xbf) &&
			within(s[3], 0x80, 0xbf) ? 4 : 0;
	return 0;
}

void util_put_json(FILE *out, const char *text)
{
	fputc('"', out);
	while (*text) {
		size_t len = util_character(text);
		unsigned char c = (unsigned char)*text;

		/* What is none, and what a terminal would take for a code. */
		if (len == 1 ? c < ' ' || c == 0x7f || c == '"' || c == '\\' :
		    !len || (c == 0xc2 && (unsigned char)text[1] < 0xa0))
			fprintf(out, "\\u%04x", len ? len == 1 ? c :
				(unsigned char)text[1] : 0xfffdu);
		else
			fwrite(text, len, 1, out);
		text += len ? len : 1;
	}
	fputc('"', out);
}

/* Also where it was an earlier write that failed, and errno tells no more. */
static bool reader_is_gone(FILE *out)
{
	struct pollfd end = { .fd = fileno(out), .events = POLLOUT };

	return poll(&end, 1, 0) == 1 && (end.revents & POLLERR);
}

void util_text_open(struct util_text *text)
{
	*text = (struct util_text){ 0 };
	text->out = open_memstream(&text->bytes, &text->len);
	if (!text->out)
		util_die(util_trouble, "out of memory");
}

void util_text_close(struct util_text *text)
{
	if (ferror(text->out) | fclose(text->out))
		util_die(util_trouble, "out of memory");
}

void util_finish(FILE *out, const char *name, int status)
{
	bool failed;

	errno = 0;
	failed = fflush(out) || ferror(out);
	if (failed && errno != EPIPE && !reader_is_gone(out))
		util_die(status, "%s: %s", name,
			 errno ? strerror(errno) : "could not be written");
}
