/* SPDX-License-Identifier: MIT */
/*
 * doctor_options.c - the options of a process: mistakes in their sources,
 * what is in force and which source says so, and programs that opt out.
 *
 * All is read by what the library itself reads it by.  Which source an option
 * is from is found by reading each source alone.
 */
#define _GNU_SOURCE
#include "doctor/doctor.h"

#include "common/util.h"
#include "figures/options.h"

#include "heap/config.h"
#include "os/os.h"
#include "policy/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PREFIX	"HAKMEM_"
#define QUIET	"HAKMEM_QUIET="

/* The library knows nine; a process may have been given any. */
#define VARIABLES_MAX	256u

struct sources {
	const struct doctor_choices *from;
	struct findings *findings;
	char text[HK_CONFIG_MAX];	/* of the file */
	size_t len;
	bool has_text;
	const char **variables;		/* the library's own, NULL at the
					   end; without HAKMEM_QUIET, so
					   that mistakes are told */
	size_t count;
	struct hk_policy all;		/* what they say together */
};

/* ---- reading ---- */

/* For tell(), which is given nothing else. */
static struct sources *told;

/* A line is "hakmem: SOURCE:NUMBER: what is wrong". */
static void tell(struct hk_line *line)
{
	char *text = util_copy(line->text, line->len);
	const char *what = strncmp(text, "hakmem: ", 8) ? text : text + 8;
	bool variable = !strncmp(what, PREFIX, strlen(PREFIX));

	findings_add(told->findings, FINDING_PROBLEM, "options",
		     util_format("%s", what), variable ?
		     util_format("correct the variable where the program is "
				 "started; man 5 hakmem.conf has the keys and "
				 "their values") :
		     util_format("correct that line in %s; man 5 hakmem.conf "
				 "has the keys and their values",
				 hk_config_path));
	free(text);
}

static void refused(const struct sources *s, int err)
{
	const char *file = hk_config_path;
	char *found, *remedy;

	if (err == -EPERM) {
		found = util_format("%s is not read: it is no file of root's "
				    "that nobody else may write", file);
		remedy = util_format("chown root %s && chmod 644 %s", file,
				     file);
	} else if (err == -EFBIG) {
		found = util_format("%s is not read: it has more than %zu "
				    "bytes", file, HK_CONFIG_MAX);
		remedy = util_format("make %s shorter, by its comments", file);
	} else {
		found = util_format("%s is not read: %s", file,
				    strerror(-err));
		remedy = util_format("chmod 644 %s", file);
	}
	findings_add(s->findings, FINDING_PROBLEM, "options", found, remedy);
}

/* Of other users it is read as well. */
static void look_at_mode(const struct sources *s)
{
	struct stat st;

	if (stat(s->from->path, &st) || st.st_mode & S_IROTH)
		return;
	findings_add(s->findings, FINDING_NOTE, "options",
		     util_format("%s is not for all users to read: programs "
				 "of others do not have what is in it",
				 hk_config_path),
		     util_format("chmod 644 %s", hk_config_path));
}

static void read_file(struct sources *s)
{
	int err = hk_os_read_trusted(s->from->path, s->text, sizeof(s->text),
				     &s->len);

	s->has_text = !err;
	if (!err)
		look_at_mode(s);
	else if (err != -ENOENT && err != -ENOTDIR)
		refused(s, err);
}

static void find_variables(struct sources *s)
{
	const char *const *env = s->from->env;

	for (; !s->from->secure && env && *env &&
	     s->count < VARIABLES_MAX; env++) {
		if (strncmp(*env, PREFIX, strlen(PREFIX)) ||
		    !strncmp(*env, QUIET, strlen(QUIET)))
			continue;
		s->variables = util_resize(s->variables, s->count + 2,
					   sizeof(*s->variables));
		s->variables[s->count++] = *env;
		s->variables[s->count] = NULL;
	}
}

/* Into a policy, what the file, variables or both say. */
static void read_into(const struct sources *s, struct hk_policy *policy,
		      bool file, const char *const *env,
		      void (*teller)(struct hk_line *line))
{
	struct hk_conf conf = {
		.file = hk_config_path, .env = env, .policy = policy,
		.text = file && s->has_text ? s->text : NULL, .len = s->len,
		.tell = teller,
	};

	hk_conf_read(&conf);
	if (s->from->secure)
		hk_option_secure(policy);
	if (teller && conf.problems > HK_CONF_TOLD)
		findings_add(s->findings, FINDING_PROBLEM, "options",
			     util_format("there are %u more mistakes",
					 conf.problems - HK_CONF_TOLD),
			     util_format("correct the first ones, and look "
					 "again"));
}

/* ---- where an option is from ---- */

/* Does a source that was read alone give it the value of all together? */
static bool gives(const struct sources *s, const struct hk_policy *alone,
		  enum hk_option_id id)
{
	char *one = options_value_of(alone, id);
	char *all = options_value_of(&s->all, id);
	bool same = !strcmp(one, all);

	free(one);
	free(all);
	return same && (id == HK_OPT_PRESET || hk_option_chosen(alone, id));
}

/* The last that does; a name that the caller frees. */
static char *source_of(const struct sources *s, enum hk_option_id id)
{
	struct hk_policy alone;

	for (size_t i = s->count; i--;) {
		const char *const one[] = { s->variables[i], NULL };

		read_into(s, &alone, false, one, NULL);
		if (gives(s, &alone, id))
			return util_copy(one[0], strcspn(one[0], "="));
	}
	read_into(s, &alone, true, NULL, NULL);
	return util_format("%s", gives(s, &alone, id) ? hk_config_path :
			   "several variables together");
}

/* ---- what is in force ---- */

/* What the process says; NULL where it does not, or what cannot be. */
static char *actual_value(const struct page *page, enum hk_option_id id)
{
	const struct page_value *value = page ?
		options_on_page(page, hk_option[id].name) : NULL;

	return value ? options_value_said(id, page_total(value)) : NULL;
}

/* The names that the library itself goes by: see os.h. */
static const char *excluded(const struct sources *s)
{
	const char *names = s->all.text[HK_OPT_EXCLUDE - HK_FIRST_TEXT];
	const char *program = s->from->program;
	const char *executed = s->from->executed;

	if (program && hk_os_name_among(program, names))
		return program;
	return executed && !s->from->secure &&
		hk_os_name_among(executed, names) ? executed : NULL;
}

/* It is what the machine has, what was learned, or follows from the name. */
static bool changes_itself(const struct sources *s, enum hk_option_id id)
{
	bool learns = atomic_load_explicit(&s->all.value[HK_OPT_LEARNER],
					   memory_order_relaxed);

	return !hk_option_chosen(&s->all, id) &&
		(id == HK_OPT_ARENA_SIZE ||
		 (id == HK_OPT_FORCE_LIBC && excluded(s)) || (learns &&
		 (id == HK_OPT_EMPTIES || id == HK_OPT_PURGE_AGE)));
}

static void tell_changed(const struct sources *s, enum hk_option_id id,
			 const char *actual, const char *said)
{
	findings_add(s->findings, FINDING_NOTE, "options",
		     util_format("%s is %s, but %s by what %s and its "
				 "variables say now: one of them was changed "
				 "since it started, or the process changed it",
				 hk_option[id].name, actual, said,
				 hk_config_path),
		     util_format("restart it to have what they say"));
}

/* Returns whether there was something to be said. */
static bool tell_option(const struct sources *s, enum hk_option_id id)
{
	bool chosen = hk_option_chosen(&s->all, id) ||
		(id == HK_OPT_PRESET &&
		 atomic_load_explicit(&s->all.value[id],
				      memory_order_relaxed) != HK_BALANCED);
	char *said = options_value_of(&s->all, id);
	char *actual = actual_value(s->from->page, id);
	bool differs = actual && strcmp(actual, said) != 0 &&
		!changes_itself(s, id);

	if (differs) {
		tell_changed(s, id, actual, said);
	} else if (chosen) {
		char *source = source_of(s, id);

		findings_add(s->findings, FINDING_OK, "options",
			     util_format("%s is %s, by %s",
					 hk_option[id].name, said, source),
			     NULL);
		free(source);
	}
	free(said);
	free(actual);
	return differs || chosen;
}

static void tell_options(const struct sources *s)
{
	bool any = false;

	for (int i = 0; i < HK_OPTIONS; i++)
		any |= tell_option(s, (enum hk_option_id)i);
	if (!any)
		findings_add(s->findings, FINDING_OK, "options",
			     util_format("all are as the preset balanced has "
					 "them"), NULL);
}

/* ---- opting out ---- */

static bool forced(const struct sources *s)
{
	uint64_t n = atomic_load_explicit(&s->all.value[HK_OPT_FORCE_LIBC],
					  memory_order_relaxed);
	const struct page *page = s->from->page;

	if (page && page_find(page, "option_force_libc"))
		n = page_sum(page, "option_force_libc");
	return n;
}

static void tell_forced(const struct sources *s)
{
	char *source = hk_option_chosen(&s->all, HK_OPT_FORCE_LIBC) ?
		source_of(s, HK_OPT_FORCE_LIBC) :
		util_format("what was in force when it started");

	findings_add(s->findings, FINDING_PROBLEM, "opted_out",
		     util_format("served by the C library's allocator: "
				 "force_libc is set, by %s", source),
		     util_format("take it out there, and restart what is to "
				 "have the library"));
	free(source);
}

static void tell_excluded(const struct sources *s, const char *program)
{
	char *source = source_of(s, HK_OPT_EXCLUDE);
	const char *slash = strrchr(program, '/');

	findings_add(s->findings, FINDING_PROBLEM, "opted_out",
		     util_format("served by the C library's allocator: "
				 "exclude has %s, by %s",
				 slash ? slash + 1 : program, source),
		     util_format("take the name out there, and restart the "
				 "program"));
	free(source);
}

bool doctor_options(struct findings *findings,
		    const struct doctor_choices *from)
{
	struct sources s = { .from = from, .findings = findings };
	const char *program;
	bool out;

	if (from->path)
		read_file(&s);
	find_variables(&s);
	told = &s;
	read_into(&s, &s.all, true, s.variables, tell);
	told = NULL;
	tell_options(&s);
	program = excluded(&s);
	out = forced(&s);
	if (program && !hk_option_chosen(&s.all, HK_OPT_FORCE_LIBC))
		tell_excluded(&s, program);
	else if (out)
		tell_forced(&s);
	free(s.variables);
	return out || program;
}
