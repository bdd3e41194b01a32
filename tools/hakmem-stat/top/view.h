/* SPDX-License-Identifier: MIT */
/*
 * view.h - what "hakmem-stat top" shows and what keys do: the list with the
 * selected process, a text in its place, or a question below.  It does not
 * know how a terminal is written to: screen.c does.
 */
#ifndef STAT_VIEW_H
#define STAT_VIEW_H

#include "figures/watched.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Keys are characters, or these. */
enum view_key {
	VIEW_NO_KEY = 0x1000,	/* nothing was pressed; or an unknown key */
	VIEW_GONE,		/* there is no terminal any more */
	VIEW_RESIZED,
	VIEW_UP,
	VIEW_DOWN,
	VIEW_PAGE_UP,
	VIEW_PAGE_DOWN,
	VIEW_HOME,
	VIEW_END,
	VIEW_LEFT,
	VIEW_RIGHT,
	VIEW_ENTER,
	VIEW_ERASE,		/* Backspace */
	VIEW_ESCAPE,
};

enum view_mode {
	VIEW_LIST,
	VIEW_HELP,
	VIEW_DETAILS,		/* of the selected process */
};

enum view_question {
	VIEW_NONE,
	VIEW_USER,
	VIEW_TEXT,
	VIEW_DELAY,
	VIEW_SORT,
};

/* What is to be done behind a key, but for drawing. */
enum view_does {
	VIEW_DRAW,
	VIEW_READ,		/* read the processes again, now */
	VIEW_QUIT,
};

struct view {
	struct watched watched;
	double delay;		/* seconds from one look to the next */
	struct listed_whose whose;
	char user[33];		/* whose, as it was asked for; or "" */

	enum view_mode mode;
	char *text;		/* of what is shown in the list's place */
	size_t text_lines, text_first;

	size_t lines;		/* that there is room for */
	size_t first;		/* row of the list that comes first */
	size_t at;		/* selected row */
	bool pinned;		/* to this process, wherever it goes */
	pid_t pid;
	uint64_t start;

	enum view_question question;
	char answer[33];
	char message[160];	/* until the next key */
};

enum view_does view_key(struct view *view, int key);

/* After the processes were read, or the number of lines has changed. */
void view_follow(struct view *view);

/* The selected process, or NULL where there is none. */
const struct watched_row *view_selected(const struct view *view);

/* Takes over a text that is shown in the list's place. */
void view_set_text(struct view *view, char *text);

/* From now on the list is in the order of that column. */
void view_sort(struct view *view, int column);

void view_free(struct view *view);

#endif /* STAT_VIEW_H */
