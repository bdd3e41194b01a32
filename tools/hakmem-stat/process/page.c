/* SPDX-License-Identifier: MIT */
/*
 * page.c - see page.h.
 */
#define _GNU_SOURCE
#include "process/page.h"

#include "common/util.h"
#include "stats/page.h"

#include <stdlib.h>
#include <string.h>

/* More than any page has. */
#define ROWS_MAX	1024u
#define ROW_MAX		256u
#define SECTIONS_MAX	256u
#define TEXT_MAX	(1u << 20)
#define SECTION_MAX	(1u << 20)
#define BLOCKS_MAX	(1u << 16)
#define COUNT_MAX	4096u
#define ELEMENTS_MAX	((size_t)1 << 16)	/* of all values */
/*
 * For the bytes that are read and the words that are added: enough for 65,536
 * heaps, and less than a second.
 */
#define WORK_MAX	((uint64_t)1 << 30)
#define RECORDS_MAX	(1u << 27)
#define RECORD_MAX	1024u
#define NAME_MAX_LEN	100u

/* Records that are read at once. */
#define RECORDS_PIECE	4096u

/* What every header has; pages before the map end there. */
#define HEAD_LEAST	offsetof(struct hk_page, map)

struct source {
	page_read *read;
	void *arg;
	bool keep;		/* what each heap has */
	bool linked;		/* the list of heaps was read */
	struct hk_page head;
	size_t elements;	/* of all values */
	uint64_t work;		/* done so far */
};

/*
 * `n` structs of `size` bytes each as the page has them, into ours of `want`
 * bytes: what theirs have more is not known here, what they have less is 0.
 */
static void *load_structs(struct source *s, uint64_t at, size_t n,
			  size_t size, size_t want)
{
	char *theirs = util_resize(NULL, n, size);
	char *ours = NULL;

	if (s->read(s->arg, at, theirs, n * size)) {
		ours = util_resize(NULL, n, want);
		memset(ours, 0, n * want);
		for (size_t i = 0; i < n; i++)
			memcpy(ours + i * want, theirs + i * size,
			       size < want ? size : want);
	}
	free(theirs);
	return ours;
}

static bool load_text(struct page *page, struct source *s)
{
	size_t len = s->head.text_size;

	page->text = util_resize(NULL, len + 2, 1);
	/* So that a name and a help end, whatever is there. */
	page->text[len] = page->text[len + 1] = '\0';
	return s->read(s->arg, s->head.text, page->text, len);
}

/* ---- values ---- */

static bool fits(const struct hk_page_row *row, uint32_t size)
{
	uint64_t end = row->offset;

	if (!row->count || row->count > COUNT_MAX || row->shift > 63)
		return false;
	end += (uint64_t)(row->count - 1) * row->stride + row->width;
	return end <= size;
}

static uint64_t word(const char *from, unsigned int width)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (width) {
	case 1:
		memcpy(&u8, from, 1);
		return u8;
	case 2:
		memcpy(&u16, from, 2);
		return u16;
	case 4:
		memcpy(&u32, from, 4);
		return u32;
	case 8:
		memcpy(&u64, from, 8);
		return u64;
	default:
		return 0;
	}
}

/* Adds the bytes of one block to each value of the section. */
static void add_block(struct page *page, const struct hk_page_row *rows,
		      uint32_t section, const char *bytes)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct hk_page_row *row = &rows[i];
		struct page_value *value = &page->values[i];

		if (row->section != section || row->type == HK_PAGE_LABEL)
			continue;
		for (size_t k = 0; k < value->count; k++)
			value->elements[k] += word(bytes + row->offset +
						   k * row->stride,
						   row->width) << row->shift;
	}
}

/* The block at address `at` is the next heap's: its values are kept. */
static void keep_heap(struct page *page, const struct hk_page_row *rows,
		      uint32_t section, const char *bytes, uint64_t at)
{
	size_t heap = page->heaps;
	bool full = !(heap & (heap - 1));	/* room is a power of two */
	size_t room = heap ? 2 * heap : 1;

	if (full)
		page->heap_at = util_resize(page->heap_at, room,
					    sizeof(*page->heap_at));
	page->heap_at[heap] = at;
	for (size_t i = 0; i < page->count; i++) {
		const struct hk_page_row *row = &rows[i];
		struct page_value *value = &page->values[i];

		if (row->section != section || !value->count)
			continue;
		if (full)
			value->of_heaps = util_resize(value->of_heaps,
						      room * value->count,
						      sizeof(uint64_t));
		for (size_t k = 0; k < value->count; k++)
			value->of_heaps[heap * value->count + k] =
				word(bytes + row->offset + k * row->stride,
				     row->width) << row->shift;
	}
}

static void load_section(struct page *page, struct source *s,
			 const struct hk_page_row *rows, uint32_t number,
			 const struct hk_page_section *section)
{
	char *bytes = util_resize(NULL, section->size, 1);
	uint64_t cost = section->size +
		(page->count + s->elements) * sizeof(uint64_t);
	uint64_t at = section->at;

	if (!section->link && s->read(s->arg, at, bytes, section->size))
		add_block(page, rows, number, bytes);
	/* There is one list: what is kept of each heap is of its rows. */
	if (!section->link || s->linked ||
	    !s->read(s->arg, at, &at, sizeof(at)))
		at = 0;
	s->linked |= section->link != 0;
	while (at && page->heaps < BLOCKS_MAX && s->work + cost <= WORK_MAX &&
	       s->read(s->arg, at, bytes, section->size)) {
		s->work += cost;
		add_block(page, rows, number, bytes);
		if (s->keep)
			keep_heap(page, rows, number, bytes, at);
		page->heaps++;
		memcpy(&at, bytes + section->link, sizeof(at));
	}
	free(bytes);
}

/* The address of the next block is within each block. */
static bool is_sound(const struct hk_page_section *section)
{
	if (!section->at || section->size > SECTION_MAX)
		return false;
	return !section->link ||
		(uint64_t)section->link + sizeof(uint64_t) <= section->size;
}

/* A value in a table: where it is in each record. */
static void make_field(struct page *page, struct page_value *value,
		       const struct hk_page_row *row,
		       const struct hk_page_section *section)
{
	if (!section->many || section->many_shift > 63 ||
	    row->shift > 63 || row->width > sizeof(uint64_t) ||
	    (uint64_t)row->offset + row->width > section->size)
		return;
	page->table = (struct page_table){
		.at = section->at,
		.many = section->many,
		.many_shift = section->many_shift,
		.size = section->size,
	};
	value->offset = row->offset;
	value->width = row->width;
	value->shift = row->shift;
}

static void make_values(struct page *page, struct source *s,
			const struct hk_page_row *rows,
			const struct hk_page_section *sections)
{
	page->count = s->head.rows;
	page->values = util_resize(NULL, page->count, sizeof(*page->values));
	for (size_t i = 0; i < page->count; i++) {
		const struct hk_page_row *row = &rows[i];
		struct page_value *value = &page->values[i];
		size_t name = row->name < s->head.text_size ? row->name :
			s->head.text_size;
		const char *text = page->text + name;

		*value = (struct page_value){
			.name = text,
			.help = text + strlen(text) + 1,
			.type = (char)row->type,
			.unit = (char)row->unit,
			.index = (char)row->index,
			.first = row->first,
		};
		/* Else of no use: a later kind of row, or nonsense. */
		if (row->section < s->head.sections && *value->name &&
		    is_sound(&sections[row->section])) {
			if (row->index == HK_PAGE_UNIT)
				make_field(page, value, row,
					   &sections[row->section]);
			else if (fits(row, sections[row->section].size) &&
				 s->elements + row->count <= ELEMENTS_MAX)
				value->count = row->count;
		}
		s->elements += value->count;
		value->elements = util_resize(NULL, value->count,
					      sizeof(uint64_t));
		memset(value->elements, 0, value->count * sizeof(uint64_t));
	}
}

/* ---- the page ---- */

static const char *check_head(const struct hk_page *head)
{
	if (memcmp(head->magic, HK_PAGE_MAGIC, sizeof(head->magic)) != 0)
		return "it has no statistics page that can be read";
	if (head->abi > HK_PAGE_ABI)
		return "its statistics page is of a later kind: a newer "
			"hakmem-stat is needed";
	if (head->abi < HK_PAGE_ABI)
		return "its statistics page is of an earlier kind: an older "
			"hakmem-stat is needed";
	if (!head->pid)
		return "its statistics page is not in use: the library has "
			"not started yet, or stats_page is 0";
	if (head->rows > ROWS_MAX || head->row_size > ROW_MAX ||
	    head->row_size < 8 || head->section_size < 8 ||
	    head->section_size > ROW_MAX || head->sections > SECTIONS_MAX ||
	    head->text_size > TEXT_MAX || head->size < HEAD_LEAST)
		return "its statistics page makes no sense";
	return NULL;
}

static const char *load_values(struct page *page, struct source *s,
			       const struct hk_page_row *rows,
			       const struct hk_page_section *sections)
{
	if (!load_text(page, s) || !rows || !sections)
		return "its statistics page cannot be read";
	make_values(page, s, rows, sections);
	for (uint32_t i = 0; i < s->head.sections; i++)
		if (is_sound(&sections[i]) && !sections[i].many)
			load_section(page, s, rows, i, &sections[i]);
	return NULL;
}

static const char *load(struct page *page, page_read *read, void *arg,
			uint64_t at, bool keep)
{
	struct source s = { .read = read, .arg = arg, .keep = keep };
	struct hk_page_section *sections;
	struct hk_page_row *rows;
	const char *why;

	*page = (struct page){ 0 };
	if (!read(arg, at, &s.head, sizeof(s.head)))
		return "its statistics page cannot be read";
	why = check_head(&s.head);
	if (why)
		return why;
	page->pid = s.head.pid;
	page->abi = s.head.abi;
	page->start_ns = s.head.start_ns;
	if (s.head.size >= sizeof(s.head))
		page->map = s.head.map;
	rows = load_structs(&s, s.head.schema, s.head.rows, s.head.row_size,
			    sizeof(*rows));
	sections = load_structs(&s, at + s.head.size, s.head.sections,
				s.head.section_size, sizeof(*sections));
	why = load_values(page, &s, rows, sections);
	free(rows);
	free(sections);
	return why;
}

const char *page_load(struct page *page, page_read *read, void *arg,
		      uint64_t at)
{
	return load(page, read, arg, at, false);
}

const char *page_load_heaps(struct page *page, page_read *read, void *arg,
			    uint64_t at)
{
	return load(page, read, arg, at, true);
}

/* ---- its table ---- */

static void pass_record(const char *record,
			const struct page_value *const *fields, size_t names,
			page_record *each, void *arg)
{
	uint64_t values[PAGE_NAMES_MAX];

	for (size_t i = 0; i < names; i++)
		values[i] = word(record + fields[i]->offset,
				 fields[i]->width) << fields[i]->shift;
	each(arg, values);
}

const char *page_records(const struct page *page, page_read *read,
			 void *read_arg, const char *const *names,
			 page_record *each, void *arg)
{
	const struct page_value *fields[PAGE_NAMES_MAX];
	const struct page_table *table = &page->table;
	uint64_t at = 0, many = 0;
	bool ok = true;
	size_t n = 0;
	char *piece;

	for (; names[n] && n < PAGE_NAMES_MAX; n++) {
		fields[n] = page_find(page, names[n]);
		if (!fields[n] || !fields[n]->width)
			return "its statistics page does not tell what its "
				"slabs are: another hakmem-stat is needed";
		/* Fields of several tables, or of one that has no records. */
		if (fields[n]->offset + fields[n]->width > table->size ||
		    table->size > RECORD_MAX)
			return "its statistics page makes no sense";
	}
	if (!read(read_arg, table->at, &at, sizeof(at)) ||
	    !read(read_arg, table->many, &many, sizeof(many)))
		return "its slabs cannot be read";
	many >>= table->many_shift;
	if (many > RECORDS_MAX)
		return "its statistics page makes no sense";
	piece = util_resize(NULL, RECORDS_PIECE, table->size);
	for (uint64_t i = 0; at && ok && i < many; i += RECORDS_PIECE) {
		size_t left = many - i < RECORDS_PIECE ? (size_t)(many - i) :
			RECORDS_PIECE;

		ok = read(read_arg, at + i * table->size, piece,
			  left * table->size);
		for (size_t k = 0; ok && k < left; k++)
			pass_record(piece + k * table->size, fields, n, each,
				    arg);
	}
	free(piece);
	return ok ? NULL : "its slabs cannot be read";
}

/* ---- its values ---- */

const struct page_value *page_find(const struct page *page, const char *name)
{
	for (size_t i = 0; i < page->count; i++)
		if (!strcmp(page->values[i].name, name))
			return &page->values[i];
	return NULL;
}

uint64_t page_total(const struct page_value *value)
{
	uint64_t n = 0;

	for (size_t i = 0; value && i < value->count; i++)
		n += value->elements[i];
	return n;
}

uint64_t page_sum(const struct page *page, const char *name)
{
	return page_total(page_find(page, name));
}

bool page_is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len = strnlen(name, NAME_MAX_LEN + 1);

	return len && len <= NAME_MAX_LEN && strspn(name, letters) == len;
}

/* Its place among the elements of a value by class; false: it has none. */
static bool place_of(const struct page_value *value, size_t class, size_t *i)
{
	if (!value || class < value->first ||
	    class - value->first >= value->count)
		return false;
	*i = class - value->first;
	return true;
}

uint64_t page_element(const struct page_value *value, size_t class)
{
	size_t i;

	return place_of(value, class, &i) ? value->elements[i] : 0;
}

uint64_t page_of_class(const struct page *page, const char *name,
		       size_t class)
{
	return page_element(page_find(page, name), class);
}

uint64_t page_of_heap(const struct page *page, const char *name, size_t heap,
		      size_t class)
{
	const struct page_value *value = page_find(page, name);
	size_t i;

	return value && value->of_heaps && heap < page->heaps &&
		place_of(value, class, &i) ?
		value->of_heaps[heap * value->count + i] : 0;
}

void page_free(struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		free(page->values[i].elements);
		free(page->values[i].of_heaps);
	}
	free(page->heap_at);
	free(page->values);
	free(page->text);
	*page = (struct page){ 0 };
}
