/* SPDX-License-Identifier: MIT */
/*
 * terminal.c - runs a program on a terminal of its own, presses keys, and looks
 * at what the screen shows: what an xterm would, as far as ncurses asks for
 * it.
 *
 *   terminal ROWS COLUMNS COMMAND [ARGUMENT ...] <SCRIPT
 *
 * The lines of the script:
 *
 *   wait REGEX          until a line of the screen matches
 *   gone REGEX          until none does
 *   keys TEXT           presses them; \e is escape, \r return, \b backspace
 *   size ROWS COLUMNS   the window has another size now
 *   signal NUMBER       to the program
 *   hangup              the terminal goes away
 *   run COMMAND         by the shell
 *   show                prints the screen
 *   end STATUS          until the program has ended, with that status, 128 + N
 *                       by signal N; the terminal is as it was before
 *
 * Exits with 1, and shows the screen, where a line is not so within two
 * minutes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ROWS_MAX	100
#define COLUMNS_MAX	400
#define PATIENCE	120	/* seconds */

static struct {
	int rows, columns, row, column;
	int top, bottom;	/* of what scrolls */
	char cells[ROWS_MAX][COLUMNS_MAX + 1];
	bool other;		/* the screen that programs get */
	bool hidden;		/* the cursor is */
	char last;		/* what was written last: may be repeated */
} screen;

static int master = -1, slave = -1;
static pid_t child;
static struct termios before;

/* ---- the screen ---- */

static int within(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

static void clear_cells(int row, int from, int to)
{
	if (to > from)
		memset(screen.cells[row] + from, ' ', (size_t)(to - from));
}

static void clear_rows(int from, int to)
{
	for (int row = from; row < to; row++)
		clear_cells(row, 0, COLUMNS_MAX);
}

/* Rows from `from` to the bottom go down by n, up where it is negative. */
static void shift_rows(int from, int n)
{
	int rows = screen.bottom - from + 1;
	int by = within(abs(n), 0, rows);
	char (*at)[COLUMNS_MAX + 1] = screen.cells + from;

	if (n > 0) {
		memmove(at + by, at, (size_t)(rows - by) * sizeof(*at));
		clear_rows(from, from + by);
	} else {
		memmove(at, at + by, (size_t)(rows - by) * sizeof(*at));
		clear_rows(from + rows - by, from + rows);
	}
}

/* The rest of the row goes to the right by n, or to the left. */
static void shift_cells(int n)
{
	char *at = screen.cells[screen.row] + screen.column;
	int cells = screen.columns - screen.column;
	int by = within(abs(n), 0, cells);

	if (n > 0) {
		memmove(at + by, at, (size_t)(cells - by));
		memset(at, ' ', (size_t)by);
	} else {
		memmove(at, at + by, (size_t)(cells - by));
		memset(at + cells - by, ' ', (size_t)by);
	}
}

static void line_feed(void)
{
	if (screen.row == screen.bottom)
		shift_rows(screen.top, -1);
	else
		screen.row = within(screen.row + 1, 0, screen.rows - 1);
}

static void put(char c)
{
	if (screen.column >= screen.columns) {
		screen.column = 0;
		line_feed();
	}
	screen.cells[screen.row][screen.column++] = c;
	screen.last = c;
}

static void set_size(int rows, int columns)
{
	screen.rows = within(rows, 1, ROWS_MAX);
	screen.columns = within(columns, 1, COLUMNS_MAX);
	screen.top = 0;
	screen.bottom = screen.rows - 1;
	screen.row = within(screen.row, 0, screen.rows - 1);
	screen.column = within(screen.column, 0, screen.columns - 1);
}

static void set_mode(int mode, bool on)
{
	if (mode == 1049 || mode == 47) {
		screen.other = on;
		clear_rows(0, ROWS_MAX);
	} else if (mode == 25) {
		screen.hidden = !on;
	}
}

static void erase(int how)
{
	if (how != 0)
		clear_rows(0, how == 1 ? screen.row : ROWS_MAX);
	else
		clear_rows(screen.row + 1, ROWS_MAX);
	if (how == 0)
		clear_cells(screen.row, screen.column, COLUMNS_MAX);
	else if (how == 1)
		clear_cells(screen.row, 0, screen.column + 1);
}

/* "ESC [ n ; m FINAL": where no number stands, it is 0. */
static void control(char final, bool private, int n, int m)
{
	int one = n ? n : 1;
	int column = within(screen.column, 0, screen.columns - 1);

	switch (final) {
	case 'H':
		screen.row = within(one - 1, 0, screen.rows - 1);
		screen.column = within((m ? m : 1) - 1, 0, screen.columns - 1);
		break;
	case 'A':
		screen.row = within(screen.row - one, 0, screen.rows - 1);
		break;
	case 'B':
		screen.row = within(screen.row + one, 0, screen.rows - 1);
		break;
	case 'C':
		screen.column = within(column + one, 0, screen.columns - 1);
		break;
	case 'D':
		screen.column = within(column - one, 0, screen.columns - 1);
		break;
	case 'd':
		screen.row = within(one - 1, 0, screen.rows - 1);
		break;
	case 'G':
		screen.column = within(one - 1, 0, screen.columns - 1);
		break;
	case 'J':
		erase(n);
		break;
	case 'K':
		if (n == 1)
			clear_cells(screen.row, 0, column + 1);
		else
			clear_cells(screen.row, n ? 0 : screen.column,
				    COLUMNS_MAX);
		break;
	case 'X':
		clear_cells(screen.row, column,
			    within(column + one, 0, screen.columns));
		break;
	case '@':
		shift_cells(one);
		break;
	case 'P':
		shift_cells(-one);
		break;
	case 'L':
		shift_rows(screen.row, one);
		break;
	case 'M':
		shift_rows(screen.row, -one);
		break;
	case 'S':
		shift_rows(screen.top, -one);
		break;
	case 'T':
		shift_rows(screen.top, one);
		break;
	case 'b':
		for (int i = 0; i < within(one, 1, COLUMNS_MAX); i++)
			put(screen.last);
		break;
	case 'r':
		screen.top = within(one - 1, 0, screen.rows - 1);
		screen.bottom = within((m ? m : screen.rows) - 1, 0,
				       screen.rows - 1);
		screen.row = screen.column = 0;
		break;
	case 'h':
	case 'l':
		if (private) {
			set_mode(n, final == 'h');
			set_mode(m, final == 'h');
		}
		break;
	default:	/* colours and such: nothing to be seen */
		break;
	}
}

/* A byte of the program's, one after the other. */
static void take(char c)
{
	static enum { TEXT, ESCAPE, CHARSET, CONTROL } state;
	static int numbers[16], count;
	static bool private;

	switch (state) {
	case TEXT:
		if (c == '\033')
			state = ESCAPE;
		else if (c == '\r')
			screen.column = 0;
		else if (c == '\n')
			line_feed();
		else if (c == '\b')
			screen.column = within(screen.column - 1, 0,
					       screen.columns - 1);
		else if (c == '\t')
			screen.column = within(screen.column / 8 * 8 + 8, 0,
					       screen.columns - 1);
		else if (c >= ' ' && c <= '~')
			put(c);
		else if (c < 0 || c == 127)
			put('?');
		break;
	case ESCAPE:
		state = TEXT;
		if (c == '[') {
			state = CONTROL;
			memset(numbers, 0, sizeof(numbers));
			count = 0;
			private = false;
		} else if (c == '(' || c == ')') {
			state = CHARSET;
		} else if (c == 'M' && screen.row == screen.top) {
			shift_rows(screen.top, 1);
		} else if (c == 'M') {
			screen.row = within(screen.row - 1, 0,
					    screen.rows - 1);
		}
		break;
	case CHARSET:
		state = TEXT;
		break;
	case CONTROL:
		if (c >= '0' && c <= '9' && numbers[count] < 100000) {
			numbers[count] = numbers[count] * 10 + c - '0';
		} else if (c == ';' && count < 15) {
			count++;
		} else if (c == '?') {
			private = true;
		} else if (c >= '@') {
			control(c, private, numbers[0], numbers[1]);
			state = TEXT;
		}
		break;
	}
}

static void print_screen(void)
{
	for (int row = 0; row < screen.rows; row++) {
		int len = screen.columns;

		while (len && screen.cells[row][len - 1] == ' ')
			len--;
		printf("%.*s\n", len, screen.cells[row]);
	}
}

/* ---- the script ---- */

__attribute__((format(printf, 1, 2), noreturn))
static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\nthe screen:\n");
	print_screen();
	fflush(stdout);
	if (child > 0)
		kill(child, SIGKILL);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What the program has written; false where there was nothing. */
static bool take_output(int milliseconds)
{
	struct pollfd in = { .fd = master, .events = POLLIN };
	char bytes[4096];
	ssize_t n;

	/* Without a terminal it only waits. */
	if (poll(&in, master >= 0, milliseconds) <= 0)
		return false;
	n = read(master, bytes, sizeof(bytes));
	for (ssize_t i = 0; i < n; i++)
		take(bytes[i]);
	return n > 0;
}

static bool is_shown(const regex_t *regex)
{
	for (int row = 0; row < screen.rows; row++) {
		char line[COLUMNS_MAX + 1];
		int len = screen.columns;

		while (len && screen.cells[row][len - 1] == ' ')
			len--;
		memcpy(line, screen.cells[row], (size_t)len);
		line[len] = '\0';
		if (!regexec(regex, line, 0, NULL, 0))
			return true;
	}
	return false;
}

/* Between two pieces of output the screen may be half drawn. */
static void wait_for(const char *text, bool shown)
{
	double end = now() + PATIENCE;
	regex_t regex;

	if (regcomp(&regex, text, REG_EXTENDED | REG_NOSUB))
		fail("no regular expression: %s", text);
	for (;;) {
		bool more = take_output(50);

		if (!more && is_shown(&regex) == shown)
			break;
		if (now() > end)
			fail("%s: %s", shown ? "is not shown" : "is shown",
			     text);
	}
	regfree(&regex);
}

static void press(const char *text)
{
	for (; *text; text++) {
		char c = *text;

		if (c == '\\' && text[1]) {
			text++;
			c = *text == 'e' ? '\033' : *text == 'r' ? '\r' :
				*text == 'b' ? '\177' : *text;
		}
		if (write(master, &c, 1) != 1)
			fail("the key %d was not taken", c);
	}
}

static void resize(const char *text)
{
	struct winsize size = { .ws_row = 0 };
	int rows, columns;

	if (sscanf(text, "%d %d", &rows, &columns) != 2)
		fail("no size: %s", text);
	set_size(rows, columns);
	size.ws_row = (unsigned short)screen.rows;
	size.ws_col = (unsigned short)screen.columns;
	if (ioctl(master, TIOCSWINSZ, &size))
		fail("the size: %s", strerror(errno));
}

static bool is_restored(void)
{
	struct termios after;

	return !tcgetattr(slave, &after) &&
		after.c_lflag == before.c_lflag &&
		after.c_iflag == before.c_iflag &&
		after.c_oflag == before.c_oflag;
}

static void wait_end(int wanted)
{
	double end = now() + PATIENCE;
	int status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		take_output(50);
		if (now() > end)
			fail("it has not ended");
	}
	child = 0;
	while (take_output(50))
		;
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
		WEXITSTATUS(status);
	if (status != wanted)
		fail("its status is %d", status);
	if (master < 0)
		return;
	if (screen.other)
		fail("the other screen was not left");
	if (screen.hidden)
		fail("the cursor is hidden");
	if (!is_restored())
		fail("the settings of the terminal are not as before");
}

static void hang_up(void)
{
	close(slave);
	close(master);
	master = slave = -1;
}

static void run(const char *command)
{
	char *line;

	/* Standard input is the script. */
	if (asprintf(&line, "exec </dev/null; %s", command) < 0)
		exit(99);
	if (system(line))
		fail("%s: failed", command);
	free(line);
}

static void obey(const char *line)
{
	size_t len = strcspn(line, " ");
	const char *rest = line + len + (line[len] == ' ');

	if (!strncmp(line, "wait ", 5))
		wait_for(rest, true);
	else if (!strncmp(line, "gone ", 5))
		wait_for(rest, false);
	else if (!strncmp(line, "keys ", 5))
		press(rest);
	else if (!strncmp(line, "size ", 5))
		resize(rest);
	else if (!strncmp(line, "signal ", 7))
		kill(child, atoi(rest));
	else if (!strncmp(line, "run ", 4))
		run(rest);
	else if (!strncmp(line, "end ", 4))
		wait_end(atoi(rest));
	else if (!strcmp(line, "hangup"))
		hang_up();
	else if (!strcmp(line, "show"))
		print_screen();
	else
		fail("not a line of a script: %s", line);
}

/* ---- the program ---- */

__attribute__((noreturn))
static void become(char **argv)
{
	setsid();
	if (ioctl(slave, TIOCSCTTY, 0))
		_exit(99);
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	close(master);
	close(slave);
	execvp(argv[0], argv);
	_exit(127);
}

static void open_terminal(void)
{
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || grantpt(master) || unlockpt(master))
		exit(99);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &before))
		exit(99);
}

int main(int argc, char **argv)
{
	char size[64], *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (argc < 4)
		return 2;
	clear_rows(0, ROWS_MAX);
	open_terminal();
	snprintf(size, sizeof(size), "%s %s", argv[1], argv[2]);
	resize(size);
	child = fork();
	if (child < 0)
		return 99;
	if (!child)
		become(argv + 3);
	while ((n = getline(&line, &room, stdin)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			obey(line);
	}
	if (child)
		fail("the script has no end");
	return 0;
}
