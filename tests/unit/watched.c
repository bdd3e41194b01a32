/* SPDX-License-Identifier: MIT */
/*
 * What "hakmem-stat top" shows, without a terminal: rates, the order, what is
 * left out, columns on lines of every width, and keys; and what it remembers
 * of processes.
 */
#include "unit.h"

#include "figures/columns.h"
#include "top/questions.h"
#include "top/view.h"

#include <stdio.h>
#include <string.h>

#define SECOND	UINT64_C(1000000000)

static char *copy(const char *text)
{
	char *to = strdup(text);

	assert_non_null(to);
	return to;
}

static struct watched_row row_of(pid_t pid, uint64_t rss, const char *command)
{
	struct watched_row row = {
		.pid = pid, .start = 100, .began = 7,
		.user = copy("www"), .unit = copy("web.service"),
		.command = copy(command), .preset = "balanced",
		.has_figures = true, .rss = rss, .used = rss / 2,
		.committed = rss / 4,
	};

	for (int r = 0; r < WATCHED_RATES; r++)
		row.rates[r] = WATCHED_UNKNOWN;
	return row;
}

/* `count` rows, which are the caller's. */
static void take(struct watched *watched, const struct watched_row *rows,
		 size_t count, uint64_t now)
{
	struct watched_row *theirs = calloc(count + 1, sizeof(*theirs));

	assert_non_null(theirs);
	for (size_t i = 0; i < count; i++)
		theirs[i] = rows[i];
	watched_take(watched, theirs, count, 0, now);
}

static void is_shown(const struct watched *watched, size_t place, pid_t pid)
{
	assert_true(place < watched->shown_count);
	assert_int_equal(watched->shown[place]->pid, pid);
}

/* ---- what is known from the last time ---- */

static const struct proc_stat one = { .start = 5, .stack = 7 };

/* A look at process 3, which finds its page there; `looked` as told. */
static void find(struct known *known, const struct proc_stat *stat,
		 uint64_t at, bool looked)
{
	known_tell(known, 3, stat, at, known_find(known, 3, stat), looked);
	known_turn(known);
}

static void known_pages(void **state)
{
	const struct proc_stat other = { .start = 6, .stack = 7 };
	const struct proc_stat executed = { .start = 5, .stack = 8 };
	struct known known = { 0 };

	(void)state;
	assert_null(known_find(&known, 3, &one));
	find(&known, &one, 4096, true);
	assert_int_equal(known_find(&known, 3, &one)->at, 4096);
	assert_null(known_find(&known, 4, &one));
	assert_null(known_find(&known, 3, &other));
	assert_null(known_find(&known, 3, &executed));
	for (pid_t pid = 90; pid > 0; pid--)
		known_tell(&known, pid, &one, (uint64_t)pid, NULL, true);
	known_turn(&known);
	for (pid_t pid = 1; pid <= 90; pid++)
		assert_int_equal(known_find(&known, pid, &one)->at, pid);
	known_turn(&known);
	assert_null(known_find(&known, 3, &one));	/* not told of */
	known_free(&known);
}

/* That it has none is believed the second time, and not for ever. */
static void known_none(void **state)
{
	struct known known = { 0 };
	unsigned int looks = 0;

	(void)state;
	assert_false(known_has_none(NULL));
	find(&known, &one, 0, true);
	assert_false(known_has_none(known_find(&known, 3, &one)));
	find(&known, &one, 0, true);
	for (; known_has_none(known_find(&known, 3, &one)); looks++)
		find(&known, &one, 0, false);
	assert_in_range(looks, KNOWN_LOOKS / 2, KNOWN_LOOKS);
	find(&known, &one, 0, true);
	assert_true(known_has_none(known_find(&known, 3, &one)));
	find(&known, &one, 4096, true);
	assert_false(known_has_none(known_find(&known, 3, &one)));
	known_free(&known);
}

/* ---- rates ---- */

static void is_rate(const struct watched_row *row, enum watched_rate rate,
		    double wanted)
{
	double found = row->rates[rate];

	if (found < wanted - 0.001 || found > wanted + 0.001)
		fail_msg("rate %d is %f, not %f", (int)rate, found, wanted);
}

static void rates(void **state)
{
	struct watched watched = { .sort = COLUMN_PID };
	struct watched_row row = row_of(5, 1, "a");

	(void)state;
	row.counters[WATCHED_FAULTS] = 10;
	row.counters[WATCHED_REFILLS] = 1000;
	row.counters[WATCHED_PURGED] = UINT64_MAX - 4096;
	take(&watched, &row, 1, 50 * SECOND);
	for (int r = 0; r < WATCHED_RATES; r++)
		is_rate(watched.shown[0], (enum watched_rate)r,
			WATCHED_UNKNOWN);

	/* Half a second later. */
	row = row_of(5, 1, "a");
	row.counters[WATCHED_FAULTS] = 110;
	row.counters[WATCHED_REFILLS] = 1000;
	row.counters[WATCHED_PURGED] = UINT64_MAX;
	take(&watched, &row, 1, 50 * SECOND + SECOND / 2);
	is_rate(watched.shown[0], WATCHED_FAULTS, 200);
	is_rate(watched.shown[0], WATCHED_REFILLS, 0);
	is_rate(watched.shown[0], WATCHED_CALLS, 0);
	is_rate(watched.shown[0], WATCHED_PURGED, 8192);

	/* Nothing passed: not known, and no division. */
	row = row_of(5, 1, "a");
	take(&watched, &row, 1, 50 * SECOND + SECOND / 2);
	is_rate(watched.shown[0], WATCHED_FAULTS, WATCHED_UNKNOWN);
	watched_free(&watched);
}

/* Counters of another process or program are none of this one's. */
static void others(void **state)
{
	struct watched watched = { .sort = COLUMN_PID };
	struct watched_row rows[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		rows[i] = row_of(i + 1, 1, "a");
	rows[3].counters[WATCHED_CALLS] = 10;
	take(&watched, rows, 4, SECOND);
	for (int i = 0; i < 4; i++) {
		rows[i] = row_of(i + 1, 1, "a");
		for (int r = 0; r < WATCHED_RATES; r++)
			rows[i].counters[r] = 100;
	}
	rows[0].start = 101;		/* another process of that number */
	rows[1].began = 8;		/* another program */
	rows[2].has_figures = false;
	rows[3].counters[WATCHED_CALLS] = 9;	/* makes no sense */
	take(&watched, rows, 4, 2 * SECOND);
	is_rate(watched.shown[0], WATCHED_FAULTS, WATCHED_UNKNOWN);
	is_rate(watched.shown[0], WATCHED_REFILLS, WATCHED_UNKNOWN);
	is_rate(watched.shown[1], WATCHED_FAULTS, 100);
	is_rate(watched.shown[1], WATCHED_REFILLS, WATCHED_UNKNOWN);
	is_rate(watched.shown[2], WATCHED_FAULTS, 100);
	is_rate(watched.shown[2], WATCHED_PURGED, WATCHED_UNKNOWN);
	is_rate(watched.shown[3], WATCHED_REFILLS, 100);
	is_rate(watched.shown[3], WATCHED_CALLS, WATCHED_UNKNOWN);
	watched_free(&watched);
}

/* Those that came and went meanwhile, in any order. */
static void come_and_go(void **state)
{
	static const pid_t first[] = { 9, 2, 7, 4 };
	static const pid_t second[] = { 8, 4, 9, 1 };
	struct watched watched = { .sort = COLUMN_PID };
	struct watched_row rows[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		rows[i] = row_of(first[i], 1, "a");
	take(&watched, rows, 4, SECOND);
	for (int i = 0; i < 4; i++) {
		rows[i] = row_of(second[i], 1, "a");
		rows[i].counters[WATCHED_FAULTS] = 3;
	}
	take(&watched, rows, 4, 2 * SECOND);
	is_shown(&watched, 0, 1);
	is_rate(watched.shown[0], WATCHED_FAULTS, WATCHED_UNKNOWN);
	is_shown(&watched, 1, 4);
	is_rate(watched.shown[1], WATCHED_FAULTS, 3);
	is_shown(&watched, 2, 8);
	is_rate(watched.shown[2], WATCHED_FAULTS, WATCHED_UNKNOWN);
	is_shown(&watched, 3, 9);
	is_rate(watched.shown[3], WATCHED_FAULTS, 3);
	take(&watched, rows, 0, 3 * SECOND);
	assert_int_equal(watched.shown_count, 0);
	watched_free(&watched);
}

/* ---- order and choice ---- */

static void order(void **state)
{
	struct watched watched = { .sort = COLUMN_RSS };
	struct watched_row rows[3] = {
		row_of(1, 10, "b"), row_of(2, 30, "a"), row_of(3, 20, "c"),
	};

	(void)state;
	rows[2].has_figures = false;
	rows[0].rates[WATCHED_FAULTS] = 1;
	rows[1].rates[WATCHED_FAULTS] = 5;
	take(&watched, rows, 3, 0);
	is_shown(&watched, 0, 2);
	is_shown(&watched, 1, 3);
	is_shown(&watched, 2, 1);
	watched.reverse = true;
	watched_arrange(&watched);
	is_shown(&watched, 0, 1);
	watched.reverse = false;
	watched.sort = COLUMN_USED;
	watched_arrange(&watched);
	is_shown(&watched, 0, 2);
	is_shown(&watched, 2, 3);	/* not known: last */
	watched.sort = COLUMN_FAULTS;
	watched_arrange(&watched);
	is_shown(&watched, 0, 2);
	is_shown(&watched, 2, 3);
	watched.sort = COLUMN_COMMAND;
	watched_arrange(&watched);
	is_shown(&watched, 0, 2);
	watched.sort = COLUMN_USER;	/* all the same: by number */
	watched.reverse = true;
	watched_arrange(&watched);
	is_shown(&watched, 0, 1);
	is_shown(&watched, 2, 3);
	watched_free(&watched);
}

static void choice(void **state)
{
	static const struct {
		const char *text;
		size_t count;
	} cases[] = {
		{ "", 3 }, { "NGIN", 1 }, { "web", 3 }, { "www", 3 },
		{ "balanced", 3 }, { "4711", 1 }, { "no such", 0 },
	};
	struct watched watched = { .sort = COLUMN_PID };
	struct watched_row rows[3] = {
		row_of(1, 1, "nginx"), row_of(4711, 2, "b"), row_of(3, 4, "c"),
	};

	(void)state;
	take(&watched, rows, 3, 0);
	assert_int_equal(watched.rss, 7);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		strcpy(watched.text, cases[i].text);
		watched_arrange(&watched);
		assert_int_equal(watched.shown_count, cases[i].count);
	}
	strcpy(watched.text, "4711");
	watched_arrange(&watched);
	assert_int_equal(watched.rss, 2);
	assert_int_equal(watched.used, 1);
	assert_int_equal(watched_place(&watched, 4711, 100), 0);
	assert_int_equal(watched_place(&watched, 4711, 101), 1);
	assert_int_equal(watched_place(&watched, 3, 100), 1);
	watched_free(&watched);
}

/* ---- columns ---- */

static void fits(void **state)
{
	int before = 0;

	(void)state;
	for (int width = 1; width <= 500; width++) {
		int widths[COLUMN_COUNT], sum = -1, columns = 0;

		columns_fit(width, widths);
		for (int c = 0; c < COLUMN_COUNT; c++) {
			assert_true(widths[c] >= 0);
			if (widths[c]) {
				sum += widths[c] + 1;
				columns++;
			}
		}
		assert_int_equal(sum, width);
		assert_true(widths[COLUMN_COMMAND] > 0);
		assert_true(columns >= before);
		before = columns;
		/* What 80 columns are to have. */
		if (width >= 80)
			assert_true(widths[COLUMN_PURGED] && columns >= 10);
	}
	assert_int_equal(before, COLUMN_COUNT);
}

/* Whatever the figures are, cells fit the columns, but for the texts. */
static void cells(void **state)
{
	static const uint64_t figures[] = {
		0, 1, 999, 1000, 1023, 1024, 102348, 1023487, UINT64_MAX,
	};
	struct watched_row row = row_of(1, 0, "a");
	int widths[COLUMN_COUNT];
	char cell[COLUMNS_CELL];

	(void)state;
	columns_fit(200, widths);
	for (size_t i = 0; i < UNIT_COUNT(figures); i++) {
		row.rss = row.used = row.committed = figures[i];
		for (int r = 0; r < WATCHED_RATES; r++)
			row.rates[r] = (double)figures[i] * 10;
		for (int c = 0; c < COLUMN_PRESET; c++) {
			columns_cell(cell, &row, (enum column)c, true);
			assert_true((int)strlen(cell) <= widths[c]);
			columns_cell(cell, &row, (enum column)c, false);
			assert_true(*cell);
		}
	}
	columns_brief(cell, 999, 1024);
	assert_string_equal(cell, "999");
	columns_brief(cell, 1536, 1024);
	assert_string_equal(cell, "1.5K");
	columns_brief(cell, 149.0 * 1048576, 1024);
	assert_string_equal(cell, "149M");
	columns_brief(cell, 1023.9 * 1048576, 1024);
	assert_string_equal(cell, "1.0G");
	row.rates[WATCHED_CALLS] = 0.5;
	columns_cell(cell, &row, COLUMN_CALLS, true);
	assert_string_equal(cell, "0.5");
	row.has_figures = false;
	columns_cell(cell, &row, COLUMN_USED, false);
	assert_string_equal(cell, "-");
	free(row.user);
	free(row.unit);
	free(row.command);
}

/* ---- keys ---- */

/* `count` processes, 1 to count, the last one the largest. */
static void look(struct view *view, size_t count, uint64_t rss_of_first)
{
	struct watched_row rows[40];

	assert_true(count <= UNIT_COUNT(rows));
	for (size_t i = 0; i < count; i++)
		rows[i] = row_of((pid_t)i + 1, i ? i : rss_of_first, "a");
	take(&view->watched, rows, count, 0);
	view_follow(view);
}

static struct view view_of(size_t count, size_t lines)
{
	struct view view = {
		.lines = lines, .delay = 2, .whose = { .any = true },
		.watched = { .sort = COLUMN_RSS },
	};

	look(&view, count, 0);
	return view;
}

static pid_t selected(const struct view *view)
{
	const struct watched_row *row = view_selected(view);

	return row ? row->pid : 0;
}

static enum view_does type(struct view *view, const char *keys)
{
	enum view_does does = VIEW_DRAW;

	for (; *keys; keys++)
		does = view_key(view, *keys == '\n' ? VIEW_ENTER : *keys);
	return does;
}

static void selection(void **state)
{
	struct view view = view_of(30, 10);

	(void)state;
	assert_int_equal(selected(&view), 30);
	look(&view, 31, 0);
	assert_int_equal(selected(&view), 31);	/* what comes first */
	view_key(&view, VIEW_DOWN);
	view_key(&view, VIEW_DOWN);
	assert_int_equal(selected(&view), 29);
	look(&view, 33, 0);
	assert_int_equal(selected(&view), 29);	/* it stays */
	assert_int_equal(view.at, 4);
	view_key(&view, VIEW_END);
	assert_int_equal(selected(&view), 1);
	assert_int_equal(view.first, 23);
	look(&view, 33, 1000);			/* it comes first now */
	assert_int_equal(selected(&view), 1);
	assert_int_equal(view.first, 0);
	view_key(&view, VIEW_PAGE_DOWN);
	assert_int_equal(view.at, 9);
	view_key(&view, VIEW_PAGE_UP);
	view_key(&view, VIEW_PAGE_UP);
	view_key(&view, VIEW_UP);
	assert_int_equal(view.at, 0);
	view_key(&view, VIEW_DOWN);
	assert_int_equal(selected(&view), 33);
	look(&view, 20, 1000);			/* it has ended */
	assert_int_equal(view.at, 1);
	assert_int_equal(selected(&view), 20);
	view_key(&view, VIEW_HOME);
	look(&view, 21, 0);
	assert_int_equal(selected(&view), 21);
	look(&view, 0, 0);
	assert_int_equal(selected(&view), 0);
	view_key(&view, VIEW_DOWN);
	view_key(&view, VIEW_ENTER);
	assert_int_equal(view.mode, VIEW_LIST);
	view_free(&view);
}

static void questions(void **state)
{
	struct view view = view_of(5, 10);

	(void)state;
	type(&view, "/3\n");
	assert_int_equal(view.watched.shown_count, 1);
	assert_int_equal(selected(&view), 3);
	type(&view, "/q");			/* a letter, not the end */
	assert_string_equal(view.answer, "q");
	view_key(&view, VIEW_ERASE);
	view_key(&view, VIEW_ERASE);
	assert_string_equal(view.answer, "");
	view_key(&view, VIEW_ESCAPE);
	assert_int_equal(view.question, VIEW_NONE);
	assert_int_equal(view.watched.shown_count, 1);
	type(&view, "/\n");
	assert_int_equal(view.watched.shown_count, 5);

	type(&view, "spid\n");
	assert_int_equal(view.watched.sort, COLUMN_PID);
	assert_int_equal(selected(&view), 1);
	type(&view, "sfautls\n");
	assert_int_equal(view.watched.sort, COLUMN_PID);
	assert_non_null(strstr(view.message, "did you mean 'faults'"));
	type(&view, "<");
	assert_string_equal(view.message, "");
	assert_int_equal(view.watched.sort, COLUMN_COMMAND);
	type(&view, ">>");
	assert_int_equal(view.watched.sort, COLUMN_USER);
	type(&view, "r");
	assert_true(view.watched.reverse);

	assert_int_equal(type(&view, "d0.5\n"), VIEW_READ);
	assert_true(view.delay > 0.49 && view.delay < 0.51);
	assert_int_equal(type(&view, "d0\n"), VIEW_DRAW);
	assert_non_null(strstr(view.message, "'0' is no number of seconds"));
	assert_true(view.delay > 0.49 && view.delay < 0.51);

	assert_int_equal(type(&view, "u0\n"), VIEW_READ);
	assert_false(view.whose.any);
	assert_int_equal(view.whose.uid, 0);
	assert_int_equal(type(&view, "uno-such-user\n"), VIEW_DRAW);
	assert_non_null(strstr(view.message, "there is no user"));
	assert_string_equal(view.user, "0");
	assert_int_equal(type(&view, "u\n"), VIEW_READ);
	assert_true(view.whose.any);
	assert_string_equal(view.user, "");
	assert_int_equal(type(&view, " "), VIEW_READ);
	assert_int_equal(type(&view, "q"), VIEW_QUIT);
	assert_int_equal(view_key(&view, VIEW_GONE), VIEW_QUIT);
	view_free(&view);
}

static void texts(void **state)
{
	struct view view = view_of(5, 4);

	(void)state;
	type(&view, "h");
	assert_int_equal(view.mode, VIEW_HELP);
	assert_true(view.text_lines > 4);
	view_key(&view, VIEW_END);
	assert_int_equal(view.text_first, view.text_lines - 4);
	type(&view, "q");
	assert_int_equal(view.mode, VIEW_LIST);
	assert_null(view.text);

	view_key(&view, VIEW_DOWN);
	assert_int_equal(type(&view, "\n"), VIEW_READ);
	assert_int_equal(view.mode, VIEW_DETAILS);
	assert_int_equal(view.pid, 4);
	view_set_text(&view, copy("1\n2\n"));
	assert_int_equal(view.text_lines, 2);
	look(&view, 2, 0);		/* it has ended, and is still shown */
	assert_int_equal(view.pid, 4);
	view_key(&view, VIEW_ESCAPE);
	assert_int_equal(view.mode, VIEW_LIST);
	assert_int_equal(view.pid, 1);
	view_free(&view);
}

static void delays(void **state)
{
	static const char *const wrong[] = {
		"", " 1", "-1", "0", "0.09", "86401", "1e3", "inf", "nan",
		"0x10", "1.2.3", ".", "1s",
	};
	double delay = 7;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
		assert_false(questions_delay(wrong[i], &delay));
	assert_true(delay > 6.9 && delay < 7.1);
	assert_true(questions_delay("0.1", &delay));
	assert_true(questions_delay("86400", &delay));
	assert_true(delay > 86399);
}

/* Any keys, with processes that come and go, and windows of all sizes. */
static void any_keys(void **state)
{
	static const char keys[] = "qh?<>srud/ jk0.5pid\n3";
	struct view view = view_of(10, 5);
	uint64_t seed = 3;

	(void)state;
	for (size_t i = 0; i < check_count(200000); i++) {
		uint64_t what = random_below(&seed, 100);

		if (what < 50)
			view_key(&view, (int)(VIEW_NO_KEY +
				 (int)random_below(&seed, 15)));
		else if (what < 90)
			view_key(&view, keys[random_below(&seed,
							 sizeof(keys) - 1)]);
		else if (what < 95)
			view.lines = (size_t)random_below(&seed, 8);
		else
			look(&view, (size_t)random_below(&seed, 40),
			     random_below(&seed, 60));
		view_follow(&view);
		assert_true(view.at < view.watched.shown_count ||
			    (!view.at && !view.watched.shown_count));
		assert_true(view.first <= view.at);
		assert_true(view.at < view.first +
			    (view.lines ? view.lines : 1));
		assert_true(!view.text_first ||
			    view.text_first < view.text_lines);
	}
	view_free(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_pages),
		cmocka_unit_test(known_none),
		cmocka_unit_test(rates),
		cmocka_unit_test(others),
		cmocka_unit_test(come_and_go),
		cmocka_unit_test(order),
		cmocka_unit_test(choice),
		cmocka_unit_test(fits),
		cmocka_unit_test(cells),
		cmocka_unit_test(selection),
		cmocka_unit_test(questions),
		cmocka_unit_test(texts),
		cmocka_unit_test(delays),
		cmocka_unit_test(any_keys),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
