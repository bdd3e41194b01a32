/* SPDX-License-Identifier: MIT */
/*
 * elf_head.c - see elf_head.h.
 */
#define _GNU_SOURCE
#include "process/elf_head.h"

#include "common/util.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#define HEADERS_MAX	64u

static bool read_at(int fd, void *to, size_t len, uint64_t offset)
{
	return pread(fd, to, len, (off_t)offset) == (ssize_t)len;
}

static void take_loader(int fd, struct elf_head *head, uint64_t offset,
			uint64_t len)
{
	head->has_loader = true;
	if (len >= sizeof(head->loader))
		len = sizeof(head->loader) - 1;
	if (!read_at(fd, head->loader, len, offset))
		head->loader[0] = '\0';
	head->loader[sizeof(head->loader) - 1] = '\0';
}

static void take_segment(int fd, struct elf_head *head, uint32_t type,
			 uint64_t offset, uint64_t len, uint64_t memory)
{
	if (type == PT_DYNAMIC)
		head->is_dynamic = true;
	else if (type == PT_TLS)
		head->tls = memory;
	else if (type == PT_INTERP)
		take_loader(fd, head, offset, len);
}

static void read_segments64(int fd, struct elf_head *head)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (!read_at(fd, &header, sizeof(header), 0))
		return;
	head->type = header.e_type;
	head->machine = header.e_machine;
	for (unsigned int i = 0; i < header.e_phnum && i < HEADERS_MAX; i++)
		if (read_at(fd, &segment, sizeof(segment), header.e_phoff +
			    i * sizeof(segment)))
			take_segment(fd, head, segment.p_type,
				     segment.p_offset, segment.p_filesz,
				     segment.p_memsz);
}

static void read_segments32(int fd, struct elf_head *head)
{
	Elf32_Ehdr header;
	Elf32_Phdr segment;

	if (!read_at(fd, &header, sizeof(header), 0))
		return;
	head->type = header.e_type;
	head->machine = header.e_machine;
	for (unsigned int i = 0; i < header.e_phnum && i < HEADERS_MAX; i++)
		if (read_at(fd, &segment, sizeof(segment), header.e_phoff +
			    i * sizeof(segment)))
			take_segment(fd, head, segment.p_type,
				     segment.p_offset, segment.p_filesz,
				     segment.p_memsz);
}

static unsigned char own_byte_order(void)
{
	const unsigned short one = 1;

	return *(const unsigned char *)&one ? ELFDATA2LSB : ELFDATA2MSB;
}

bool elf_head_read(int fd, struct elf_head *head)
{
	unsigned char ident[EI_NIDENT];

	memset(head, 0, sizeof(*head));
	if (!read_at(fd, ident, sizeof(ident), 0) ||
	    memcmp(ident, ELFMAG, SELFMAG) != 0)
		return false;
	head->class = ident[EI_CLASS];
	head->data = ident[EI_DATA];
	/* The rest of one in the other byte order would be read wrongly. */
	if (head->data != own_byte_order())
		return true;
	if (head->class == ELFCLASS64)
		read_segments64(fd, head);
	else
		read_segments32(fd, head);
	return true;
}

/* Where the linker has put it. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

void elf_head_own(struct elf_head *head)
{
	*head = (struct elf_head){
		.class = __ehdr_start.e_ident[EI_CLASS],
		.data = __ehdr_start.e_ident[EI_DATA],
		.machine = __ehdr_start.e_machine,
	};
}

enum elf_fit elf_fit(const struct elf_head *program,
		     const struct elf_head *library)
{
	if (program->class != library->class)
		return ELF_OTHER_CLASS;
	if (program->data != own_byte_order() ||
	    program->machine != library->machine)
		return ELF_OTHER_MACHINE;
	if (!program->has_loader)
		return ELF_STATIC;
	return strstr(program->loader, "musl") ? ELF_MUSL : ELF_FITS;
}

char *elf_fit_text(enum elf_fit fit, const char *path,
		   const struct elf_head *program)
{
	bool small = program->class == ELFCLASS32;

	switch (fit) {
	case ELF_OTHER_CLASS:
		return util_format("%s is a %d-bit program, the library is "
				   "for %d-bit ones", path, small ? 32 : 64,
				   small ? 64 : 32);
	case ELF_OTHER_MACHINE:
		return util_format("%s is for another kind of processor than "
				   "the library", path);
	case ELF_STATIC:
		return util_format("%s is statically linked: nothing can be "
				   "preloaded", path);
	case ELF_MUSL:
		return util_format("%s is a program for musl, the library is "
				   "for glibc", path);
	case ELF_FITS:
		break;
	}
	return NULL;
}
