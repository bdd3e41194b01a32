/* SPDX-License-Identifier: MIT */
/*
 * say.h - what every part of hakmem-preload uses: exit statuses, messages, and
 * text.
 *
 * A function that returns a status has said on standard error what is wrong.
 * One that returns a `char *` returns NULL where all is well, or what is
 * wrong, which its caller says and may free.
 */
#ifndef PRELOAD_SAY_H
#define PRELOAD_SAY_H

#include "text.h"

#include <stdbool.h>

/* Exit statuses; hakmem-preload(8) has them, and a test compares. */
enum {
	STATUS_FINE = 0,
	STATUS_DISABLED = 1,	/* "status": it is not enabled */
	STATUS_USAGE = 2,
	STATUS_BROKEN = 3,	/* "status": enabled, and something is wrong */
	STATUS_REFUSED = 4,	/* a check failed; nothing was changed */
	STATUS_PROBE = 5,	/* a program failed; all is as it was */
	STATUS_SYSTEM = 6,	/* the system does not let us; as it was */
	STATUS_STUCK = 7,	/* a change could not be taken back */
};

/* --quiet: say_done() prints nothing. */
extern bool say_quiet;

/* "hakmem-preload: MESSAGE" on standard error; returns `status`. */
__attribute__((format(printf, 2, 3)))
int say_error(int status, const char *format, ...);

/* "hakmem-preload: note: MESSAGE" on standard error, unless --quiet. */
__attribute__((format(printf, 1, 2)))
void say_note(const char *format, ...);

/* A line on standard output, unless --quiet. */
__attribute__((format(printf, 1, 2)))
void say_done(const char *format, ...);

/*
 * What an error of the system means to whoever edits a system file, with
 * what to do about it where there is something.
 */
const char *say_errno(int error);

#endif /* PRELOAD_SAY_H */
