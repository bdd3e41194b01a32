/* SPDX-License-Identifier: MIT */
/*
 * elf_head.h - the head of a program's or library's file, of 32 or 64 bits, and
 * whether a library of ours can be loaded into it.  The file may be anything:
 * what is read is bounded.
 */
#ifndef STAT_ELF_HEAD_H
#define STAT_ELF_HEAD_H

#include <stdbool.h>
#include <stdint.h>

struct elf_head {
	unsigned char class;	/* ELFCLASS32, ELFCLASS64 */
	unsigned char data;	/* byte order; of the other one no more is
				   read */
	unsigned short type;	/* ET_* */
	unsigned short machine;	/* EM_* */
	bool has_loader;
	bool is_dynamic;
	uint64_t tls;		/* bytes that each thread has of it */
	char loader[256];
};

/* False where the file is none. */
bool elf_head_read(int fd, struct elf_head *head);

/* That of this program; only the kind of machine is there. */
void elf_head_own(struct elf_head *head);

enum elf_fit {
	ELF_FITS,
	ELF_OTHER_CLASS,
	ELF_OTHER_MACHINE,
	ELF_STATIC,
	ELF_MUSL,
};

/* Can a program of this head preload a library for glibc of that one? */
enum elf_fit elf_fit(const struct elf_head *program,
		     const struct elf_head *library);

/* The same as text, for the program at `path`; NULL where it can. */
char *elf_fit_text(enum elf_fit fit, const char *path,
		   const struct elf_head *program);

#endif /* STAT_ELF_HEAD_H */
