/* SPDX-License-Identifier: MIT */
/*
 * What hakmem-stat reads of recordings: lines of JSON, whole, cut off at each
 * byte, and with each byte changed; the page that is made of it; and the JSON
 * by itself.
 */
#include "unit.h"

#include "common/scan.h"
#include "common/util.h"
#include "display/webpage.h"
#include "figures/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const text[] = {
	("{\"schema\":1,\"kind\":\"recording\",\"pid\":7,"
	 "\"command\":\"a\\u0041\",\"start_ns\":5,"
	 "\"counters\":[\"refills\",\"x\"]}\n"),
	("{\"time_ns\":10,\"elapsed_ns\":0,\"rss_bytes\":4096,"
	 "\"refills\":1}\n"),
	("{\"time_ns\":20,\"elapsed_ns\":10,\"rss_bytes\":8192,"
	 "\"refills\":4,\"late\":18446744073709551614}\n"),
	("{\"kind\":\"moment\",\"time_ns\":20,\"elapsed_ns\":10,"
	 "\"total_bytes\":8192,\"kernel_bytes\":8000,"
	 "\"rows\":{\"live\":8200,\"changed\":-8,\"new\":1},"
	 "\"base\":65536,\"unit\":32768,\"names\":[\"free\",\"a<b\"],"
	 "\"colors\":[4,9],\"idle\":[1,0],\"bytes\":[32768,65536],"
	 "\"live\":[0,99],\"resident\":[0,8192],\"cells\":[1,0,152,999]}\n"),
};
#define LINES (sizeof(text) / sizeof(text[0]))

static enum recording_line take(struct recording *recording, const char *line,
				size_t len)
{
	size_t column = 0;
	enum recording_line taken = recording_take(recording, line, len,
						   &column);

	if (taken == RECORDING_BROKEN)
		assert_true(column >= 1 && column <= len + 1);
	return taken;
}

/* Whatever was read, it is asked for as the commands do. */
static void ask(const struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		const struct series *series = &recording->series[i];
		uint64_t rise;

		assert_ptr_equal(recording_find(recording, series->name),
				 series);
		series_first(recording, series);
		series_last(recording, series);
		recording_rise(recording, series, &rise);
	}
	assert_true(recording_seconds(recording) >= 0);
}

/* Nothing in a recording becomes more than text in the page. */
static void make_page(const struct recording *recording)
{
	static const char end[] = "</body>\n</html>\n";
	struct util_text page;

	if (!recording->samples)
		return;
	util_text_open(&page);
	webpage_put(page.out, recording);
	util_text_close(&page);
	assert_true(page.len > sizeof(end) && page.len == strlen(page.bytes));
	assert_string_equal(page.bytes + page.len - strlen(end), end);
	for (size_t i = 0; i < page.len; i++)
		assert_true((unsigned char)page.bytes[i] >= ' ' ||
			    page.bytes[i] == '\n');
	assert_null(strstr(page.bytes, "a<b"));
	assert_null(strstr(page.bytes, "nan"));
	assert_null(strstr(page.bytes, "inf"));
	free(page.bytes);
}

static void whole(void **state)
{
	struct recording r = { .source = "test" };
	uint64_t rise;

	(void)state;
	for (size_t i = 0; i < LINES; i++)
		assert_int_equal(take(&r, text[i], strlen(text[i])),
				 RECORDING_TAKEN);
	ask(&r);
	assert_int_equal(r.samples, 2);
	assert_int_equal(r.count, 3);
	assert_string_equal(r.command, "aA");
	assert_true(recording_find(&r, "refills")->is_counter);
	assert_false(recording_find(&r, "rss_bytes")->is_counter);
	assert_int_equal(series_first(&r, recording_find(&r, "rss_bytes")),
			 4096);
	assert_true(series_last(&r, recording_find(&r, "late")) ==
		    UINT64_MAX - 1);
	assert_true(recording_find(&r, "late")->values[0] == SERIES_NONE);
	assert_true(recording_rise(&r, recording_find(&r, "refills"), &rise));
	assert_int_equal(rise, 3);
	assert_null(recording_find(&r, "time_ns"));
	make_page(&r);
	recording_free(&r);
}

/* A line counts where its last bracket is there, and not before. */
static void cut(void **state)
{
	(void)state;
	for (size_t line = 0; line < LINES; line++) {
		size_t all = strlen(text[line]);

		for (size_t len = 0; len <= all; len++) {
			struct recording r = { .source = "test" };
			char *copy = strndup(text[line], len);
			enum recording_line taken;

			assert_non_null(copy);
			for (size_t i = 0; i < line; i++)
				take(&r, text[i], strlen(text[i]));
			taken = take(&r, copy, len);
			assert_int_equal(taken == RECORDING_TAKEN,
					 len + 1 >= all);
			ask(&r);
			recording_free(&r);
			free(copy);
		}
	}
}

static void changed(void **state)
{
	static const char bytes[] = "\0\"\\{}[],:0-u \xff";

	(void)state;
	for (size_t line = 0; line < LINES; line++)
		for (size_t at = 0; at < strlen(text[line]); at++)
			for (size_t b = 0; b < sizeof(bytes) - 1; b++) {
				struct recording r = { .source = "test" };
				char *copy = strdup(text[line]);

				assert_non_null(copy);
				copy[at] = bytes[b];
				for (size_t i = 0; i < LINES; i++)
					take(&r, i == line ? copy : text[i],
					     strlen(text[i]));
				ask(&r);
				make_page(&r);
				recording_free(&r);
				free(copy);
			}
}

/* ---- moments ---- */

static void take_whole(struct recording *r)
{
	*r = (struct recording){ .source = "test" };
	for (size_t i = 0; i < LINES; i++)
		assert_int_equal(take(r, text[i], strlen(text[i])),
				 RECORDING_TAKEN);
}

static void moments(void **state)
{
	const struct moment *m;
	struct recording r;
	double share;

	(void)state;
	take_whole(&r);
	assert_int_equal(r.moment_count, 1);
	m = &r.moments[0];
	assert_int_equal(m->elapsed_ns, 10);
	assert_int_equal(m->explained.total, 8192);
	assert_int_equal(m->explained.rss, 8000);
	assert_int_equal(m->explained.bytes[EXPLAINED_LIVE], 8200);
	assert_int_equal(m->explained.bytes[EXPLAINED_CHANGED], -8);
	assert_int_equal(m->map->entry_count, 2);
	assert_string_equal(m->map->entries[1].name, "a<b");
	assert_int_equal(m->map->entries[1].resident, 8192);
	assert_int_equal(m->map->cell_count, 4);
	assert_ptr_equal(moment_cell(m->map, 0, &share),
			 &m->map->entries[0]);
	assert_null(moment_cell(m->map, 1, &share));
	assert_ptr_equal(moment_cell(m->map, 2, &share),
			 &m->map->entries[1]);
	assert_true(share == 0.5);
	/* Of an entry that it does not have. */
	assert_null(moment_cell(m->map, 3, &share));
	/* Only the last one has its map. */
	assert_int_equal(take(&r, text[3], strlen(text[3])), RECORDING_TAKEN);
	assert_null(r.moments[0].map);
	assert_non_null(r.moments[1].map);
	recording_free(&r);
}

/* One that says too much, too little, or what cannot be. */
static void no_moments(void **state)
{
	static const struct {
		const char *from, *to;
	} edits[] = {
		{ "\"colors\":[4,9]", "\"colors\":[4]" },
		{ "\"names\":[\"free\",", "\"names\":[" },
		{ "\"unit\":32768", "\"unit\":0" },
		{ "\"unit\":32768", "\"unit\":32769" },
		{ "\"unit\":32768", "\"unit\":9223372036854775808" },
		{ "\"unit\":32768,", "" },
		{ "\"base\":65536,", "" },
		{ "\"total_bytes\":8192,", "" },
		{ "\"kernel_bytes\":8000,", "" },
		{ "\"time_ns\":20,", "" },
		{ "\"elapsed_ns\":10,", "" },
		{ "\"rows\":{", "\"lines\":{" },
		{ "\"elapsed_ns\":10,", "\"elapsed_ns\":9," },
	};
	struct recording r;

	(void)state;
	take_whole(&r);
	for (size_t i = 0; i < UNIT_COUNT(edits); i++) {
		const char *at = strstr(text[3], edits[i].from);
		char *line;

		assert_non_null(at);
		line = util_format("%.*s%s%s", (int)(at - text[3]), text[3],
				   edits[i].to, at + strlen(edits[i].from));
		assert_int_equal(take(&r, line, strlen(line)),
				 RECORDING_BROKEN);
		free(line);
	}
	assert_int_equal(r.moment_count, 1);
	recording_free(&r);
}

/* Of more than there is room for every second one goes, and never the last. */
static void many_moments(void **state)
{
	struct recording r;
	uint64_t elapsed = 10;

	(void)state;
	take_whole(&r);
	for (int i = 0; i < 10000; i++) {
		char *line = util_format("{\"kind\":\"moment\",\"time_ns\":1,"
			"\"elapsed_ns\":%llu,%s",
			(unsigned long long)++elapsed,
			strstr(text[3], "\"total_bytes\""));

		assert_int_equal(take(&r, line, strlen(line)),
				 RECORDING_TAKEN);
		free(line);
	}
	assert_in_range(r.moment_count, 2000, 4096);
	assert_int_equal(r.moments[r.moment_count - 1].elapsed_ns, elapsed);
	assert_non_null(r.moments[r.moment_count - 1].map);
	for (size_t i = 1; i < r.moment_count; i++) {
		assert_null(r.moments[i - 1].map);
		assert_true(r.moments[i].elapsed_ns >
			    r.moments[i - 1].elapsed_ns);
	}
	make_page(&r);
	recording_free(&r);
}

/* The line of a moment, with a text so often behind `from`. */
static char *repeat(const char *from, const char *what, size_t times)
{
	const char *at = strstr(text[3], from) + strlen(from);
	struct util_text line;

	util_text_open(&line);
	fprintf(line.out, "%.*s", (int)(at - text[3]), text[3]);
	for (size_t i = 0; i < times; i++)
		fputs(what, line.out);
	fputs(at, line.out);
	util_text_close(&line);
	return line.bytes;
}

static void large_moments(void **state)
{
	char *most = repeat("\"cells\":[", "1,", MOMENT_CELLS - 4);
	char *more = repeat("\"cells\":[", "1,", MOMENT_CELLS - 3);
	char *entries = repeat("\"names\":[", "\"x\",", 100000);
	struct recording r;

	(void)state;
	take_whole(&r);
	assert_int_equal(take(&r, most, strlen(most)), RECORDING_TAKEN);
	make_page(&r);
	assert_int_equal(take(&r, more, strlen(more)), RECORDING_BROKEN);
	assert_int_equal(take(&r, entries, strlen(entries)),
			 RECORDING_BROKEN);
	recording_free(&r);
	free(most);
	free(more);
	free(entries);
}

/* More figures than there may be, and names that are none. */
static void many(void **state)
{
	struct recording r = { .source = "test" };
	char *line = malloc(1 << 20);
	size_t len;

	(void)state;
	assert_non_null(line);
	len = (size_t)sprintf(line, "{\"time_ns\":1,\"elapsed_ns\":0");
	for (int i = 0; i < 30000; i++)
		len += (size_t)sprintf(line + len, ",\"f%d\":%d", i, i);
	len += (size_t)sprintf(line + len, ",\"a b\":1}");
	take(&r, text[0], strlen(text[0]));
	assert_int_equal(take(&r, line, len), RECORDING_TAKEN);
	assert_true(r.count > 100 && r.count < 30000);
	assert_null(recording_find(&r, "a b"));
	recording_free(&r);
	free(line);
}

/* ---- JSON ---- */

static char told[1000];

static void tell(void *arg, const struct scan_leaf *leaf)
{
	size_t len = strlen(told);

	(void)arg;
	snprintf(told + len, sizeof(told) - len, "%s.%s=%s%s;", leaf->within,
		 leaf->name, leaf->text, leaf->is_string ? "s" : "");
}

static void is_json(const char *json, const char *leaves)
{
	*told = '\0';
	assert_int_equal(scan_object(json, tell, NULL), 0);
	assert_string_equal(told, leaves);
}

static void breaks_at(const char *json, size_t column)
{
	*told = '\0';
	assert_int_equal(scan_object(json, tell, NULL), column);
}

static void json(void **state)
{
	char deep[200];

	(void)state;
	is_json("{}", "");
	is_json(" { } \r\n", "");
	is_json("{\"a\":1,\"b\":\"x\"}", ".a=1;.b=xs;");
	is_json("{\"a\":[1,[2],{\"c\":null}],\"b\":{\"d\":true}}",
		".a=1;.a=2;a.c=null;b.d=true;");
	is_json("{\"a\":-0.5e+3,\"b\":0}", ".a=-0.5e+3;.b=0;");
	is_json("{\"\\\"\\\\\\n\\u0041\\u20ac\":[]}", "");
	is_json("{\"\\u0041\\u20ac\":\"\\u0000\"}", ".A?=?s;");
	breaks_at("", 1);
	breaks_at("[]", 1);
	breaks_at("{", 2);
	breaks_at("{}x", 3);
	breaks_at("{a:1}", 2);
	breaks_at("{\"a\" 1}", 6);
	breaks_at("{\"a\":}", 6);
	breaks_at("{\"a\":1,}", 8);
	breaks_at("{\"a\":01}", 6);
	breaks_at("{\"a\":1.}", 8);
	breaks_at("{\"a\":1e}", 8);
	breaks_at("{\"a\":\"\t\"}", 7);
	breaks_at("{\"a\":\"\\x\"}", 8);
	breaks_at("{\"a\":\"\\u00g0\"}", 11);
	breaks_at("{\"a\":nul}", 6);
	memset(deep, '[', sizeof(deep));
	memcpy(deep, "{\"a\":", 5);
	deep[sizeof(deep) - 1] = '\0';
	assert_true(scan_object(deep, tell, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(cut),
		cmocka_unit_test(changed), cmocka_unit_test(many),
		cmocka_unit_test(moments), cmocka_unit_test(no_moments),
		cmocka_unit_test(many_moments), cmocka_unit_test(large_moments),
		cmocka_unit_test(json),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
