/* SPDX-License-Identifier: MIT */
/*
 * elf_file.h - a shared object, read as a file: nothing of it is mapped or
 * run.  It may be anything, cut off or forged: whatever it says of itself is
 * looked up within its bytes, or is not there.
 *
 * 64-bit, little-endian: all that the library exists for.
 */
#ifndef PRELOAD_ELF_FILE_H
#define PRELOAD_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
	unsigned char *at;
	size_t size;
	const Elf64_Ehdr *header;
	const Elf64_Phdr *segments;
	const Elf64_Dyn *dynamic;
	size_t dynamics;
	const Elf64_Sym *symbols;
	size_t symbol_count;
	const Elf64_Half *versions;	/* of each symbol; or NULL */
	uint64_t strings, strings_size;	/* where the file has them */
};

/*
 * Reads it.  Returns NULL, or why it is no whole object of this kind; then
 * there is nothing to free.
 */
char *elf_read(struct elf_file *elf, int fd);
/* The same by its path. */
char *elf_open(struct elf_file *elf, const char *path);
void elf_free(struct elf_file *elf);

/* "x86_64", "aarch64" or "processor N". */
const char *elf_machine(const struct elf_file *elf);

/* The interpreter that a program asks for, or NULL. */
const char *elf_interpreter(const struct elf_file *elf);

/* The names of the i-th object that it needs, until NULL. */
const char *elf_needed(const struct elf_file *elf, size_t i);

/* Has it a global definition of that name that no version is put upon? */
bool elf_defines_plain(const struct elf_file *elf, const char *name);

/* Has it a global definition of that name, of whatever version? */
bool elf_defines(const struct elf_file *elf, const char *name);

/* The i-th name that must be found elsewhere, until NULL. */
const char *elf_undefined(const struct elf_file *elf, size_t *i);

/*
 * Calls `each` with the name of every version that it needs and of the
 * object that is to have it, until one returns false.
 */
void elf_each_version(const struct elf_file *elf,
		      bool (*each)(void *arg, const char *object,
				   const char *version), void *arg);

/* Does it define that version? */
bool elf_has_version(const struct elf_file *elf, const char *version);

#endif /* PRELOAD_ELF_FILE_H */
