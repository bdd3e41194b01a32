/* SPDX-License-Identifier: MIT */
/*
 * unit.c - see unit.h, systemd.syntax(7) and systemd.unit(5).
 */
#define _GNU_SOURCE
#include "unit.h"

#include "say.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLE	"LD_PRELOAD"

/* ---- a file's text ---- */

char *unit_text(const char *path)
{
	static const size_t most = 1 << 20;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char *text;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return NULL;
	}
	text = text_room(most + 1);
	while (n > 0 && len < most) {
		n = read(fd, text + len, most - len);
		if (n > 0)
			len += (size_t)n;
	}
	close(fd);
	text[len] = '\0';
	return text;
}

/*
 * Takes the next line off `*at`: without blanks around it, with those that
 * are continued by a backslash joined.  NULL at the end.
 */
static char *next_line(const char **at)
{
	char *line = text_copy("", 0);
	bool more = true;

	if (!**at) {
		free(line);
		return NULL;
	}
	while (more && **at) {
		const char *start = *at + strspn(*at, " \t\r");
		size_t len = strcspn(start, "\n");
		bool comment = *start == '#' || *start == ';';
		char *joined;

		*at = start + len + (start[len] == '\n');
		if (comment && *line)
			continue;
		while (len && strchr(" \t\r", start[len - 1]))
			len--;
		more = !comment && len && start[len - 1] == '\\';
		joined = text_format("%s%s%.*s", line, *line ? " " : "",
				     (int)(more ? len - 1 : len), start);
		free(line);
		line = joined;
	}
	return line;
}

/* ---- words ---- */

/*
 * Takes the next word off `*at`, without its quotes.  `*odd` where it has
 * what systemd would turn into something else.  NULL at the end.
 */
static char *next_word(const char **at, bool *odd)
{
	const char *s = *at + strspn(*at, " \t");
	char *word = text_room(strlen(s) + 1);
	char quote = '\0';
	size_t len = 0;

	*odd = false;
	for (; *s && (quote || !strchr(" \t", *s)); s++) {
		if (*s == '\\' || *s == '%')
			*odd = true;
		if (quote ? *s == quote : *s == '"' || *s == '\'')
			quote = quote ? '\0' : *s;
		else
			word[len++] = *s;
	}
	word[len] = '\0';
	if (!len && !*s && s == *at + strspn(*at, " \t")) {
		free(word);
		return NULL;
	}
	*at = s;
	return word;
}

static void set(char **to, const char *text)
{
	free(*to);
	*to = text ? text_format("%s", text) : NULL;
}

static void read_environment(struct unit *unit, const char *path,
			     const char *value)
{
	size_t len = strlen(VARIABLE);
	char *word;
	bool odd;

	if (!*value) {
		set(&unit->preload, NULL);
		set(&unit->from, NULL);
		unit->odd = false;
		return;
	}
	while ((word = next_word(&value, &odd))) {
		if (!strncmp(word, VARIABLE "=", len + 1)) {
			set(&unit->preload, word + len + 1);
			set(&unit->from, path);
			unit->odd = odd;
		}
		free(word);
	}
}

static void read_unset(struct unit *unit, const char *path, const char *value)
{
	char *word;
	bool odd;

	if (!*value)
		set(&unit->unset_by, NULL);
	while ((word = next_word(&value, &odd))) {
		if (!strncmp(word, VARIABLE, strlen(VARIABLE)))
			set(&unit->unset_by, path);
		free(word);
	}
}

static void forget_files(struct unit *unit)
{
	for (size_t i = 0; i < unit->files; i++)
		free(unit->environment_files[i]);
	unit->files = 0;
}

/* A "-" before the name: it may be missing. */
static void read_file_name(struct unit *unit, const char *value)
{
	if (!*value) {
		forget_files(unit);
		return;
	}
	unit->environment_files = text_resize(unit->environment_files,
					      unit->files + 1,
					      sizeof(char *));
	unit->environment_files[unit->files++] =
		text_format("%s", value + (*value == '-'));
}

/* ---- a file ---- */

static void read_setting(struct unit *unit, const char *path, char *line)
{
	char *value = strchr(line, '=');
	size_t len;

	if (!value)
		return;
	len = (size_t)(value++ - line);
	while (len && strchr(" \t", line[len - 1]))
		len--;
	line[len] = '\0';
	value += strspn(value, " \t");
	if (!strcmp(line, "Environment"))
		read_environment(unit, path, value);
	else if (!strcmp(line, "EnvironmentFile"))
		read_file_name(unit, value);
	else if (!strcmp(line, "UnsetEnvironment"))
		read_unset(unit, path, value);
}

void unit_read(struct unit *unit, const char *path, const char *text)
{
	bool service = false;
	char *line;

	while ((line = next_line(&text))) {
		if (*line == '[')
			service = !strcmp(line, "[Service]");
		else if (service && *line != '#' && *line != ';')
			read_setting(unit, path, line);
		free(line);
	}
}

void unit_free(struct unit *unit)
{
	forget_files(unit);
	free(unit->environment_files);
	free(unit->preload);
	free(unit->from);
	free(unit->unset_by);
	memset(unit, 0, sizeof(*unit));
}

/* ---- all files ---- */

/* In the order in which one hides another of its name. */
static const char *const directories[] = {
	UNIT_DIR, "/run/systemd/system", "/run/systemd/generator",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
	"/lib/systemd/system", "/run/systemd/generator.late", NULL
};

char *unit_full_name(const char *name)
{
	static const char suffix[] = ".service";
	size_t len = strlen(name), tail = strlen(suffix);

	if (!*name || *name == '.' || strspn(name, "abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_.\\@-") != len)
		return NULL;
	if (len > tail && !strcmp(name + len - tail, suffix))
		return text_copy(name, len);
	return text_format("%s%s", name, suffix);
}

/* "web@.service" of "web@1.service", or NULL. */
static char *template_of(const char *name)
{
	const char *at = strchr(name, '@');
	const char *dot = strrchr(name, '.');

	if (!at || dot == at + 1)
		return NULL;
	return text_format("%.*s%s", (int)(at - name + 1), name, dot);
}

static bool read_main_file(struct unit *unit, const char *name)
{
	for (const char *const *dir = directories; *dir; dir++) {
		char *path = text_format("%s/%s", *dir, name);
		char *text = unit_text(path);

		if (text)
			unit_read(unit, path, text);
		free(path);
		free(text);
		if (text)
			return true;
	}
	return false;
}

struct drop_ins {
	char **paths;
	size_t count;
};

static bool hidden(const struct drop_ins *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (!strcmp(text_base_name(d->paths[i]), name))
			return true;
	return false;
}

static void list_directory(struct drop_ins *d, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".conf") != 0 ||
		    hidden(d, entry->d_name))
			continue;
		d->paths = text_resize(d->paths, d->count + 1,
				       sizeof(*d->paths));
		d->paths[d->count++] = text_format("%s/%s", path,
						   entry->d_name);
	}
	if (dir)
		closedir(dir);
}

static void list_drop_ins(struct drop_ins *d, const char *name)
{
	for (const char *const *dir = directories; *dir; dir++) {
		char *path = text_format("%s/%s.d", *dir, name);

		list_directory(d, path);
		free(path);
	}
}

/* Of "a-b-c.service" also "a-b-.service.d" and "a-.service.d". */
static void list_prefixes(struct drop_ins *d, const char *name)
{
	const char *dot = strrchr(name, '.');

	for (const char *dash = dot; dash > name; dash--) {
		char *prefix;

		if (dash[-1] != '-' || dash == dot)
			continue;
		prefix = text_format("%.*s%s", (int)(dash - name), name, dot);
		list_drop_ins(d, prefix);
		free(prefix);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(text_base_name(*(char *const *)a),
		      text_base_name(*(char *const *)b));
}

static void read_drop_ins(struct unit *unit, struct unit *last,
			  const struct drop_ins *d)
{
	for (size_t i = 0; i < d->count; i++) {
		int order = strcmp(text_base_name(d->paths[i]), UNIT_DROP_IN);
		char *text = order ? unit_text(d->paths[i]) : NULL;

		if (text)
			unit_read(unit, d->paths[i], text);
		if (text && last && order > 0)
			unit_read(last, d->paths[i], text);
		free(text);
		free(d->paths[i]);
	}
	free(d->paths);
}

bool unit_load(struct unit *unit, struct unit *last, const char *name)
{
	struct drop_ins d = { NULL, 0 };
	char *template = template_of(name);
	bool found = read_main_file(unit, name) ||
		(template && read_main_file(unit, template));

	list_drop_ins(&d, name);
	list_prefixes(&d, name);
	if (template)
		list_drop_ins(&d, template);
	list_drop_ins(&d, "service");
	if (d.count)
		qsort(d.paths, d.count, sizeof(*d.paths), by_name);
	read_drop_ins(unit, last, &d);
	free(template);
	return found;
}
