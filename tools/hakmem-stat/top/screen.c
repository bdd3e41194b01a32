/* SPDX-License-Identifier: MIT */
/*
 * screen.c - see screen.h.
 *
 *   hakmem-stat top  12:01:07  every 2 s  3 processes       head
 *   rss 1.2 GiB  used 800.0 MiB  ...                        head
 *   sort by column: _                                       question, message
 *       pid user       rss  used ...                        names of columns
 *      4711 www       1.2G  800M ...                        the list
 *
 * A signal that ends the program gives the terminal back first.  ncurses may
 * be anywhere at that moment, so its own call is no choice there: what has to
 * be written is kept ready.
 *
 * configure defines HAVE_NCURSES where ncurses is found.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#define _GNU_SOURCE
#include "top/screen.h"

#include "common/util.h"
#include "figures/columns.h"
#include "top/questions.h"

#include <stdlib.h>

#if HAVE_NCURSES
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

/* Names of terms, and of ours. */
#undef columns
#undef lines

const bool screen_built = true;

#define LINE_MESSAGE	2
#define LINE_NAMES	3
#define LINE_LIST	4

/* ---- giving the terminal back ---- */

static struct termios before;
static char farewell[128];	/* attributes, keypad, cursor, other screen */
static size_t farewell_len;
static volatile sig_atomic_t is_open;

static const int endings[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGABRT, SIGBUS, SIGFPE, SIGILL,
	SIGSEGV, SIGXCPU,
};

/* Calls nothing that may not be called in a handler. */
static void end_by(int number)
{
	if (is_open) {
		is_open = 0;
		/* Whether that works or not, the end is the same. */
		if (write(STDOUT_FILENO, farewell, farewell_len) >= 0)
			tcsetattr(STDIN_FILENO, TCSANOW, &before);
	}
	raise(number);
}

/* Once: the second one, which end_by() raises, finds the usual action. */
static void catch_endings(void)
{
	struct sigaction action = {
		.sa_handler = end_by,
		.sa_flags = (int)SA_RESETHAND,
	};
	struct sigaction now;

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		/* nohup(1) has chosen. */
		if (sigaction(endings[i], NULL, &now) == 0 &&
		    now.sa_handler == SIG_IGN)
			continue;
		sigaction(endings[i], &action, NULL);
	}
}

/* Delays, "$<5>", are of terminals of another time. */
static void add_farewell(const char *capability)
{
	const char *text = tigetstr((char *)(uintptr_t)capability);

	if (!text || text == (char *)-1)
		return;
	for (; *text && farewell_len < sizeof(farewell); text++) {
		if (text[0] == '$' && text[1] == '<')
			text += strcspn(text, ">");
		else
			farewell[farewell_len++] = *text;
		if (!*text)
			return;
	}
}

/* ---- opening ---- */

const char *screen_open(void)
{
	const char *cup;
	int result;

	if (setupterm(NULL, STDOUT_FILENO, &result) != OK)
		return "nothing is known of this kind of terminal (TERM)";
	cup = tigetstr((char *)(uintptr_t)"cup");
	if (!cup || cup == (char *)-1)
		return "this terminal (TERM) cannot place text";
	if (tcgetattr(STDIN_FILENO, &before))
		return "the terminal cannot be set up";
	add_farewell("sgr0");
	add_farewell("rmkx");
	add_farewell("cnorm");
	add_farewell("rmcup");
	/* newterm() makes one of its own. */
	del_curterm(cur_term);
	catch_endings();
	util_before_message = screen_close;
	atexit(screen_close);
	if (!newterm(NULL, stdout, stdin))
		return "nothing is known of this kind of terminal (TERM)";
	is_open = 1;
	set_escdelay(100);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	return NULL;
}

void screen_close(void)
{
	if (!is_open)
		return;
	endwin();
	is_open = 0;
}

/* ---- keys ---- */

static int key_of(int key)
{
	static const struct {
		int theirs, ours;
	} keys[] = {
		{ ERR, VIEW_NO_KEY },
		{ KEY_RESIZE, VIEW_RESIZED },
		{ KEY_UP, VIEW_UP },
		{ KEY_DOWN, VIEW_DOWN },
		{ KEY_PPAGE, VIEW_PAGE_UP },
		{ KEY_NPAGE, VIEW_PAGE_DOWN },
		{ KEY_HOME, VIEW_HOME },
		{ KEY_END, VIEW_END },
		{ KEY_LEFT, VIEW_LEFT },
		{ KEY_RIGHT, VIEW_RIGHT },
		{ KEY_ENTER, VIEW_ENTER },
		{ '\r', VIEW_ENTER },
		{ '\n', VIEW_ENTER },
		{ KEY_BACKSPACE, VIEW_ERASE },
		{ '\b', VIEW_ERASE },
		{ 127, VIEW_ERASE },
		{ 27, VIEW_ESCAPE },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].theirs == key)
			return keys[i].ours;
	if (key == '\f') {	/* Ctrl-L: what others wrote goes */
		clearok(stdscr, TRUE);
		return VIEW_NO_KEY;
	}
	return key >= ' ' && key <= '~' ? key : VIEW_NO_KEY;
}

int screen_key(int milliseconds)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int key = getch();

	/* Keys that ncurses has read already are not with the kernel. */
	if (key != ERR)
		return key_of(key);
	if (poll(&in, 1, milliseconds) > 0 &&
	    (in.revents & (POLLHUP | POLLERR | POLLNVAL)))
		return VIEW_GONE;
	return key_of(getch());
}

/* ---- drawing ---- */

size_t screen_lines(void)
{
	return LINES > LINE_LIST ? (size_t)(LINES - LINE_LIST) : 0;
}

/* A line of printable text: nothing else reaches the terminal. */
static void put_line(int line, const char *text, size_t len)
{
	if (move(line, 0) == ERR)
		return;
	clrtoeol();
	for (size_t i = 0; i < len && i < (size_t)COLS; i++)
		addch(text[i] >= ' ' && text[i] <= '~' ?
		      (chtype)(unsigned char)text[i] : (chtype)'?');
}

/* Cells that are too long end in "+". */
static void put_cell(const char *text, int width, bool right)
{
	int len = (int)strlen(text);

	if (len > width)
		printw("%.*s+", width - 1, text);
	else if (right)
		printw("%*s", width, text);
	else
		printw("%-*s", width, text);
}

/* `row`: NULL for the names. */
static void draw_row(int line, const struct watched_row *row,
		     const int widths[COLUMN_COUNT], int sort)
{
	bool first = true;

	if (move(line, 0) == ERR)
		return;
	clrtoeol();
	for (int c = 0; c < COLUMN_COUNT; c++) {
		char cell[COLUMNS_CELL];

		if (!widths[c])
			continue;
		if (!first)
			addch(' ');
		first = false;
		if (row)
			columns_cell(cell, row, (enum column)c, true);
		else
			snprintf(cell, sizeof(cell), "%s", columns_names[c]);
		if (!row && c == sort)
			attron(A_BOLD | A_UNDERLINE);
		put_cell(cell, widths[c], columns_right((size_t)c));
		if (!row && c == sort)
			attroff(A_BOLD | A_UNDERLINE);
	}
}

static void draw_list(const struct view *view)
{
	const struct watched *watched = &view->watched;
	int widths[COLUMN_COUNT];

	columns_fit(COLS, widths);
	attron(A_REVERSE);
	draw_row(LINE_NAMES, NULL, widths, watched->sort);
	attroff(A_REVERSE);
	for (size_t i = 0; i < view->lines; i++) {
		int line = LINE_LIST + (int)i;
		size_t row = view->first + i;

		if (row >= watched->shown_count) {
			put_line(line, "", 0);
			continue;
		}
		if (row == view->at)
			attron(A_BOLD);
		draw_row(line, watched->shown[row], widths, watched->sort);
		if (row != view->at)
			continue;
		if (watched->shown[row]->pid < 1000000)
			mvaddch(line, 0, '>');
		attroff(A_BOLD);
	}
}

static void draw_text(const struct view *view)
{
	const char *text = view->text ? view->text : "";
	size_t skip = view->text_first;

	put_line(LINE_NAMES, "", 0);
	for (size_t i = 0; i < view->lines;) {
		size_t len = strcspn(text, "\n");

		if (skip)
			skip--;
		else
			put_line(LINE_LIST + (int)i++, text, len);
		text += len + (text[len] == '\n');
	}
}

static void draw_message(const struct view *view)
{
	const char *asks = questions_text(view);
	char *line = util_format("%s%s", asks, *asks ? view->answer :
				 view->message);

	put_line(LINE_MESSAGE, line, strlen(line));
	curs_set(*asks ? 1 : 0);
	free(line);
}

void screen_draw(const struct view *view, const char *const head[2])
{
	int x, y;

	for (int i = 0; i < 2; i++)
		put_line(i, head[i], strlen(head[i]));
	draw_message(view);
	getyx(stdscr, y, x);
	if (view->mode == VIEW_LIST)
		draw_list(view);
	else
		draw_text(view);
	if (view->question)
		move(y, x);
	refresh();
}

#else

const bool screen_built = false;

const char *screen_open(void)
{
	abort();
}

int screen_key(int milliseconds)
{
	(void)milliseconds;
	abort();
}

size_t screen_lines(void)
{
	abort();
}

void screen_draw(const struct view *view, const char *const head[2])
{
	(void)view;
	(void)head;
	abort();
}

void screen_close(void)
{
}

#endif
