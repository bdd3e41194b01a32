/* SPDX-License-Identifier: MIT */
/*
 * disable.c - "hakmem-preload disable": every entry of /etc/ld.so.preload
 * that is libhakmem goes, however it is spelled and whether or not the
 * library is there.  No other program is needed for it.
 */
#define _GNU_SOURCE
#include "options.h"

#include "file.h"
#include "lock.h"
#include "replace.h"
#include "root.h"
#include "say.h"
#include "service.h"
#include "stop.h"

#include <stdio.h>
#include <stdlib.h>

static void show(const struct list *list)
{
	if (list_is_blank(list)) {
		say_done("would remove %s" PRELOAD_FILE, root_name);
		return;
	}
	say_done("would write to %s" PRELOAD_FILE ":", root_name);
	if (!say_quiet)
		fwrite(list->text, 1, list->len, stdout);
}

static int write_list(const struct preload_file *file,
		      const struct list *list)
{
	/* What others could not read they do not get to read now. */
	mode_t mode = file->st.st_mode & 0755;
	int status = replace_now(PRELOAD_FILE, &file->st,
				 list_is_blank(list) ? NULL : list->text,
				 list->len, mode);

	if (status == STATUS_FINE)
		say_done("libhakmem is disabled; programs that run keep it "
			 "until they end");
	return status;
}

static int disable(const struct options *options)
{
	struct preload_file file;
	struct list list;
	char *why = file_read(&file, false);
	int status = STATUS_FINE;

	if (why) {
		status = say_error(STATUS_REFUSED, "%s", why);
		free(why);
		return status;
	}
	if (!list_ours(&file.list)) {
		say_done("libhakmem is not enabled in %s" PRELOAD_FILE,
			 root_name);
	} else {
		list_remove(&list, &file.list);
		if (options->dry_run)
			show(&list);
		else if (!stop_asked())
			status = write_list(&file, &list);
		list_free(&list);
	}
	file_free(&file);
	return status;
}

int command_disable(const struct options *options)
{
	int status = options->dry_run ? STATUS_FINE : lock_take();

	if (status == STATUS_FINE)
		status = options->service ? service_disable(options) :
			disable(options);
	lock_give();
	return status;
}
