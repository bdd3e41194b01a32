/* SPDX-License-Identifier: MIT */
/*
 * screen.h - the terminal that "hakmem-stat top" shows itself on.  However
 * the program ends, the terminal is as it was before.
 */
#ifndef STAT_SCREEN_H
#define STAT_SCREEN_H

#include "top/view.h"

#include <stdbool.h>

/* False in a build without ncurses. */
extern const bool screen_built;

/*
 * Takes the terminal, of standard input and output.  Returns NULL, or why
 * that cannot be.
 */
const char *screen_open(void);

/*
 * Waits for a key, no longer than so many milliseconds: a character, or one of
 * enum view_key.
 */
int screen_key(int milliseconds);

/* Room for the list, or a text in its place, with what stands around it. */
size_t screen_lines(void);

/* `head`: two lines above the list. */
void screen_draw(const struct view *view, const char *const head[2]);

void screen_close(void);

#endif /* STAT_SCREEN_H */
