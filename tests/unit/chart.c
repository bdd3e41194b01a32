/* SPDX-License-Identifier: MIT */
/*
 * The picture of a heap, from units that are made up: what each is shown as,
 * cells that are joined, the sheet at any width, the dots of the picture.
 */
#include "unit.h"

#include "display/canvas.h"
#include "display/font.h"
#include "display/picture.h"
#include "display/sheet.h"
#include "figures/chart.h"
#include "figures/palette.h"

#include <stdio.h>
#include <string.h>

#define BASE ((uint64_t)0x7f0000000000)

static const uint64_t heap_ids[] = { 1, 2, 300 };

static struct mapped_part part_at(size_t i, enum mapped_kind kind,
				  uint64_t live)
{
	struct mapped_part part = {
		.kind = kind, .start = BASE + i * HK_UNIT,
		.end = BASE + (i + 1) * HK_UNIT,
		.sum = { .bytes = HK_UNIT, .live = live,
			 .resident = HK_UNIT / 4 },
	};

	if (kind == MAPPED_SMALL || kind == MAPPED_MEDIUM)
		part.block = kind == MAPPED_SMALL ? 48 : 5000;
	if (kind == MAPPED_SMALL)
		part.heap = 1 + i % 3;
	return part;
}

static void start(struct chart *chart, enum chart_by by)
{
	chart_start(chart, by, HK_UNIT, heap_ids, 3);
}

static void put(struct chart *chart, size_t i, enum mapped_kind kind,
		uint64_t live)
{
	struct mapped_part part = part_at(i, kind, live);

	chart_add(chart, &part);
}

/* One unit of each kind of the arena, in their order; then some apart. */
static void fill(struct chart *chart, enum chart_by by)
{
	start(chart, by);
	for (int kind = 0; kind < MAPPED_KINDS; kind++)
		put(chart, (size_t)kind, (enum mapped_kind)kind,
		    kind == MAPPED_SMALL ? HK_UNIT * 3 / 4 :
		    kind == MAPPED_MEDIUM ? HK_UNIT / 4 :
		    kind == MAPPED_LARGE ? HK_UNIT : 0);
}

static void letters(void **state)
{
	static const char *const expected[] = {
		[CHART_STATE] = "SmLked.-", [CHART_FILL] = "729....-",
		[CHART_CLASS] = "cjL....-", [CHART_HEAP] = "1mL....-",
		[CHART_RESIDENT] = "rrrrrrr-",
	};
	struct chart chart;

	(void)state;
	for (int by = 0; chart_words[by]; by++) {
		char shown[MAPPED_KINDS] = "";

		fill(&chart, (enum chart_by)by);
		assert_int_equal(chart.base, BASE);
		assert_int_equal(chart.count, MAPPED_HUGE);
		for (size_t i = 0; i < chart.count; i++)
			shown[i] = chart_shown(&chart, i)->letter;
		assert_string_equal(shown, expected[by]);
		chart_free(&chart);
	}
}

/* Whatever is joined, the sums are those of the units. */
static void halves(void **state)
{
	struct mapped_sum sum = { 0 };
	uint64_t live = 0, bytes = 0;
	struct chart chart;

	(void)state;
	start(&chart, CHART_STATE);
	for (size_t i = 0; i < 1001; i++)
		put(&chart, i, i % 3 ? MAPPED_DIRTY : MAPPED_SMALL,
		    i % 3 ? 0 : 1000);
	chart_fit(&chart, 10);
	assert_int_equal(chart.count, 8);
	assert_int_equal(chart.unit, 128 * HK_UNIT);
	for (size_t i = 0; i < chart.count; i++) {
		live += chart.cells[i].live;
		bytes += chart.cells[i].bytes;
		assert_int_equal(chart_shown(&chart, i)->letter, 'd');
		assert_true(chart_share(&chart, i) > 0 &&
			    chart_share(&chart, i) < 0.1);
	}
	assert_int_equal(live, 334 * 1000);
	assert_int_equal(bytes, 1001 * HK_UNIT);
	for (size_t i = 0; i < chart.entries.count; i++)
		mapped_sum_add(&sum, &chart.entries.items[i].sum);
	assert_int_equal(sum.live, live);
	assert_int_equal(sum.bytes, bytes);
	chart_free(&chart);
}

/* Units at any place: at most so many cells, and what is put last is there. */
static void bounded(void **state)
{
	struct chart chart;
	size_t last = 0;

	(void)state;
	start(&chart, CHART_STATE);
	for (size_t i = 0; i < 100; i++) {
		last = i * i * 1000;
		put(&chart, last, MAPPED_DIRTY, 0);
		assert_true(chart.count <= CHART_CELLS_MAX);
		assert_int_equal(chart.count,
			last * HK_UNIT / chart.unit + 1);
	}
	assert_true(chart.unit > HK_UNIT);
	assert_int_equal(chart_shown(&chart, chart.count - 1)->letter, 'd');
	assert_null(chart_shown(&chart, 1));
	chart_free(&chart);
}

/* More entries than votes: what is most is found. */
static void majority(void **state)
{
	struct mapped_part part;
	struct chart chart;

	(void)state;
	start(&chart, CHART_CLASS);
	for (size_t i = 0; i < 1024; i++) {
		part = part_at(i, MAPPED_SMALL, 0);
		part.block = i % 2 ? 100 : (uint64_t)16 << i / 2 % 14;
		chart_add(&chart, &part);
	}
	chart_fit(&chart, 1);
	assert_int_equal(chart.count, 1);
	assert_int_equal(chart_shown(&chart, 0)->letter, 'd');
	chart_free(&chart);
}

static void legends(void **state)
{
	const struct chart_entry *legend[20];
	struct chart chart;
	size_t left, n;

	(void)state;
	fill(&chart, CHART_STATE);
	n = chart_legend(&chart, legend, 20, &left);
	assert_int_equal(n, MAPPED_KINDS);
	assert_int_equal(left, 0);
	chart_free(&chart);
	start(&chart, CHART_HEAP);
	for (size_t i = 0; i < 100; i++)
		put(&chart, 3 * i + (i > 80), MAPPED_SMALL, 0);
	n = chart_legend(&chart, legend, 6, &left);
	assert_int_equal(n, 1);
	assert_int_equal(left, 1);
	assert_string_equal(legend[0]->name, "small blocks of heap 1");
	assert_int_equal(legend[0]->sum.bytes, 81 * HK_UNIT);
	chart_free(&chart);
}

/* ---- the sheet ---- */

static struct mapped some_process(void)
{
	static char command[] = "web";

	return (struct mapped){ .pid = 4711, .command = command,
		.has_huge = true, .total = { 1 << 20, 1 << 19, 1 << 18,
		1 << 17 } };
}

static char *print(const struct chart *chart, int width, bool colors)
{
	struct mapped mapped = some_process();
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	sheet_print(out, chart, &mapped, width, colors);
	fclose(out);
	return text;
}

static size_t longest(const char *text)
{
	size_t most = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");

		most = len > most ? len : most;
		text += len + (text[len] == '\n');
	}
	return most;
}

static void sheets(void **state)
{
	struct chart chart;
	char *text;

	(void)state;
	fill(&chart, CHART_STATE);
	for (int width = 1; width < 200; width++) {
		text = print(&chart, width, false);
		/* An address and a sign are there, however little room. */
		assert_true(longest(text) <= (size_t)(width > 15 ? width :
						      15));
		assert_null(strchr(text, '\033'));
		free(text);
	}
	text = print(&chart, 80, false);
	assert_non_null(strstr(text, "process 4711, web\n"));
	assert_non_null(strstr(text, "a sign is 32.0 KiB, a row 2.0 MiB\n"));
	assert_non_null(strstr(text, "7f0000000000  SmLked.-\n"));
	assert_non_null(strstr(text, "  d  dirty"));
	free(text);
	text = print(&chart, 80, true);
	assert_non_null(strstr(text, "\033[48;5;"));
	assert_non_null(strstr(text, "\033[0m\n"));
	free(text);
	chart_free(&chart);
}

/* Rows that are like the one before are told once. */
static void same_rows(void **state)
{
	struct chart chart;
	char *text;

	(void)state;
	start(&chart, CHART_STATE);
	for (size_t i = 0; i < 640; i++)
		put(&chart, i, i < 64 ? MAPPED_LARGE : MAPPED_CLEAN, HK_UNIT);
	text = print(&chart, 80, false);
	assert_non_null(strstr(text, "LLLL\n7f0000200000  ...."));
	assert_non_null(strstr(text, "....\n*\n7f0001200000  ...."));
	free(text);
	chart_free(&chart);
}

/* ---- dots ---- */

static size_t dots_of(const struct canvas *canvas, uint8_t color)
{
	size_t n = 0;

	for (int i = 0; i < canvas->width * canvas->height; i++)
		n += canvas->dots[i] == color;
	return n;
}

static void canvases(void **state)
{
	struct canvas canvas;
	size_t dots = 0;

	(void)state;
	canvas_start(&canvas, 40, 20, PALETTE_WHITE);
	assert_int_equal(dots_of(&canvas, PALETTE_WHITE), 800);
	canvas_box(&canvas, -5, -5, 10, 10, PALETTE_RED);
	canvas_box(&canvas, 35, 15, 10, 10, PALETTE_RED);
	canvas_box(&canvas, 50, 50, 10, 10, PALETTE_RED);
	canvas_box(&canvas, 5, 5, -3, 4, PALETTE_RED);
	assert_int_equal(dots_of(&canvas, PALETTE_RED), 50);
	for (int y = 0; y < FONT_ROWS; y++)
		for (int x = 0; x < FONT_WIDTH; x++)
			dots += font_dot('A', x, y);
	assert_true(dots > 10 && dots < 60);
	assert_false(font_dot('A', 0, -1) || font_dot('A', 8, 5));
	canvas_text(&canvas, 10, 3, 1, "A", PALETTE_BLACK);
	assert_int_equal(dots_of(&canvas, PALETTE_BLACK), dots);
	canvas_text(&canvas, 10, 19, 2, "AAAAAAAA\377\n", PALETTE_BLACK);
	canvas_text(&canvas, -70, -3, 1, "AAAAAAAAAAAAAAAAAAAAA",
		    PALETTE_BLUE);
	assert_int_equal(canvas_text_width("abc", 2), 48);
	canvas_free(&canvas);
}

/* Each letter is unlike each other one. */
static void fonts(void **state)
{
	(void)state;
	for (char a = ' '; a < '~'; a++)
		for (char b = (char)(a + 1); b <= '~'; b++) {
			bool differ = false;

			for (int i = 0; i < FONT_WIDTH * FONT_ROWS; i++)
				differ |= font_dot(a, i % FONT_WIDTH,
						   i / FONT_WIDTH) !=
					font_dot(b, i % FONT_WIDTH,
						 i / FONT_WIDTH);
			assert_true(differ);
		}
}

static void pictures(void **state)
{
	struct mapped mapped = some_process();
	struct canvas canvas;
	struct chart chart;

	(void)state;
	start(&chart, CHART_STATE);
	for (size_t i = 0; i < 100; i++)
		put(&chart, i, MAPPED_DIRTY, 0);
	for (size_t i = 100; i < 120; i++)
		put(&chart, i, MAPPED_SMALL, HK_UNIT * 4 / 5);
	picture_draw(&canvas, &chart, &mapped, "title", "today");
	/* Boxes of 16 dots with a line, and those of the legend. */
	assert_int_equal(dots_of(&canvas, PALETTE_RED),
		100 * 15 * 15 + 13 * 13);
	assert_int_equal(dots_of(&canvas, PALETTE_BLUE),
		20 * 15 * 12 + 13 * 13);
	assert_int_equal(dots_of(&canvas, PALETTE_BLUE + PALETTE_COLORS),
		20 * 15 * 3);
	assert_true(dots_of(&canvas, PALETTE_BLACK) > 500);
	for (int i = 0; i < canvas.width * canvas.height; i++)
		assert_true(canvas.dots[i] < PALETTE_ALL);
	canvas_free(&canvas);
	chart_free(&chart);
}

/* From nothing to as much as there may be, by anything. */
static void sizes(void **state)
{
	static const size_t counts[] = { 0, 1, 65, 5000, PICTURE_CELLS_MAX };
	struct mapped mapped = some_process();
	struct canvas canvas;
	struct chart chart;

	(void)state;
	for (int by = 0; chart_words[by]; by++)
		for (size_t k = 0; k < 5; k++) {
			start(&chart, (enum chart_by)by);
			for (size_t i = 0; i < counts[k]; i++)
				put(&chart, i, MAPPED_SMALL, i % HK_UNIT);
			picture_draw(&canvas, &chart, &mapped, "title",
				     "today");
			assert_true(canvas.width < 2000);
			assert_true(canvas.height < CANVAS_MAX);
			canvas_free(&canvas);
			chart_free(&chart);
		}
}

/* What stands beside each other is not the same to a terminal either. */
static void palettes(void **state)
{
	(void)state;
	for (unsigned int a = PALETTE_FREE; a < PALETTE_STEPS; a++)
		for (unsigned int b = a + 1; b < PALETTE_STEPS; b++)
			assert_int_not_equal(palette_terminal(a),
				palette_terminal(b));
	assert_true(palette_is_dark(PALETTE_BLACK));
	assert_false(palette_is_dark(PALETTE_WHITE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters),
		cmocka_unit_test(halves),
		cmocka_unit_test(bounded),
		cmocka_unit_test(majority),
		cmocka_unit_test(legends),
		cmocka_unit_test(sheets),
		cmocka_unit_test(same_rows),
		cmocka_unit_test(canvases),
		cmocka_unit_test(fonts),
		cmocka_unit_test(pictures),
		cmocka_unit_test(sizes),
		cmocka_unit_test(palettes),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
