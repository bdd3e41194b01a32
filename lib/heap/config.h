/* SPDX-License-Identifier: MIT */
/*
 * config.h - where the options of a process come from: the configuration file
 * and the environment that the kernel handed over, read by system calls of
 * our own before anything is allocated.
 *
 * A process with more privileges than its caller reads the file alone.  It
 * says nothing of what is wrong there.
 */
#ifndef HK_CONFIG_H
#define HK_CONFIG_H

#include "policy/conf.h"

/* The file of an installed library; configure's --sysconfdir. */
extern const char hk_config_path[] HK_HIDDEN;

/* A longer file is not read. */
#define HK_CONFIG_MAX	((size_t)4096)

/*
 * Reads the file at `path` and the environment into conf->policy; what is
 * wrong goes to conf->tell.  `text` is where the file's text is put, of
 * HK_CONFIG_MAX bytes.  The other members are set here.
 */
HK_COLD void hk_config_read(struct hk_conf *conf, const char *path,
			    char *text);

/*
 * Reads them into hk_policy, unless it was done before, and says nothing: it
 * may be too early for that.  Under the process lock.
 */
HK_COLD void hk_config_start(void);

/*
 * Says on standard error what was wrong, by reading everything once more;
 * nothing where nothing was.
 */
HK_COLD void hk_config_complain(void);

#endif /* HK_CONFIG_H */
