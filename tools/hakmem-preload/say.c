/* SPDX-License-Identifier: MIT */
/*
 * say.c - see say.h.
 */
#define _GNU_SOURCE
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool say_quiet;

__attribute__((format(printf, 2, 0)))
static void say(const char *kind, const char *format, va_list args)
{
	/* What was printed before comes first. */
	fflush(stdout);
	fprintf(stderr, "hakmem-preload: %s", kind);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int say_error(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args);
	va_end(args);
	return status;
}

void say_note(const char *format, ...)
{
	va_list args;

	if (say_quiet)
		return;
	va_start(args, format);
	say("note: ", format, args);
	va_end(args);
}

void say_done(const char *format, ...)
{
	va_list args;

	if (say_quiet)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

const char *say_errno(int error)
{
	switch (error) {
	case EROFS:
		return "the file system is mounted read-only; remount it "
		       "read-write first";
	case ENOSPC:
		return "the disk is full; make some room first";
	case EDQUOT:
		return "the disk quota is used up; make some room first";
	case EPERM:
		return "not permitted; lsattr shows whether it is immutable, "
		       "chattr -i changes that";
	case EACCES:
		return "permission denied; run this as root";
	default:
		return strerror(error);
	}
}

void text_no_memory(void)
{
	exit(say_error(STATUS_SYSTEM, "out of memory"));
}
