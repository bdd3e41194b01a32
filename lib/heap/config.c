/* SPDX-License-Identifier: MIT */
/*
 * config.c - see config.h.
 */
#include "heap/config.h"

#include "heap/heap.h"
#include "os/os.h"
#include "policy/option.h"

#include <unistd.h>

const char hk_config_path[] = HK_CONF_FILE;

/* What the table promises is what there is room for. */
#define X(id, name, type, unit, changes, least, most, ...) \
	enum { MOST_##id = (most) >> 20 ? 0 : (int)(most) };
HK_OPTION_TABLE(X)
#undef X
static_assert((int)MOST_EMPTIES == HK_EMPTIES, "see option_table.h");
static_assert((int)MOST_BATCH == HK_MAGAZINE, "see option_table.h");

/* Under the process lock.  Pages of it are touched where there is a file. */
static char file_text[HK_CONFIG_MAX];

/* All under the process lock. */
static bool started;
static unsigned int problems;

static void refuse(struct hk_conf *conf, const char *path, int err)
{
	struct hk_line line;

	if (!hk_conf_problem(conf, &line, path, 0))
		return;
	if (err == -EPERM) {
		hk_line_str(&line, "not read: it must be a file of root's "
				   "that nobody else may write");
	} else if (err == -EFBIG) {
		hk_line_str(&line, "not read: it may have 4096 bytes");
	} else if (err == -EACCES) {
		hk_line_str(&line, "not read: this user may not read it");
	} else {
		hk_line_str(&line, "not read: error ");
		hk_line_num(&line, (uint64_t)-err);
	}
	conf->tell(&line);
}

void hk_config_read(struct hk_conf *conf, const char *path, char *text)
{
	int err = hk_os_read_trusted(path, text, HK_CONFIG_MAX, &conf->len);

	conf->file = path;
	conf->text = err ? NULL : text;
	conf->env = hk_os_environment();
	if (hk_os_secure())
		conf->tell = NULL;
	hk_conf_read(conf);
	if (hk_os_secure())
		hk_option_secure(conf->policy);
	if (err && err != -ENOENT && err != -ENOTDIR)
		refuse(conf, path, err);
}

void hk_config_start(void)
{
	struct hk_conf conf = { .policy = &hk_policy };

	if (started)
		return;
	hk_config_read(&conf, hk_config_path, file_text);
	problems = conf.problems;
	started = true;
}

static void tell(struct hk_line *line)
{
	hk_line_write(line, STDERR_FILENO);
}

void hk_config_complain(void)
{
	struct hk_policy policy;
	struct hk_conf conf = { .policy = &policy, .tell = tell };

	if (problems)
		hk_config_read(&conf, hk_config_path, file_text);
}
