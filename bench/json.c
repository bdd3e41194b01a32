/* SPDX-License-Identifier: MIT */
/*
 * json - documents are parsed into trees, looked at, and freed as a whole.
 *
 * What a server does all day: the tree of a document is many small nodes,
 * keys and strings, made in one go and in the order of the text, arrays that
 * grow as they are read, and a life of a few documents.  The texts are made
 * beforehand from random numbers, in memory of their own; a parser that
 * knows objects, arrays, strings, numbers and words makes the trees.
 *
 * The checksum of a tree must be that of its text before it is freed.
 */
#include "bench.h"

enum {
	TEXTS = 16,		/* different documents */
	ALIVE = 4,		/* trees at a time */
	TEXT_ROOM = 1 << 17,
	MEMBERS_MAX = 12,	/* of an object or an array */
	DEPTH_MAX = 5,
	STRING_MAX = 40,
	FIRST_ROOM = 4,		/* of an array; doubled when it is full */
};

enum kind { OBJECT = '{', ARRAY = '[', STRING = '"', NUMBER = '0' };

struct node {
	enum kind kind;
	uint32_t count;		/* members, or characters of a string */
	union {
		struct member *member;
		struct node **element;
		char *text;
		double number;
	} u;
};

/* An object's members are a list, in the order of the text. */
struct member {
	struct member *next;
	char *name;
	struct node *value;
};

struct document {
	char *text;
	size_t length;
	uint64_t sum;
};

/* --- making texts -------------------------------------------------------- */

struct writer {
	struct rng rng;
	char *at;
	uint64_t sum;		/* of the strings and numbers written */
};

static uint64_t add_to_sum(uint64_t sum, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3;
	return sum + length;
}

/* A string of small letters, in its quotes. */
static void write_string(struct writer *w, size_t longest)
{
	size_t length = rng_range(&w->rng, 1, longest);
	char *start;

	*w->at++ = '"';
	start = w->at;
	for (size_t i = 0; i < length; i++)
		*w->at++ = (char)('a' + rng_below(&w->rng, 26));
	w->sum = add_to_sum(w->sum, start, length);
	*w->at++ = '"';
}

static void write_value(struct writer *w, int depth);

static void write_members(struct writer *w, int depth, int object)
{
	size_t count = rng_range(&w->rng, 1, MEMBERS_MAX);

	*w->at++ = object ? '{' : '[';
	for (size_t i = 0; i < count; i++) {
		if (i)
			*w->at++ = ',';
		if (object) {
			write_string(w, 12);
			*w->at++ = ':';
		}
		write_value(w, depth + 1);
	}
	*w->at++ = object ? '}' : ']';
}

static void write_value(struct writer *w, int depth)
{
	size_t choice = rng_below(&w->rng, 10);

	if (depth < 2 || (depth < DEPTH_MAX && choice < 4)) {
		write_members(w, depth, choice % 2 == 0 || depth == 0);
	} else if (choice < 7) {
		write_string(w, STRING_MAX);
	} else {
		unsigned number = (unsigned)rng_below(&w->rng, 1000000);

		w->at += sprintf(w->at, "%u", number);
		w->sum += number;
	}
}

/* One of a size that its random numbers give: some KiB to some 100. */
static void document_new(struct document *d, uint64_t seed, uint64_t n)
{
	struct writer w = { .rng = rng_new(seed, n) };

	d->text = table_new(1, TEXT_ROOM);
	w.at = d->text;
	*w.at++ = '[';
	do {
		if (w.at > d->text + 1)
			*w.at++ = ',';
		write_value(&w, 1);
	} while (w.at < d->text + TEXT_ROOM / 8);
	*w.at++ = ']';
	d->length = (size_t)(w.at - d->text);
	if (d->length >= TEXT_ROOM)
		die("a text of %zu bytes", d->length);
	d->sum = w.sum;
}

/* --- parsing ------------------------------------------------------------- */

static uint64_t blocks;		/* made so far */

static void *make(size_t size)
{
	blocks++;
	return block_raw(size);
}

static struct node *parse(const char **at);

static void expect(const char **at, char c)
{
	if (**at != c)
		die("a '%c' where '%c' should be", **at, c);
	++*at;
}

/* A copy of the string that begins here, ended by a zero byte. */
static char *parse_string(const char **at, uint32_t *length)
{
	const char *start = *at + 1;
	const char *end = strchr(start, '"');
	size_t n = (size_t)(end - start);
	char *copy = make(n + 1);

	memcpy(copy, start, n);
	copy[n] = '\0';
	*length = (uint32_t)n;
	*at = end + 1;
	return copy;
}

static void parse_object(const char **at, struct node *node)
{
	struct member **last = &node->u.member;
	uint32_t length;

	do {
		struct member *m = make(sizeof(*m));

		++*at;
		m->name = parse_string(at, &length);
		expect(at, ':');
		m->value = parse(at);
		*last = m;
		last = &m->next;
		node->count++;
	} while (**at == ',');
	*last = NULL;
	expect(at, '}');
}

static void parse_array(const char **at, struct node *node)
{
	size_t room = 0;

	node->u.element = NULL;
	do {
		++*at;
		if (node->count == room) {
			room = room ? 2 * room : FIRST_ROOM;
			node->u.element = realloc(node->u.element,
				room * sizeof(struct node *));
			if (!node->u.element)
				die("realloc failed");
			blocks++;
		}
		node->u.element[node->count++] = parse(at);
	} while (**at == ',');
	expect(at, ']');
}

static struct node *parse(const char **at)
{
	struct node *node = make(sizeof(*node));
	char *end;

	node->count = 0;
	switch (**at) {
	case OBJECT:
		node->kind = OBJECT;
		parse_object(at, node);
		break;
	case ARRAY:
		node->kind = ARRAY;
		parse_array(at, node);
		break;
	case STRING:
		node->kind = STRING;
		node->u.text = parse_string(at, &node->count);
		break;
	default:
		node->kind = NUMBER;
		node->u.number = strtod(*at, &end);
		*at = end;
	}
	return node;
}

/* --- the tree ------------------------------------------------------------ */

/* Goes on with a checksum in the order in which the text was written. */
static uint64_t tree_sum(const struct node *node, uint64_t sum)
{
	switch (node->kind) {
	case OBJECT:
		for (struct member *m = node->u.member; m; m = m->next) {
			sum = add_to_sum(sum, m->name, strlen(m->name));
			sum = tree_sum(m->value, sum);
		}
		return sum;
	case ARRAY:
		for (uint32_t i = 0; i < node->count; i++)
			sum = tree_sum(node->u.element[i], sum);
		return sum;
	case STRING:
		return add_to_sum(sum, node->u.text, node->count);
	case NUMBER:
		return sum + (uint64_t)node->u.number;
	}
	die("a node of kind %d", (int)node->kind);
}

static void tree_delete(struct node *node)
{
	if (node->kind == OBJECT) {
		struct member *next;

		for (struct member *m = node->u.member; m; m = next) {
			next = m->next;
			tree_delete(m->value);
			free(m->name);
			free(m);
		}
	} else if (node->kind == ARRAY) {
		for (uint32_t i = 0; i < node->count; i++)
			tree_delete(node->u.element[i]);
		free(node->u.element);
	} else if (node->kind == STRING) {
		free(node->u.text);
	}
	free(node);
}

static void tree_end(struct node *tree, const struct document *d)
{
	if (tree_sum(tree, 0) != d->sum)
		die("a tree is not what its text was");
	tree_delete(tree);
}

int main(int argc, char **argv)
{
	struct document document[TEXTS];
	struct node *alive[ALIVE] = { NULL };
	const struct document *from[ALIVE] = { NULL };
	uint64_t count, seed;
	struct rng rng;
	double start;

	arg_help(argc, argv, "[DOCUMENTS [SEED]]\n"
		 "  DOCUMENTS  that are parsed (2000)\n"
		 "  SEED       of the random numbers (1)");
	count = arg_number(argc, argv, 1, "DOCUMENTS", 2000, 1, UINT64_MAX);
	seed = arg_number(argc, argv, 2, "SEED", 1, 0, UINT64_MAX);
	rng = rng_new(seed, TEXTS);
	for (size_t i = 0; i < TEXTS; i++)
		document_new(&document[i], seed, i);
	start = now();
	for (uint64_t n = 0; n < count; n++) {
		size_t slot = rng_below(&rng, ALIVE);
		const struct document *d =
			&document[rng_below(&rng, TEXTS)];
		const char *at = d->text;

		if (alive[slot])
			tree_end(alive[slot], from[slot]);
		alive[slot] = parse(&at);
		from[slot] = d;
		if (at != d->text + d->length)
			die("a text was not read to its end");
	}
	for (size_t slot = 0; slot < ALIVE; slot++)
		if (alive[slot])
			tree_end(alive[slot], from[slot]);
	report_ops("json", blocks, now() - start);
	return 0;
}
