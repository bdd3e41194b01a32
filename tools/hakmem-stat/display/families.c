/* SPDX-License-Identifier: MIT */
/*
 * families.c - see families.h.
 *
 * A value of a statistics page is a family, named as the page has it:
 *
 *   refills        counter        hakmem_refills_total
 *   purged_bytes   counter, bytes hakmem_purged_bytes_total
 *   run_bytes      gauge, bytes   hakmem_run_bytes
 *   option_dirty_min gauge, bytes hakmem_option_dirty_min_bytes
 *   option_dirty_budget, a share  hakmem_option_dirty_budget_ratio
 *
 * The pages are other processes' memory, of this version of the library or of
 * another one, and one bad line makes a collector refuse all of them.  So a
 * name that does not do is left out; the first page that has one says what it
 * is, and those that say something else are left out of it.  Root's processes
 * come first: what another user's process claims changes nothing of these.
 * And no process has more samples than a collector can bear.
 */
#define _GNU_SOURCE
#include "display/families.h"

#include "common/util.h"
#include "figures/options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX		"hakmem_"
#define HELP_MAX_LEN	1000

/* Several times what a process has that uses every size class. */
#define SAMPLES_MAX	4096

/* The same for families, of all processes: each is looked for among them. */
#define FAMILIES_MAX	1024u

struct printing {
	struct exposition *to;
	const struct listing *listing;
	/* Of each process, in the listing's order: */
	char **labels;
	size_t *samples;	/* printed of its page */
};

/* What a value of a page is; `value` is the first that was found. */
struct family {
	struct exposition_family shown;
	char *name;
	bool is_share;		/* in thousandths */
	const struct page_value *value;
};

struct families {
	struct family *items;
	size_t count;
};

/* Room for a number, or for seconds with their billionths. */
typedef char number[48];

/* ---- what is known of a process beside its page ---- */

static bool rss_of(const struct listed *item, number text)
{
	snprintf(text, sizeof(number), "%" PRIu64, item->rss);
	return true;
}

static bool used_of(const struct listed *item, number text)
{
	snprintf(text, sizeof(number), "%" PRIu64, item->used);
	return item->has_figures;
}

static bool committed_of(const struct listed *item, number text)
{
	snprintf(text, sizeof(number), "%" PRIu64, item->committed);
	return item->has_figures;
}

static bool heaps_of(const struct listed *item, number text)
{
	snprintf(text, sizeof(number), "%zu", item->page.heaps);
	return item->has_figures;
}

static bool start_of(const struct listed *item, number text)
{
	snprintf(text, sizeof(number), "%" PRIu64 ".%09" PRIu64,
		 item->page.start_ns / 1000000000,
		 item->page.start_ns % 1000000000);
	return item->has_figures;
}

static const struct exposition_family processes_family = {
	PREFIX "processes", EXPOSITION_GAUGE, "", "processes on libhakmem"
};
static const struct exposition_family closed_family = {
	PREFIX "processes_closed", EXPOSITION_GAUGE, "",
	"processes that could not be looked at"
};

static const struct {
	struct exposition_family shown;
	bool (*get)(const struct listed *item, number text);
} own[] = {
	{ { PREFIX "resident_bytes", EXPOSITION_GAUGE, "bytes",
	    "resident memory, that of files and other mappings included" },
	  rss_of },
	{ { PREFIX "used_bytes", EXPOSITION_GAUGE, "bytes",
	    "of the heap, not free: live blocks, and slabs of small ones" },
	  used_of },
	{ { PREFIX "committed_bytes", EXPOSITION_GAUGE, "bytes",
	    "taken from the system for the heap, resident or not" },
	  committed_of },
	{ { PREFIX "heaps", EXPOSITION_GAUGE, "", "heaps" }, heaps_of },
	{ { PREFIX "start_time_seconds", EXPOSITION_GAUGE, "seconds",
	    "when the library started there, since 1970" }, start_of },
};

#define OWN	(sizeof(own) / sizeof(own[0]))

static void print_own(const struct printing *p)
{
	for (size_t i = 0; i < OWN; i++)
		for (size_t j = 0; j < p->listing->count; j++) {
			number text;

			if (own[i].get(&p->listing->items[j], text))
				exposition_sample(p->to, &own[i].shown,
						  p->labels[j], "", text);
		}
}

static void print_counts(const struct printing *p)
{
	number text;

	snprintf(text, sizeof(text), "%zu", p->listing->count);
	exposition_sample(p->to, &processes_family, "", "", text);
	snprintf(text, sizeof(text), "%zu", p->listing->closed);
	exposition_sample(p->to, &closed_family, "", "", text);
}

/* ---- names ---- */

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);

	return len >= tail && !strcmp(name + len - tail, end);
}

/* The formats give these endings meanings of their own. */
static bool is_reserved(const char *name)
{
	static const char *const ends[] = { "_total", "_created", "_count",
		"_sum", "_bucket", "_gcount", "_gsum", "_info" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_in(name, ends[i]))
			return true;
	return false;
}

static bool is_name(const char *name)
{
	return page_is_name(name) && !is_reserved(name);
}

/* The sizes of the classes are labels of the others. */
static bool is_shown(const struct page_value *value)
{
	return value->count && is_name(value->name) &&
		strcmp(value->name, "class_size") != 0 &&
		(value->type == 'c' || value->type == 'g');
}

static bool has_help(const struct page_value *value)
{
	return *value->help && strlen(value->help) <= HELP_MAX_LEN;
}

static bool is_taken(const struct families *all, const char *name)
{
	if (!strcmp(name, processes_family.name) ||
	    !strcmp(name, closed_family.name))
		return true;
	for (size_t i = 0; i < OWN; i++)
		if (!strcmp(name, own[i].shown.name))
			return true;
	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(name, all->items[i].shown.name))
			return true;
	return false;
}

/* ---- the families of the pages ---- */

static void add_family(struct families *all, const struct page_value *value)
{
	bool is_bytes = value->unit == 'b';
	bool is_share = !is_bytes && options_is_share(value->name);
	bool lacks_unit = is_bytes && !ends_in(value->name, "_bytes");
	char *name = util_format(PREFIX "%s%s", value->name,
				 is_share ? "_ratio" :
				 lacks_unit ? "_bytes" : "");
	struct exposition_family shown = {
		.name = name,
		.type = value->type == 'c' ? EXPOSITION_COUNTER :
			EXPOSITION_GAUGE,
		.unit = is_bytes ? "bytes" : is_share ? "ratio" : "",
		.help = has_help(value) ? value->help : value->name,
	};

	if (is_taken(all, name)) {
		free(name);
		return;
	}
	all->items = util_resize(all->items, all->count + 1,
				 sizeof(*all->items));
	all->items[all->count++] = (struct family){ shown, name, is_share,
						   value };
}

static bool is_known(const struct families *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(all->items[i].value->name, name))
			return true;
	return false;
}

static void add_page(struct families *all, const struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct page_value *value = &page->values[i];

		if (all->count < FAMILIES_MAX && is_shown(value) &&
		    !is_known(all, value->name))
			add_family(all, value);
	}
}

/* What an element is of, as labels; "" where there is one of them only. */
static char *label_of(const struct page *page, const struct page_value *value,
		      size_t i)
{
	const struct page_value *sizes = page_find(page, "class_size");
	size_t n = value->first + i;

	if (!value->index && value->count == 1)
		return util_format("%s", "");
	if (value->index == 'c' && sizes && n < sizes->count)
		return util_format("class=\"%zu\",size=\"%" PRIu64 "\"", n,
				   sizes->elements[n]);
	if (value->index == 'c')
		return util_format("class=\"%zu\"", n);
	if (value->index == 'r')
		return util_format("rank=\"%zu\"", n);
	if (value->index == 't' && i < 64)
		return util_format("at_least_ns=\"%" PRIu64 "\"",
				   i ? (uint64_t)1 << i : 0);
	return util_format("element=\"%zu\"", n);
}

static void put_number(number text, const struct family *family, uint64_t n)
{
	if (family->is_share)
		snprintf(text, sizeof(number), "%" PRIu64 ".%03" PRIu64,
			 n / 1000, n % 1000);
	else
		snprintf(text, sizeof(number), "%" PRIu64, n);
}

/* Of several elements those that are 0 are left out: most are. */
static void print_value(const struct printing *p, const struct family *family,
			size_t process, const struct page_value *value)
{
	const struct page *page = &p->listing->items[process].page;

	for (size_t i = 0; i < value->count; i++) {
		char *label;
		number text;

		if (!value->elements[i] && (value->index || value->count > 1))
			continue;
		if (p->samples[process]++ >= SAMPLES_MAX)
			return;
		label = label_of(page, value, i);
		put_number(text, family, value->elements[i]);
		exposition_sample(p->to, &family->shown, p->labels[process],
				  label, text);
		free(label);
	}
}

static void print_family(const struct printing *p, const struct family *family)
{
	const struct page_value *first = family->value;

	for (size_t i = 0; i < p->listing->count; i++) {
		const struct page_value *value =
			page_find(&p->listing->items[i].page, first->name);

		if (value && value->type == first->type &&
		    value->unit == first->unit &&
		    value->index == first->index)
			print_value(p, family, i, value);
	}
}

static void print_pages(const struct printing *p)
{
	struct families all = { 0 };

	for (size_t i = 0; i < p->listing->count; i++)
		add_page(&all, &p->listing->items[i].page);
	for (size_t i = 0; i < all.count; i++)
		print_family(p, &all.items[i]);
	for (size_t i = 0; i < all.count; i++)
		free(all.items[i].name);
	free(all.items);
}

/* ---- all of it ---- */

static char *labels_of(const struct listed *item)
{
	struct util_text text;

	util_text_open(&text);
	fprintf(text.out, "pid=\"%ld\",", (long)item->pid);
	exposition_label(text.out, "comm", item->comm);
	fputc(',', text.out);
	exposition_label(text.out, "user", item->user);
	fputc(',', text.out);
	exposition_label(text.out, "unit", item->unit);
	util_text_close(&text);
	return text.bytes;
}

static int compare(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

void families_print(struct exposition *to, struct listing *listing, bool all)
{
	struct printing p = { .to = to, .listing = listing };

	if (listing->count)
		qsort(listing->items, listing->count, sizeof(*listing->items),
		      compare);
	p.labels = util_resize(NULL, listing->count, sizeof(*p.labels));
	p.samples = util_resize(NULL, listing->count, sizeof(*p.samples));
	for (size_t i = 0; i < listing->count; i++) {
		p.labels[i] = labels_of(&listing->items[i]);
		p.samples[i] = 0;
	}
	if (all)
		print_counts(&p);
	print_own(&p);
	print_pages(&p);
	exposition_end(to);
	for (size_t i = 0; i < listing->count; i++)
		free(p.labels[i]);
	free(p.labels);
	free(p.samples);
}
