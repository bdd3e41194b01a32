/* SPDX-License-Identifier: MIT */
/*
 * elf_file.c - see elf_file.h.
 *
 * The dynamic loader finds everything by addresses, and so do we: an address
 * is turned into a place in the file by the segments that are loaded.
 */
#define _GNU_SOURCE
#include "elf_file.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No C library has a tenth of it. */
#define SIZE_MAX_READ	((size_t)256 << 20)

/* ---- places ---- */

static bool inside(const struct elf_file *elf, uint64_t at, uint64_t len)
{
	return at <= elf->size && len <= elf->size - at;
}

/* `count` things of `size` bytes at a place that fits their alignment. */
static const void *things_at(const struct elf_file *elf, uint64_t at,
			     uint64_t count, uint64_t size, uint64_t align)
{
	if (count > elf->size / size || at % align ||
	    !inside(elf, at, count * size))
		return NULL;
	return elf->at + at;
}

/* Where in the file the loader finds an address; elf->size: nowhere. */
static uint64_t place_of(const struct elf_file *elf, uint64_t address)
{
	for (size_t i = 0; i < elf->header->e_phnum; i++) {
		const Elf64_Phdr *s = &elf->segments[i];

		if (s->p_type == PT_LOAD && address >= s->p_vaddr &&
		    address - s->p_vaddr < s->p_filesz)
			return address - s->p_vaddr + s->p_offset;
	}
	return elf->size;
}

/* A text that ends within the file, or "". */
static const char *text_at(const struct elf_file *elf, uint64_t at,
			   uint64_t most)
{
	if (!inside(elf, at, most) || !memchr(elf->at + at, '\0', most))
		return "";
	return (const char *)elf->at + at;
}

static const char *string(const struct elf_file *elf, uint64_t offset)
{
	if (offset >= elf->strings_size)
		return "";
	return text_at(elf, elf->strings + offset,
		       elf->strings_size - offset);
}

/* ---- reading ---- */

static char *read_bytes(struct elf_file *elf, int fd)
{
	struct stat st;
	size_t len = 0;

	if (fstat(fd, &st))
		return text_format("cannot be read: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return text_format("is no regular file");
	if (st.st_size <= 0)
		return text_format("is empty");
	if ((uint64_t)st.st_size > SIZE_MAX_READ)
		return text_format("is too large for a library");
	elf->size = (size_t)st.st_size;
	elf->at = text_room(elf->size);
	while (len < elf->size) {
		ssize_t n = pread(fd, elf->at + len, elf->size - len,
				  (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return text_format("cannot be read: %s",
					   n ? strerror(errno) : "it shrinks");
		len += (size_t)n;
	}
	return NULL;
}

static char *check_header(struct elf_file *elf)
{
	const Elf64_Ehdr *h = (const void *)elf->at;

	if (elf->size < SELFMAG || memcmp(elf->at, ELFMAG, SELFMAG) != 0)
		return text_format("is no ELF file");
	if (elf->size < EI_NIDENT)
		return text_format("is cut off in its header");
	if (elf->at[EI_CLASS] != ELFCLASS64 ||
	    elf->at[EI_DATA] != ELFDATA2LSB)
		return text_format("is not for 64-bit little-endian systems");
	if (elf->size < sizeof(*h))
		return text_format("is cut off in its header");
	if (h->e_type != ET_DYN && h->e_type != ET_EXEC)
		return text_format("is no library");
	if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum)
		return text_format("has no program headers");
	elf->header = h;
	elf->segments = things_at(elf, h->e_phoff, h->e_phnum,
				  sizeof(Elf64_Phdr), sizeof(uint64_t));
	if (!elf->segments)
		return text_format("is cut off in its program headers");
	return NULL;
}

/*
 * All that the headers speak of must be there: a page that is mapped beyond
 * the end of the file ends by SIGBUS whoever touches it.
 */
static char *check_whole(const struct elf_file *elf)
{
	const Elf64_Ehdr *h = elf->header;
	const Elf64_Shdr *sections;
	bool whole = true;

	for (size_t i = 0; i < h->e_phnum; i++)
		whole = whole && inside(elf, elf->segments[i].p_offset,
					elf->segments[i].p_filesz);
	sections = h->e_shoff && h->e_shentsize == sizeof(*sections) ?
		things_at(elf, h->e_shoff, h->e_shnum, sizeof(*sections),
			  sizeof(uint64_t)) : NULL;
	if (h->e_shoff && !sections)
		whole = false;
	for (size_t i = 0; sections && i < h->e_shnum; i++)
		if (sections[i].sh_type != SHT_NOBITS &&
		    sections[i].sh_type != SHT_NULL)
			whole = whole && inside(elf, sections[i].sh_offset,
						sections[i].sh_size);
	return whole ? NULL : text_format("is cut off: it has %zu bytes, and "
					  "headers that speak of more",
					  elf->size);
}

/* The value of a tag; 0 where it has none. */
static uint64_t value_of(const struct elf_file *elf, Elf64_Sxword tag)
{
	for (size_t i = 0; i < elf->dynamics; i++)
		if (elf->dynamic[i].d_tag == tag)
			return elf->dynamic[i].d_un.d_val;
	return 0;
}

static void find_dynamic(struct elf_file *elf)
{
	size_t most = 0;

	for (size_t i = 0; i < elf->header->e_phnum; i++) {
		const Elf64_Phdr *s = &elf->segments[i];

		if (s->p_type != PT_DYNAMIC)
			continue;
		most = s->p_filesz / sizeof(*elf->dynamic);
		elf->dynamic = things_at(elf, s->p_offset, most,
					 sizeof(*elf->dynamic),
					 sizeof(uint64_t));
	}
	if (!elf->dynamic)
		return;
	while (elf->dynamics < most &&
	       elf->dynamic[elf->dynamics].d_tag != DT_NULL)
		elf->dynamics++;
}

/* ---- symbols ---- */

/* The number of symbols by the old hash table: it has a link for each. */
static size_t count_by_hash(const struct elf_file *elf, uint64_t at)
{
	const uint32_t *table = things_at(elf, at, 2, sizeof(*table), 4);

	return table ? table[1] : 0;
}

/* By the new one: the last in the chain of the last bucket. */
static size_t count_by_gnu_hash(const struct elf_file *elf, uint64_t at)
{
	const uint32_t *head = things_at(elf, at, 4, sizeof(*head), 4);
	const uint32_t *buckets, *link;
	uint64_t chains;
	size_t last = 0;

	if (!head)
		return 0;
	at += 16 + (uint64_t)head[2] * 8;
	buckets = things_at(elf, at, head[0], sizeof(*buckets), 4);
	if (!buckets)
		return 0;
	for (size_t i = 0; i < head[0]; i++)
		if (buckets[i] > last)
			last = buckets[i];
	if (last < head[1])
		return head[1];
	chains = at + (uint64_t)head[0] * 4;
	do {
		link = things_at(elf, chains + (last - head[1]) * 4, 1,
				 sizeof(*link), 4);
		last++;
	} while (link && !(*link & 1));
	return last;
}

static void find_symbols(struct elf_file *elf)
{
	uint64_t hash = value_of(elf, DT_HASH);
	uint64_t gnu = value_of(elf, DT_GNU_HASH);
	uint64_t versions = value_of(elf, DT_VERSYM);
	size_t count = hash ? count_by_hash(elf, place_of(elf, hash)) :
		gnu ? count_by_gnu_hash(elf, place_of(elf, gnu)) : 0;

	elf->symbols = things_at(elf, place_of(elf, value_of(elf, DT_SYMTAB)),
				 count, sizeof(*elf->symbols),
				 sizeof(uint64_t));
	elf->symbol_count = elf->symbols ? count : 0;
	if (versions)
		elf->versions = things_at(elf, place_of(elf, versions), count,
					  sizeof(*elf->versions), 2);
}

char *elf_read(struct elf_file *elf, int fd)
{
	char *why;

	memset(elf, 0, sizeof(*elf));
	why = read_bytes(elf, fd);
	if (!why)
		why = check_header(elf);
	if (!why)
		why = check_whole(elf);
	if (why) {
		elf_free(elf);
		return why;
	}
	find_dynamic(elf);
	elf->strings = place_of(elf, value_of(elf, DT_STRTAB));
	elf->strings_size = value_of(elf, DT_STRSZ);
	if (!inside(elf, elf->strings, elf->strings_size))
		elf->strings_size = 0;
	find_symbols(elf);
	return NULL;
}

char *elf_open(struct elf_file *elf, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *why;

	if (fd < 0)
		return text_format("cannot be read: %s", strerror(errno));
	why = elf_read(elf, fd);
	close(fd);
	return why;
}

void elf_free(struct elf_file *elf)
{
	free(elf->at);
	memset(elf, 0, sizeof(*elf));
}

/* ---- asking ---- */

const char *elf_machine(const struct elf_file *elf)
{
	static char other[24];
	char *name;

	switch (elf->header->e_machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_AARCH64:
		return "aarch64";
	default:
		name = text_format("processor %u", elf->header->e_machine);
		strncpy(other, name, sizeof(other) - 1);
		free(name);
		return other;
	}
}

const char *elf_interpreter(const struct elf_file *elf)
{
	for (size_t i = 0; i < elf->header->e_phnum; i++)
		if (elf->segments[i].p_type == PT_INTERP)
			return text_at(elf, elf->segments[i].p_offset,
				       elf->segments[i].p_filesz);
	return NULL;
}

const char *elf_needed(const struct elf_file *elf, size_t i)
{
	for (size_t j = 0; j < elf->dynamics; j++)
		if (elf->dynamic[j].d_tag == DT_NEEDED && i-- == 0)
			return string(elf, elf->dynamic[j].d_un.d_val);
	return NULL;
}

static bool is_global(const Elf64_Sym *symbol)
{
	unsigned char bind = ELF64_ST_BIND(symbol->st_info);

	return bind == STB_GLOBAL || bind == STB_WEAK;
}

/* Without a look for its end, which may be far. */
static bool is_named(const struct elf_file *elf, const Elf64_Sym *symbol,
		     const char *name)
{
	uint64_t len = strlen(name) + 1;

	return symbol->st_name < elf->strings_size &&
		len <= elf->strings_size - symbol->st_name &&
		!memcmp(elf->at + elf->strings + symbol->st_name, name, len);
}

/* A symbol that defines the name; elf->symbol_count where none does. */
static size_t definition(const struct elf_file *elf, const char *name,
			 bool plain)
{
	for (size_t i = 0; i < elf->symbol_count; i++) {
		const Elf64_Sym *s = &elf->symbols[i];

		if (s->st_shndx == SHN_UNDEF || !is_global(s) ||
		    ELF64_ST_VISIBILITY(s->st_other) == STV_HIDDEN ||
		    (plain && elf->versions &&
		     elf->versions[i] != VER_NDX_GLOBAL))
			continue;
		if (is_named(elf, s, name))
			return i;
	}
	return elf->symbol_count;
}

bool elf_defines_plain(const struct elf_file *elf, const char *name)
{
	return definition(elf, name, true) < elf->symbol_count;
}

bool elf_defines(const struct elf_file *elf, const char *name)
{
	return definition(elf, name, false) < elf->symbol_count;
}

const char *elf_undefined(const struct elf_file *elf, size_t *i)
{
	for (; *i < elf->symbol_count; ++*i) {
		const Elf64_Sym *s = &elf->symbols[*i];

		if (s->st_shndx == SHN_UNDEF && s->st_name &&
		    ELF64_ST_BIND(s->st_info) == STB_GLOBAL)
			return string(elf, elf->symbols[(*i)++].st_name);
	}
	return NULL;
}

/* ---- versions ---- */

void elf_each_version(const struct elf_file *elf,
		      bool (*each)(void *arg, const char *object,
				   const char *version), void *arg)
{
	uint64_t at = place_of(elf, value_of(elf, DT_VERNEED));
	uint64_t left = value_of(elf, DT_VERNEEDNUM);
	const Elf64_Verneed *need;

	if (!value_of(elf, DT_VERNEED))
		return;
	for (; left--; at += need->vn_next) {
		const Elf64_Vernaux *aux;
		uint64_t of = at;

		need = things_at(elf, at, 1, sizeof(*need), 4);
		if (!need)
			return;
		of += need->vn_aux;
		for (unsigned int i = 0; i < need->vn_cnt; i++) {
			aux = things_at(elf, of, 1, sizeof(*aux), 4);
			if (!aux || !each(arg, string(elf, need->vn_file),
					  string(elf, aux->vna_name)))
				return;
			of += aux->vna_next;
		}
		if (!need->vn_next)
			return;
	}
}

bool elf_has_version(const struct elf_file *elf, const char *version)
{
	uint64_t at = place_of(elf, value_of(elf, DT_VERDEF));
	uint64_t left = value_of(elf, DT_VERDEFNUM);
	const Elf64_Verdef *def;
	const Elf64_Verdaux *aux;

	while (left--) {
		def = things_at(elf, at, 1, sizeof(*def), 4);
		if (!def)
			return false;
		aux = things_at(elf, at + def->vd_aux, 1, sizeof(*aux), 4);
		if (aux && !strcmp(string(elf, aux->vda_name), version))
			return true;
		if (!def->vd_next)
			return false;
		at += def->vd_next;
	}
	return false;
}
