/* SPDX-License-Identifier: MIT */
/*
 * probe.h - programs that are run to see whether programs run.
 *
 *   true       the least that can be started
 *   a shell    which starts other processes
 *   threads    preload-probe, installed beside hakmem-preload: threads that
 *              allocate, and a child of theirs
 *
 * Each as root and as a user without any rights, with the library by
 * LD_PRELOAD or by the file that is in force.  Fine is: it exits with 0,
 * prints nothing on standard error, and has the library in its memory.
 */
#ifndef PRELOAD_PROBE_H
#define PRELOAD_PROBE_H

#include "library.h"

enum probe_by {
	PROBE_BY_NOTHING,	/* the programs as they are now */
	PROBE_BY_VARIABLE,	/* LD_PRELOAD */
	PROBE_BY_FILE,
};

/*
 * Chooses the programs: those that the tree has and that are for the same
 * machine and not static.  What cannot be tried is told as a note.
 */
void probe_choose(const struct library *library);

/*
 * Runs them.  Returns NULL, or the first trouble.  By nothing, programs that
 * cannot be started at all are left out from then on.
 */
char *probe_run(const struct library *library, enum probe_by by);

#endif /* PRELOAD_PROBE_H */
