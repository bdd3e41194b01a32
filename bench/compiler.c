/* SPDX-License-Identifier: MIT */
/*
 * compiler - function by function, in bursts, beside tables that stay.
 *
 * A file is compiled: for each function there is a syntax tree of small
 * nodes with lists that grow, an arena whose chunks become larger the longer
 * the function is, a graph of blocks whose instructions are replaced by
 * passes, and zeroed bitmaps for each pass.  At the end of the function all
 * of that is freed at once, the tree in the order of the tree.  What stays
 * are the symbols: names and entries of a table that is doubled as it fills,
 * a few of each function, spread over the whole run.
 */
#include "bench.h"

enum {
	STATEMENTS_MAX = 160,	/* of a function */
	CHILDREN_MAX = 4,
	CHUNK_FIRST = 4096,	/* bytes; each chunk is twice the last one */
	CHUNK_LAST = 1 << 18,
	PASSES = 4,
	SYMBOLS_FIRST = 256,	/* room of the table; doubled */
	NAME_MAX_LENGTH = 24,
};

static uint64_t blocks;		/* made so far */

static void *make(size_t size)
{
	blocks++;
	return block_raw(size);
}

/* --- the arena ----------------------------------------------------------- */

struct chunk {
	struct chunk *before;
	size_t size;
	size_t used;
};

static void *arena_take(struct chunk **arena, size_t size)
{
	struct chunk *c = *arena;
	void *p;

	size = (size + 15) & ~(size_t)15;
	if (!c || c->size - c->used < size) {
		size_t next = c ? c->size * 2 : CHUNK_FIRST;
		struct chunk *n = make(next < CHUNK_LAST ? next : CHUNK_LAST);

		n->size = next < CHUNK_LAST ? next : CHUNK_LAST;
		n->used = (sizeof(*n) + 15) & ~(size_t)15;
		n->before = c;
		*arena = c = n;
	}
	p = (char *)c + c->used;
	c->used += size;
	return p;
}

static void arena_end(struct chunk **arena)
{
	struct chunk *before;

	for (struct chunk *c = *arena; c; c = before) {
		before = c->before;
		free(c);
	}
	*arena = NULL;
}

/* --- the symbols --------------------------------------------------------- */

struct symbol {
	char *name;
	uint64_t hash;
	size_t length;
	struct symbol *next;	/* in its bucket */
};

struct table {
	struct symbol **bucket;
	size_t room;
	size_t count;
};

static void table_grow(struct table *t)
{
	size_t room = t->room ? 2 * t->room : SYMBOLS_FIRST;
	struct symbol **bucket = calloc(room, sizeof(struct symbol *));

	if (!bucket)
		die("calloc of %zu buckets failed", room);
	blocks++;
	for (size_t i = 0; i < t->room; i++) {
		struct symbol *next;

		for (struct symbol *s = t->bucket[i]; s; s = next) {
			next = s->next;
			s->next = bucket[s->hash % room];
			bucket[s->hash % room] = s;
		}
	}
	free(t->bucket);
	t->bucket = bucket;
	t->room = room;
}

static void symbol_add(struct table *t, struct rng *rng)
{
	struct symbol *s = make(sizeof(*s));

	if (t->count >= t->room)
		table_grow(t);
	s->hash = rng_next(rng);
	s->length = 4 + s->hash % NAME_MAX_LENGTH;
	s->name = make(s->length + 1);
	memset(s->name, (int)('a' + s->hash % 26), s->length);
	s->name[s->length] = '\0';
	s->next = t->bucket[s->hash % t->room];
	t->bucket[s->hash % t->room] = s;
	t->count++;
}

static void table_end(struct table *t)
{
	size_t found = 0;

	for (size_t i = 0; i < t->room; i++) {
		struct symbol *next;

		for (struct symbol *s = t->bucket[i]; s; s = next) {
			next = s->next;
			if (strlen(s->name) != s->length ||
			    s->name[0] != (char)('a' + s->hash % 26))
				die("a symbol has lost its name");
			free(s->name);
			free(s);
			found++;
		}
	}
	if (found != t->count)
		die("%zu symbols of %zu", found, t->count);
	free(t->bucket);
}

/* --- a function ---------------------------------------------------------- */

struct tree {
	uint32_t tag;		/* of its payload, which follows */
	uint32_t size;
	uint32_t count;
	uint32_t room;
	struct tree **child;
};

struct instruction {
	struct instruction *next;
	unsigned char *operand;
	size_t size;
};

static unsigned char *payload(struct tree *t)
{
	return (unsigned char *)(t + 1);
}

/* A node with 8 to 96 bytes of its own. */
static struct tree *tree_new(struct rng *rng, uint32_t tag)
{
	uint32_t size = (uint32_t)rng_range(rng, 8, 96);
	struct tree *t = make(sizeof(*t) + size);

	*t = (struct tree){ .tag = tag, .size = size };
	block_mark(payload(t), size, tag);
	return t;
}

static void tree_add(struct tree *t, struct tree *child)
{
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 2;
		t->child = realloc(t->child, t->room * sizeof(*t->child));
		if (!t->child)
			die("realloc failed");
		blocks++;
	}
	t->child[t->count++] = child;
}

static struct tree *parse(struct rng *rng, size_t depth)
{
	struct tree *t = tree_new(rng, (uint32_t)depth);
	size_t children = depth ? rng_below(rng, CHILDREN_MAX + 1) : 0;

	for (size_t i = 0; i < children; i++)
		tree_add(t, parse(rng, depth - 1));
	return t;
}

static void tree_end(struct tree *t)
{
	block_check(payload(t), t->size, t->tag);
	for (uint32_t i = 0; i < t->count; i++)
		tree_end(t->child[i]);
	free(t->child);
	free(t);
}

/* An instruction for a node and its children, the last one first. */
static struct instruction *emit(struct chunk **arena, struct tree *t,
				struct instruction *list)
{
	struct instruction *i = arena_take(arena, sizeof(*i));

	i->size = 8 + t->size % 24;
	i->operand = arena_take(arena, i->size);
	block_mark(i->operand, i->size, t->tag);
	i->operand[1] = (unsigned char)t->tag;
	i->next = list;
	list = i;
	for (uint32_t n = 0; n < t->count; n++)
		list = emit(arena, t->child[n], list);
	return list;
}

/* Looks at all instructions and replaces some; the old ones stay behind. */
static size_t pass(struct chunk **arena, struct instruction *list,
		   size_t count)
{
	uint64_t *seen = calloc(count / 64 + 1, sizeof(*seen));
	size_t n = 0;

	if (!seen)
		die("calloc failed");
	blocks++;
	for (struct instruction *i = list; i; i = i->next, n++) {
		block_check(i->operand, i->size, i->operand[1]);
		if (count && n < count)
			seen[n / 64] |= (uint64_t)1 << (n % 64);
		if (n % 5 == 0) {
			unsigned char *p = arena_take(arena, i->size);

			memcpy(p, i->operand, i->size);
			i->operand = p;
		}
	}
	for (size_t k = 0; k < (count < n ? count : n); k++)
		if (!(seen[k / 64] >> (k % 64) & 1))
			die("instruction %zu was forgotten", k);
	free(seen);
	return n;
}

static void compile(struct rng *rng, struct table *symbols)
{
	size_t statements = rng_range(rng, 4, STATEMENTS_MAX);
	struct tree *body = tree_new(rng, 0);
	struct instruction *list = NULL;
	struct chunk *arena = NULL;
	size_t count = 0;

	for (size_t i = 0; i < statements; i++)
		tree_add(body, parse(rng, 2 + i % 3));
	for (size_t i = 0; i < statements; i += 8)
		symbol_add(symbols, rng);
	list = emit(&arena, body, list);
	for (size_t i = 0; i < PASSES; i++)
		count = pass(&arena, list, count);
	tree_end(body);
	arena_end(&arena);
}

int main(int argc, char **argv)
{
	struct table symbols = { NULL, 0, 0 };
	uint64_t functions, seed;
	struct rng rng;
	double start;

	arg_help(argc, argv, "[FUNCTIONS [SEED]]\n"
		 "  FUNCTIONS  that are compiled (1500)\n"
		 "  SEED       of the random numbers (1)");
	functions = arg_number(argc, argv, 1, "FUNCTIONS", 1500, 1,
			       UINT64_MAX);
	seed = arg_number(argc, argv, 2, "SEED", 1, 0, UINT64_MAX);
	rng = rng_new(seed, 0);
	start = now();
	for (uint64_t i = 0; i < functions; i++)
		compile(&rng, &symbols);
	table_end(&symbols);
	report_ops("compiler", blocks, now() - start);
	return 0;
}
