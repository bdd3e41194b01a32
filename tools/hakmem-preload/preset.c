/* SPDX-License-Identifier: MIT */
/*
 * preset.c - "hakmem-preload preset": the preset in hakmem.conf(5).
 *
 * What reads options is the library's own, linked into this program.  The
 * value of the last line with that key, which is the one that counts, is
 * written anew; everything else in the file stays as it is.
 */
#define _GNU_SOURCE
#include "preset.h"

#include "common/nearest.h"
#include "lock.h"
#include "options.h"
#include "replace.h"
#include "root.h"
#include "say.h"
#include "stop.h"

#include "heap/config.h"
#include "os/os.h"
#include "policy/conf.h"
#include "policy/option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct conf_file {
	char text[HK_CONFIG_MAX];
	size_t len;
	bool exists;
	struct stat st;
};

static const char *const names[] = {
	[HK_BALANCED] = "balanced", [HK_SPEED_FIRST] = "speed-first",
	[HK_HARDENED] = "hardened", NULL
};

/* ---- reading ---- */

/* As the library does, which ignores a file that it does not trust. */
static char *read_file(struct conf_file *file)
{
	int err;

	file->len = 0;
	file->exists = !lstat(hk_config_path, &file->st);
	if (!file->exists)
		return NULL;
	err = hk_os_read_trusted(hk_config_path, file->text,
				 sizeof(file->text), &file->len);
	switch (err) {
	case 0:
	case -ENOENT:
		return NULL;
	case -EPERM:
		return text_format("%s%s must be a file of root's that nobody "
				   "else may write: the library does not read "
				   "it as it is", root_name, hk_config_path);
	case -EFBIG:
		return text_format("%s%s may have %zu bytes: the library does "
				   "not read it as it is", root_name,
				   hk_config_path, HK_CONFIG_MAX);
	default:
		return text_format("%s%s: %s", root_name, hk_config_path,
				   strerror(-err));
	}
}

static size_t preset_of(const char *text, size_t len)
{
	static struct hk_policy policy;
	struct hk_conf conf = {
		.policy = &policy, .file = hk_config_path,
		.text = text, .len = len,
	};

	hk_conf_read(&conf);
	return policy.value[HK_OPT_PRESET];
}

const char *preset_in_force(char **why)
{
	struct conf_file file;

	*why = read_file(&file);
	return names[preset_of(file.text, *why ? 0 : file.len)];
}

/* ---- editing ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/*
 * Is the line from `at` to `end` one of the preset?  Then `*from` and `*to`
 * become the bounds of its value.
 */
static bool find_value(const char *text, size_t at, size_t end, size_t *from,
		       size_t *to)
{
	static const char key[] = "preset";
	const char *comment = memchr(text + at, '#', end - at);

	if (comment)
		end = (size_t)(comment - text);
	while (at < end && is_blank(text[at]))
		at++;
	if (end - at < strlen(key) || memcmp(text + at, key, strlen(key)))
		return false;
	at += strlen(key);
	while (at < end && is_blank(text[at]))
		at++;
	if (at == end || text[at++] != '=')
		return false;
	while (at < end && is_blank(text[at]))
		at++;
	while (end > at && is_blank(text[end - 1]))
		end--;
	*from = at;
	*to = end;
	return true;
}

/* The bounds of the value of the last such line; false: there is none. */
static bool find_last(const struct conf_file *file, size_t *from, size_t *to)
{
	bool found = false;
	size_t at = 0;

	while (at < file->len) {
		const char *newline = memchr(file->text + at, '\n',
					     file->len - at);
		size_t end = newline ? (size_t)(newline - file->text) :
			file->len;

		found = find_value(file->text, at, end, from, to) || found;
		at = end + 1;
	}
	return found;
}

/* The new text, which the caller frees. */
static char *edit(const struct conf_file *file, const char *name, size_t *len)
{
	bool open = file->len && file->text[file->len - 1] != '\n';
	size_t from, to;
	char *text, *value;

	if (find_last(file, &from, &to)) {
		bool comment = from == to && to < file->len &&
			file->text[to] == '#';

		value = text_format("%s%s", name, comment ? " " : "");
	} else {
		from = to = file->len;
		value = text_format("%spreset = %s\n", open ? "\n" : "",
				    name);
	}
	*len = from + strlen(value) + file->len - to;
	text = text_room(*len);
	memcpy(text, file->text, from);
	memcpy(text + from, value, strlen(value));
	memcpy(text + from + strlen(value), file->text + to, file->len - to);
	free(value);
	return text;
}

/* ---- the command ---- */

static int unknown(const char *name)
{
	const char *nearest = util_nearest(name, names);

	return say_error(STATUS_USAGE, "unknown preset '%s'%s%s%s: balanced, "
			 "speed-first or hardened", name,
			 nearest ? "; did you mean '" : "",
			 nearest ? nearest : "", nearest ? "'?" : "");
}

static int write_text(const struct conf_file *file, const char *name,
		      const char *text, size_t len)
{
	int status = replace_now(hk_config_path,
				 file->exists ? &file->st : NULL, text, len,
				 file->exists ? file->st.st_mode & 0755 :
				 0644);

	if (status == STATUS_FINE)
		say_done("preset = %s in %s%s; processes that start from now "
			 "on have it", name, root_name, hk_config_path);
	return status;
}

static int change(const struct conf_file *file, const char *name, size_t id,
		  bool dry_run)
{
	size_t len;
	char *text = edit(file, name, &len);
	int status = STATUS_FINE;

	if (len > HK_CONFIG_MAX)
		status = say_error(STATUS_REFUSED, "%s%s would have %zu bytes "
				   "and may have %zu", root_name,
				   hk_config_path, len, HK_CONFIG_MAX);
	else if (preset_of(text, len) != id)
		status = say_error(STATUS_REFUSED, "%s%s has something that "
				   "hides the preset; set it by hand",
				   root_name, hk_config_path);
	else if (file->exists && len == file->len &&
		 !memcmp(text, file->text, len))
		say_done("preset = %s is there already in %s%s", name,
			 root_name, hk_config_path);
	else if (dry_run)
		say_done("would write to %s%s:\n%.*s", root_name,
			 hk_config_path, (int)len, text);
	else if (!stop_asked())
		status = write_text(file, name, text, len);
	free(text);
	return status;
}

static int set_preset(const struct options *options, size_t id)
{
	struct conf_file file;
	char *why = read_file(&file);
	int status;

	if (!why && file.exists && S_ISLNK(file.st.st_mode))
		why = text_format("%s%s is a symbolic link, which is not "
				  "followed; edit what it leads to by hand",
				  root_name, hk_config_path);
	if (!why)
		return change(&file, names[id], id, options->dry_run);
	status = say_error(STATUS_REFUSED, "%s", why);
	free(why);
	return status;
}

static int show(void)
{
	char *why;
	const char *preset = preset_in_force(&why);
	int status = STATUS_FINE;

	say_done("%s", preset);
	if (why)
		status = say_error(STATUS_REFUSED, "%s", why);
	free(why);
	return status;
}

int command_preset(const struct options *options)
{
	size_t id;
	int status;

	if (!options->preset)
		return show();
	if (hk_option_parse(HK_OPT_PRESET, hk_span_of(options->preset), &id))
		return unknown(options->preset);
	status = options->dry_run ? STATUS_FINE : lock_take();
	if (status == STATUS_FINE)
		status = set_preset(options, id);
	lock_give();
	return status;
}
