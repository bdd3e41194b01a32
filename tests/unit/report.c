/* SPDX-License-Identifier: MIT */
/*
 * Figures as text, JSON and XML: that each word has its name, that what is
 * longer than the buffer arrives whole, and that a failure is told.
 */
#include "unit.h"

#include "stats/report.h"

#include <stdio.h>

static char out[65536];
static size_t out_len;

static int collect(void *arg, const char *text, size_t len)
{
	(void)arg;
	assert_true(out_len + len < sizeof(out));
	memcpy(out + out_len, text, len);
	out_len += len;
	out[out_len] = '\0';
	return 0;
}

/* Word i of each record is i, so that a name tells its place. */
static void fill(uint64_t *words, size_t size)
{
	for (size_t i = 0; i < size / sizeof(*words); i++)
		words[i] = i;
}

static int write_all(enum hk_report_format format, hk_report_write *write,
	unsigned int rows)
{
	struct hk_class_figures class;
	struct hk_heap_figures heap;
	struct hakmem_stats stats;
	struct hk_report report;

	fill(&stats.size, sizeof(stats));
	fill(&class.size, sizeof(class));
	fill(&heap.id, sizeof(heap));
	out_len = 0;
	out[0] = '\0';
	hk_report_start(&report, format, write, NULL, &stats);
	hk_report_classes(&report);
	for (unsigned int i = 0; i < rows; i++)
		hk_report_class(&report, &class);
	hk_report_heaps(&report);
	for (unsigned int i = 0; i < rows; i++)
		hk_report_heap(&report, &heap);
	return hk_report_end(&report);
}

static void has(const char *before, size_t word, const char *behind)
{
	char want[80];

	snprintf(want, sizeof(want), "%s%zu%s", before, word, behind);
	if (!strstr(out, want))
		fail_msg("\"%s\" is missing in:\n%s", want, out);
}

#define WORD(type, field) (offsetof(struct type, field) / sizeof(uint64_t))

static void json(void **state)
{
	(void)state;
	assert_int_equal(write_all(HK_REPORT_JSON, collect, 2), 0);
	assert_memory_equal(out, "{\"schema\":1,", 12);
	has("{\"live_bytes\":", WORD(hakmem_stats, live_bytes), ",");
	has("\"huge_allocs\":", WORD(hakmem_stats, huge_allocs), ",");
	has("\"run_bytes\":", WORD(hakmem_stats, run_bytes), ",");
	has("\"transit_bytes\":", WORD(hakmem_stats, transit_bytes), ",");
	has("\"guarded_allocs\":", WORD(hakmem_stats, guarded_allocs), ",");
	has("\"thp_bytes\":", WORD(hakmem_stats, thp_bytes), "},");
	/* The last name stands for the last word. */
	assert_int_equal(WORD(hakmem_stats, thp_bytes) + 1,
		sizeof(struct hakmem_stats) / sizeof(uint64_t));
	has("\"classes\":[\n{\"size\":", 0, ",");
	has("\"tail_bytes\":", WORD(hk_class_figures, tail_bytes), "},\n{");
	assert_int_equal(WORD(hk_class_figures, tail_bytes) + 1,
		sizeof(struct hk_class_figures) / sizeof(uint64_t));
	has("\"heaps\":[\n{\"id\":", 0, ",");
	has("\"remote_chains\":", WORD(hk_heap_figures, remote_chains),
		"}]}\n");
	assert_int_equal(WORD(hk_heap_figures, remote_chains) + 1,
		sizeof(struct hk_heap_figures) / sizeof(uint64_t));
	assert_int_equal(write_all(HK_REPORT_JSON, collect, 0), 0);
	assert_non_null(strstr(out, "\"classes\":[],\n\"heaps\":[]}\n"));
}

static void text_and_xml(void **state)
{
	(void)state;
	assert_int_equal(write_all(HK_REPORT_TEXT, collect, 1), 0);
	has("hakmem: live_bytes            ", 1, "\n");
	for (char *line = out; *line; line = strchr(line, '\n') + 1)
		assert_memory_equal(line, "hakmem: ", 8);
	assert_int_equal(write_all(HK_REPORT_XML, collect, 1), 0);
	assert_memory_equal(out, "<malloc version=", 16);
	has("<system type=\"current\" size=\"",
		WORD(hakmem_stats, committed_bytes), "\"/>");
	has("<heap id=\"", 0, "\" idle=\"1\" ");
	assert_string_equal(out + out_len - 10, "</malloc>\n");
}

/* The sum of many small pieces is what one large buffer would have. */
static void long_text(void **state)
{
	size_t one, two;

	(void)state;
	write_all(HK_REPORT_XML, collect, 1);
	one = out_len;
	write_all(HK_REPORT_XML, collect, 2);
	two = out_len;
	write_all(HK_REPORT_XML, collect, 101);
	assert_int_equal(out_len, one + 100 * (two - one));
}

static unsigned int calls;

static int refuse(void *arg, const char *text, size_t len)
{
	(void)arg, (void)text, (void)len;
	return ++calls == 2 ? -ENOSPC : 0;
}

static void failure(void **state)
{
	(void)state;
	calls = 0;
	assert_int_equal(write_all(HK_REPORT_TEXT, refuse, 10), -ENOSPC);
	assert_int_equal(calls, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json),
		cmocka_unit_test(text_and_xml),
		cmocka_unit_test(long_text),
		cmocka_unit_test(failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
