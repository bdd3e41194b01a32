/* SPDX-License-Identifier: MIT */
/*
 * service.h - the library for one service of systemd: a drop-in with
 * Environment=LD_PRELOAD=.  Functions return a status.
 */
#ifndef PRELOAD_SERVICE_H
#define PRELOAD_SERVICE_H

#include "library.h"
#include "options.h"

int service_enable(const struct options *options,
		   const struct library *library);
int service_disable(const struct options *options);

/* STATUS_FINE, STATUS_DISABLED or STATUS_BROKEN; prints it. */
int service_status(const struct options *options);

/* Prints a line for each service that has it by a file in /etc. */
void service_list(void);

#endif /* PRELOAD_SERVICE_H */
