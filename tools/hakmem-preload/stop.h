/* SPDX-License-Identifier: MIT */
/*
 * stop.h - SIGINT, SIGTERM and SIGHUP while something is being changed.
 *
 * They are held back, so that no step is left half done: whoever waits asks
 * for them, and whoever is about to change something does.  What was begun
 * is then taken back, and main() ends by the signal.
 */
#ifndef PRELOAD_STOP_H
#define PRELOAD_STOP_H

#include <signal.h>
#include <stdbool.h>

/* Holds them back from now on. */
void stop_hold(void);

/* Has one come? */
bool stop_asked(void);

/* In a new process: everything as the system starts programs. */
void stop_reset(void);

/* Ends the program by the signal that came, if one did. */
void stop_die(void);

#endif /* PRELOAD_STOP_H */
