/* SPDX-License-Identifier: MIT */
/*
 * child.c - see child.h.
 *
 * The command stays in our process group, so that the terminal's Ctrl-C,
 * Ctrl-\ and Ctrl-Z reach both.  We ignore the first two: the command ends,
 * or not, as it likes, and we report.
 */
#define _GNU_SOURCE
#include "common/child.h"

#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* Both ends of what becomes standard error of the command. */
struct channel {
	int ours;
	int theirs;
	bool is_terminal;
};

static void copy_window_size(int from, int to)
{
	struct winsize size;

	if (!ioctl(from, TIOCGWINSZ, &size))
		ioctl(to, TIOCSWINSZ, &size);
}

static bool open_terminal(struct channel *channel)
{
	char name[64];
	struct termios modes;

	channel->ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (channel->ours < 0)
		return false;
	if (!grantpt(channel->ours) && !unlockpt(channel->ours) &&
	    !ptsname_r(channel->ours, name, sizeof(name))) {
		channel->theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (channel->theirs >= 0 &&
		    !tcgetattr(channel->theirs, &modes)) {
			cfmakeraw(&modes);
			tcsetattr(channel->theirs, TCSANOW, &modes);
			copy_window_size(STDERR_FILENO, channel->theirs);
			channel->is_terminal = true;
			return true;
		}
		if (channel->theirs >= 0)
			close(channel->theirs);
	}
	close(channel->ours);
	return false;
}

static void open_channel(struct channel *channel)
{
	int ends[2];

	channel->is_terminal = false;
	if (isatty(STDERR_FILENO) && open_terminal(channel))
		return;
	if (pipe2(ends, O_CLOEXEC))
		util_die(STATUS_RUN_FAILED, "pipe: %s", strerror(errno));
	channel->ours = ends[0];
	channel->theirs = ends[1];
}

static void take_over_signals(struct child *child)
{
	struct sigaction ignore;
	sigset_t taken;

	memset(&ignore, 0, sizeof(ignore));
	ignore.sa_handler = SIG_IGN;
	sigaction(SIGINT, &ignore, &child->sigint);
	sigaction(SIGQUIT, &ignore, &child->sigquit);
	sigaction(SIGPIPE, &ignore, &child->sigpipe);
	sigemptyset(&taken);
	sigaddset(&taken, SIGCHLD);
	sigaddset(&taken, SIGTERM);
	sigaddset(&taken, SIGHUP);
	sigaddset(&taken, SIGWINCH);
	sigprocmask(SIG_BLOCK, &taken, &child->mask);
	child->signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (child->signals < 0)
		util_die(STATUS_RUN_FAILED, "signalfd: %s", strerror(errno));
}

void child_restore_signals(const struct child *child)
{
	sigaction(SIGINT, &child->sigint, NULL);
	sigaction(SIGQUIT, &child->sigquit, NULL);
	sigaction(SIGPIPE, &child->sigpipe, NULL);
	sigprocmask(SIG_SETMASK, &child->mask, NULL);
}

/* In the new process: becomes the command, or tells why not. */
static void become(const struct child *child, char *const *argv, int err,
		   int tell)
{
	ssize_t n;
	int error;

	child_restore_signals(child);
	if (dup2(err, STDERR_FILENO) >= 0)
		execvp(argv[0], argv);
	error = errno;
	n = write(tell, &error, sizeof(error));
	(void)n;
	_exit(STATUS_RUN_FAILED);
}

int child_start(struct child *child, char *const *argv)
{
	struct channel channel;
	int error = 0;
	int told[2];
	ssize_t n;

	open_channel(&channel);
	if (pipe2(told, O_CLOEXEC))
		util_die(STATUS_RUN_FAILED, "pipe: %s", strerror(errno));
	take_over_signals(child);
	child->pid = fork();
	if (child->pid < 0)
		util_die(STATUS_RUN_FAILED, "fork: %s", strerror(errno));
	if (child->pid == 0)
		become(child, argv, channel.theirs, told[1]);
	close(channel.theirs);
	close(told[1]);
	child->err = channel.ours;
	child->err_is_terminal = channel.is_terminal;
	/* Ends with nothing read once the command is being executed. */
	do
		n = read(told[0], &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	close(told[0]);
	return n == sizeof(error) ? error : 0;
}

bool child_take_signals(struct child *child)
{
	struct signalfd_siginfo info;
	bool changed = false;

	while (read(child->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			changed = true;
		else if (info.ssi_signo != SIGWINCH)
			kill(child->pid, (int)info.ssi_signo);
		else if (child->err_is_terminal && child->err >= 0)
			copy_window_size(STDERR_FILENO, child->err);
	}
	return changed;
}
