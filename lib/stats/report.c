/* SPDX-License-Identifier: MIT */
/*
 * report.c - see report.h.  A record is written by one function for each
 * format; names are strings behind each other, one for each word, which need
 * no relocation in a library that every process loads.
 */
#include "stats/report.h"

#include <string.h>

/* Behind the field `size`, in the order of the struct. */
static const char stats_names[] =
	"live_bytes\0" "free_bytes\0" "committed_bytes\0" "reserved_bytes\0"
	"metadata_bytes\0" "huge_bytes\0" "heaps\0"
	"mmap_calls\0" "munmap_calls\0" "mremap_calls\0" "mprotect_calls\0"
	"madvise_calls\0" "madvise_failures\0"
	"superslabs_taken\0" "superslabs_freed\0" "fallback_mmaps\0"
	"purged_bytes\0" "refills\0" "slabs_retired\0" "remote_chains\0"
	"huge_allocs\0"
	"run_bytes\0" "cached_bytes\0" "sent_bytes\0" "slab_free_bytes\0"
	"slab_purged_bytes\0" "slab_uncarved_bytes\0" "slab_tail_bytes\0"
	"empty_slab_bytes\0" "cached_run_bytes\0" "dirty_bytes\0"
	"clean_bytes\0" "transit_bytes\0"
	"guarded_bytes\0" "guarded_allocs\0" "thp_bytes\0";

static const char class_names[] =
	"size\0" "slabs\0" "live\0" "cached\0" "free\0" "purged\0"
	"uncarved\0" "tail_bytes\0";

static const char heap_names[] =
	"id\0" "idle\0" "cached_bytes\0" "sent_bytes\0" "empty_slab_bytes\0"
	"cached_run_bytes\0" "refills\0" "slabs_retired\0" "remote_chains\0";

/* ---- text on its way ---- */

static void flush(struct hk_report *r)
{
	if (r->len && !r->err)
		r->err = r->write(r->arg, r->text, r->len);
	r->len = 0;
}

HK_COLD static void put(struct hk_report *r, const char *s)
{
	for (; *s; s++) {
		if (r->len == sizeof(r->text))
			flush(r);
		r->text[r->len++] = *s;
	}
}

/* `n` in decimal, at the end of `room`. */
static const char *number(char room[24], uint64_t n)
{
	char *p = room + 23;

	*p = '\0';
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return p;
}

HK_COLD static void put_number(struct hk_report *r, uint64_t n)
{
	char room[24];

	put(r, number(room, n));
}

/* ---- columns ---- */

#define LABEL_WIDTH	22
#define COLUMN_LEAST	8

static void pad(struct hk_report *r, size_t len, size_t width)
{
	for (; len < width; len++)
		put(r, " ");
}

/* As wide as its name, so that head and rows agree. */
HK_COLD static void put_column(struct hk_report *r, const char *name,
			       const char *s)
{
	pad(r, strlen(s), hk_max(strlen(name), COLUMN_LEAST) + 1);
	put(r, s);
}

HK_COLD static void text_head(struct hk_report *r, const char *what,
			      const char *names)
{
	put(r, "hakmem: ");
	put(r, what);
	pad(r, strlen(what), COLUMN_LEAST);
	for (; *names; names += strlen(names) + 1)
		put_column(r, names, names);
	put(r, "\n");
}

/* ---- records ---- */

HK_COLD static void text_totals(struct hk_report *r, const char *names,
				const uint64_t *words)
{
	for (; *names; names += strlen(names) + 1) {
		put(r, "hakmem: ");
		put(r, names);
		pad(r, strlen(names), LABEL_WIDTH);
		put_number(r, *words++);
		put(r, "\n");
	}
}

HK_COLD static void text_row(struct hk_report *r, const char *names,
			     const uint64_t *words)
{
	char room[24];

	put(r, "hakmem: ");
	pad(r, 0, COLUMN_LEAST);
	for (; *names; names += strlen(names) + 1)
		put_column(r, names, number(room, *words++));
	put(r, "\n");
}

HK_COLD static void json_record(struct hk_report *r, const char *names,
				const uint64_t *words)
{
	const char *between = "{\"";

	for (; *names; names += strlen(names) + 1) {
		put(r, between);
		put(r, names);
		put(r, "\":");
		put_number(r, *words++);
		between = ",\"";
	}
	put(r, "}");
}

HK_COLD static void xml_record(struct hk_report *r, const char *element,
			       const char *names, const uint64_t *words)
{
	put(r, "<");
	put(r, element);
	for (; *names; names += strlen(names) + 1) {
		put(r, " ");
		put(r, names);
		put(r, "=\"");
		put_number(r, *words++);
		put(r, "\"");
	}
	put(r, "/>\n");
}

static void row(struct hk_report *r, const char *element, const char *names,
		const uint64_t *words)
{
	switch (r->format) {
	case HK_REPORT_TEXT:
		text_row(r, names, words);
		break;
	case HK_REPORT_JSON:
		put(r, r->rows ? ",\n" : "\n");
		json_record(r, names, words);
		break;
	case HK_REPORT_XML:
		xml_record(r, element, names, words);
		break;
	}
	r->rows++;
}

/* ---- the whole ---- */

/* What readers of glibc's document look for. */
static void xml_as_glibc(struct hk_report *r, const struct hakmem_stats *s)
{
	put(r, "<total type=\"rest\" size=\"");
	put_number(r, s->free_bytes);
	put(r, "\"/>\n<total type=\"mmap\" size=\"");
	put_number(r, s->huge_bytes);
	put(r, "\"/>\n<system type=\"current\" size=\"");
	put_number(r, s->committed_bytes);
	put(r, "\"/>\n");
}

void hk_report_start(struct hk_report *r, enum hk_report_format format,
		     hk_report_write *write, void *arg,
		     const struct hakmem_stats *stats)
{
	const uint64_t *words = &stats->live_bytes;

	r->format = format;
	r->write = write;
	r->arg = arg;
	r->err = 0;
	r->len = 0;
	switch (format) {
	case HK_REPORT_TEXT:
		text_totals(r, stats_names, words);
		break;
	case HK_REPORT_JSON:
		put(r, "{\"schema\":1,\n\"totals\":");
		json_record(r, stats_names, words);
		break;
	case HK_REPORT_XML:
		put(r, "<malloc version=\"hakmem-1\">\n");
		xml_as_glibc(r, stats);
		xml_record(r, "totals", stats_names, words);
		break;
	}
}

static void list(struct hk_report *r, const char *json, const char *text,
		 const char *names)
{
	r->rows = 0;
	if (r->format == HK_REPORT_JSON)
		put(r, json);
	else if (r->format == HK_REPORT_TEXT)
		text_head(r, text, names);
}

void hk_report_classes(struct hk_report *r)
{
	list(r, ",\n\"classes\":[", "classes", class_names);
}

void hk_report_class(struct hk_report *r, const struct hk_class_figures *f)
{
	row(r, "class", class_names, &f->size);
}

void hk_report_heaps(struct hk_report *r)
{
	list(r, "],\n\"heaps\":[", "heaps", heap_names);
}

void hk_report_heap(struct hk_report *r, const struct hk_heap_figures *f)
{
	row(r, "heap", heap_names, &f->id);
}

int hk_report_end(struct hk_report *r)
{
	if (r->format == HK_REPORT_JSON)
		put(r, "]}\n");
	else if (r->format == HK_REPORT_XML)
		put(r, "</malloc>\n");
	flush(r);
	return r->err;
}
