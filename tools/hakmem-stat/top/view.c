/* SPDX-License-Identifier: MIT */
/*
 * view.c - see view.h.
 */
#include "top/view.h"

#include "common/util.h"
#include "figures/columns.h"
#include "top/questions.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
"Up Down PgUp PgDn Home End  select a process; it stays selected\n"
"Enter      where its resident memory is, as \"hakmem-stat explain\" tells\n"
"< >        sort by the column to the left, to the right; also Left, Right\n"
"s          sort by a column that is named\n"
"r          the other way round\n"
"u          processes of one user only; an empty answer: of all\n"
"/          those with this text in a name, unit, user, preset or number\n"
"d          seconds from one look to the next\n"
"Blank      look now\n"
"h ?        this text\n"
"q          back, from here and from one process; else the end\n"
"\n"
"rss        resident memory, files and other mappings included\n"
"used       what of the heap is not free\n"
"committed  taken from the system for the heap, resident or not\n"
"faults     of pages, a second, as the kernel counts them\n"
"refills    times a second that a thread's list of free blocks ran empty\n"
"calls      to the system for memory, a second\n"
"purged     bytes given back, a second\n"
"-          not known, or not yet\n";

/* ---- the list ---- */

const struct watched_row *view_selected(const struct view *view)
{
	return view->at < view->watched.shown_count ?
		view->watched.shown[view->at] : NULL;
}

/* The selected row is one that there is, and on the screen. */
static void scroll(struct view *view)
{
	size_t count = view->watched.shown_count;
	size_t lines = view->lines ? view->lines : 1;

	if (view->at >= count)
		view->at = count ? count - 1 : 0;
	if (view->at < view->first)
		view->first = view->at;
	if (view->at >= view->first + lines)
		view->first = view->at - lines + 1;
	/* No empty lines while there are rows above. */
	if (view->first + lines > count)
		view->first = count > lines ? count - lines : 0;
}

/* Where the selected process has ended, the one in its place is selected. */
static void pin(struct view *view)
{
	const struct watched_row *row = view_selected(view);

	if (!view->pinned || !row)
		return;
	view->pid = row->pid;
	view->start = row->start;
}

void view_follow(struct view *view)
{
	size_t last = view->text_lines > view->lines ?
		view->text_lines - view->lines : 0;

	if (view->text_first > last)
		view->text_first = last;
	if (!view->pinned)
		view->at = 0;
	else if (view->mode == VIEW_LIST) {
		size_t place = watched_place(&view->watched, view->pid,
					     view->start);

		if (place < view->watched.shown_count)
			view->at = place;
	}
	scroll(view);
	if (view->mode == VIEW_LIST)
		pin(view);
}

/* A place so many rows down from `at`, or up, of `count`. */
static size_t moved(size_t at, long by, size_t count)
{
	if (by < 0)
		return at > (size_t)-by ? at - (size_t)-by : 0;
	at += (size_t)by;
	return at < count ? at : count ? count - 1 : 0;
}

/* How far a key goes in `count` rows; 0 for any other key. */
static long step_of(const struct view *view, int key, size_t count)
{
	long page = view->lines > 1 ? (long)view->lines - 1 : 1;

	switch (key) {
	case VIEW_UP:
	case 'k':
		return -1;
	case VIEW_DOWN:
	case 'j':
		return 1;
	case VIEW_PAGE_UP:
		return -page;
	case VIEW_PAGE_DOWN:
	case ' ':
		return page;
	case VIEW_HOME:
		return -(long)count;
	case VIEW_END:
		return (long)count;
	default:
		return 0;
	}
}

/* At first, and by Home, the selection is on whatever comes first. */
static void select_key(struct view *view, int key)
{
	size_t count = view->watched.shown_count;
	long by = step_of(view, key, count);

	if (key != VIEW_HOME && !by)
		return;
	view->at = moved(view->at, by, count);
	view->pinned = key != VIEW_HOME;
	scroll(view);
	pin(view);
}

void view_sort(struct view *view, int column)
{
	view->watched.sort = column;
	watched_arrange(&view->watched);
	view_follow(view);
}

/* ---- texts ---- */

void view_set_text(struct view *view, char *text)
{
	free(view->text);
	view->text = text;
	view->text_lines = 0;
	for (const char *c = text; c && *c; c++)
		view->text_lines += *c == '\n';
	view_follow(view);
}

static void leave_text(struct view *view)
{
	view->mode = VIEW_LIST;
	view->text_first = 0;
	view_set_text(view, NULL);
}

static void show_help(struct view *view)
{
	leave_text(view);
	view->mode = VIEW_HELP;
	view_set_text(view, util_copy(help, sizeof(help) - 1));
}

static enum view_does show_details(struct view *view)
{
	const struct watched_row *row = view_selected(view);

	if (!row)
		return VIEW_DRAW;
	/* Of this one, though others come in front of it. */
	view->pid = row->pid;
	view->start = row->start;
	view->pinned = true;
	leave_text(view);
	view->mode = VIEW_DETAILS;
	return VIEW_READ;
}

static enum view_does text_key(struct view *view, int key)
{
	long by = step_of(view, key, view->text_lines);

	if (key == 'q' || key == VIEW_ESCAPE || key == VIEW_ENTER ||
	    (view->mode == VIEW_HELP && (key == 'h' || key == '?'))) {
		leave_text(view);
	} else if (key == 'h' || key == '?') {
		show_help(view);
	} else if (by) {
		view->text_first = moved(view->text_first, by,
					 view->text_lines);
		view_follow(view);
	}
	return VIEW_DRAW;
}

/* ---- keys ---- */

static enum view_does list_key(struct view *view, int key)
{
	int sort = view->watched.sort;

	switch (key) {
	case 'q':
		return VIEW_QUIT;
	case 'h':
	case '?':
		show_help(view);
		return VIEW_DRAW;
	case VIEW_ENTER:
		return show_details(view);
	case '<':
	case VIEW_LEFT:
		view_sort(view, sort ? sort - 1 : COLUMN_COUNT - 1);
		return VIEW_DRAW;
	case '>':
	case VIEW_RIGHT:
		view_sort(view, (sort + 1) % COLUMN_COUNT);
		return VIEW_DRAW;
	case 'r':
		view->watched.reverse = !view->watched.reverse;
		view_sort(view, sort);
		return VIEW_DRAW;
	case 's':
		return questions_ask(view, VIEW_SORT);
	case 'u':
		return questions_ask(view, VIEW_USER);
	case '/':
		return questions_ask(view, VIEW_TEXT);
	case 'd':
		return questions_ask(view, VIEW_DELAY);
	case ' ':
		return VIEW_READ;
	default:
		select_key(view, key);
		return VIEW_DRAW;
	}
}

enum view_does view_key(struct view *view, int key)
{
	if (key == VIEW_NO_KEY || key == VIEW_RESIZED)
		return VIEW_DRAW;
	if (key == VIEW_GONE)
		return VIEW_QUIT;
	*view->message = '\0';
	if (view->question)
		return questions_key(view, key);
	if (view->mode != VIEW_LIST)
		return text_key(view, key);
	return list_key(view, key);
}

void view_free(struct view *view)
{
	watched_free(&view->watched);
	free(view->text);
	*view = (struct view){ 0 };
}
