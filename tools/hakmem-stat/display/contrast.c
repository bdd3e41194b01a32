/* SPDX-License-Identifier: MIT */
/*
 * contrast.c - see contrast.h.
 */
#include "display/contrast.h"

#include "display/table.h"

#include <math.h>
#include <stdio.h>

long double contrast_difference(const struct compared *row)
{
	return row->values[COMPARED_B] - row->values[COMPARED_A];
}

bool contrast_has_ratio(const struct compared *row)
{
	return compared_has_both(row) && row->values[COMPARED_A] != 0;
}

long double contrast_ratio(const struct compared *row)
{
	return row->values[COMPARED_B] / row->values[COMPARED_A];
}

/* ---- the table ---- */

enum { FIGURE, A, B, DIFFERENCE, RATIO, COLUMNS };

static const char *const columns[COLUMNS] = {
	"figure", "A", "B", "difference", "ratio"
};

static bool is_number(size_t column)
{
	return column != FIGURE;
}

void contrast_text(contrast_number text, const struct compared *row,
		   long double n, bool plus)
{
	const char *sign = n < 0 ? "-" : plus && n > 0 ? "+" : "";
	char digits[UTIL_BYTES_MAX];

	if (compared_is_bytes(row))
		util_bytes(digits, util_whole(fabsl(n)));
	else
		snprintf(digits, sizeof(digits), "%.*Lf", row->is_rate ? 1 : 0,
			 fabsl(n));
	snprintf(text, sizeof(contrast_number), "%s%s", sign, digits);
}

static void put_row(struct table *table, const struct compared *row)
{
	contrast_number text;

	table_text(table, row->name);
	for (int side = COMPARED_A; side < COMPARED_SIDES; side++) {
		contrast_text(text, row, row->values[side], false);
		table_text(table, row->has[side] ? text : "");
	}
	contrast_text(text, row, contrast_difference(row), true);
	table_text(table, compared_has_both(row) ? text : "");
	*text = '\0';
	if (contrast_has_ratio(row))
		snprintf(text, sizeof(text), "%.3Lf", contrast_ratio(row));
	table_text(table, text);
}

static void print_table(const struct contrast *contrast)
{
	struct table table;

	printf("%sA: %s\nB: %s%s\n", util_bold(stdout),
	       contrast->names[COMPARED_A], contrast->names[COMPARED_B],
	       util_plain(stdout));
	table_start(&table, COLUMNS);
	for (int c = 0; c < COLUMNS; c++)
		table_text(&table, columns[c]);
	for (size_t i = 0; i < contrast->comparison->count; i++) {
		const struct compared *row = &contrast->comparison->rows[i];

		if (row->values[COMPARED_A] != 0 ||
		    row->values[COMPARED_B] != 0)
			put_row(&table, row);
	}
	table_print(&table, is_number);
}

/* ---- CSV and JSON ---- */

/* The numbers of a row, in the order of the columns. */
struct numbers {
	struct {
		bool is_there;
		int decimals;
		long double n;
	} of[COLUMNS];
};

static struct numbers numbers_of(const struct compared *row)
{
	int decimals = row->is_rate ? 6 : 0;
	struct numbers numbers = { 0 };

	for (int c = A; c < COLUMNS; c++)
		numbers.of[c].decimals = c == RATIO ? 6 : decimals;
	numbers.of[A].is_there = row->has[COMPARED_A];
	numbers.of[A].n = row->values[COMPARED_A];
	numbers.of[B].is_there = row->has[COMPARED_B];
	numbers.of[B].n = row->values[COMPARED_B];
	numbers.of[DIFFERENCE].is_there = compared_has_both(row);
	numbers.of[DIFFERENCE].n = contrast_difference(row);
	numbers.of[RATIO].is_there = contrast_has_ratio(row);
	if (contrast_has_ratio(row))
		numbers.of[RATIO].n = contrast_ratio(row);
	return numbers;
}

static void print_number(const struct numbers *numbers, int c,
			 const char *none)
{
	if (numbers->of[c].is_there)
		printf("%.*Lf", numbers->of[c].decimals, numbers->of[c].n);
	else
		fputs(none, stdout);
}

static void print_csv(const struct contrast *contrast)
{
	puts("figure,a,b,difference,ratio");
	for (size_t i = 0; i < contrast->comparison->count; i++) {
		const struct compared *row = &contrast->comparison->rows[i];
		struct numbers numbers = numbers_of(row);

		print_csv_field(stdout, row->name);
		for (int c = A; c < COLUMNS; c++) {
			putchar(',');
			print_number(&numbers, c, "");
		}
		putchar('\n');
	}
}

static void print_json_row(const struct compared *row)
{
	static const char *const names[COLUMNS] = {
		"name", "a", "b", "difference", "ratio"
	};
	struct numbers numbers = numbers_of(row);

	fputs("{\"name\":", stdout);
	util_put_json(stdout, row->name);
	for (int c = A; c < COLUMNS; c++) {
		printf(",\"%s\":", names[c]);
		print_number(&numbers, c, "null");
	}
	putchar('}');
}

static void print_json_object(const struct contrast *contrast)
{
	fputs("{\"schema\":1,\"a\":", stdout);
	util_put_json(stdout, contrast->names[COMPARED_A]);
	fputs(",\"b\":", stdout);
	util_put_json(stdout, contrast->names[COMPARED_B]);
	fputs(",\"figures\":[", stdout);
	for (size_t i = 0; i < contrast->comparison->count; i++) {
		fputs(i ? "," : "", stdout);
		print_json_row(&contrast->comparison->rows[i]);
	}
	fputs("],\"failed\":[", stdout);
	for (size_t i = 0; i < contrast->count; i++) {
		fputs(i ? "," : "", stdout);
		util_put_json(stdout, contrast->failed[i]);
	}
	puts("]}");
}

void contrast_print(enum print_format format, const struct contrast *contrast)
{
	switch (format) {
	case PRINT_TABLE:
		print_table(contrast);
		break;
	case PRINT_CSV:
		print_csv(contrast);
		break;
	case PRINT_JSON:
		print_json_object(contrast);
		break;
	}
}
