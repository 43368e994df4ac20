/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run.c: see run.h. A program that is still there at the deadline is killed with all it started.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

extern char **environ;

static int start(char *const argv[], int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t usual;
	int err;

	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &usual);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, out, 2);
	err = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return err;
}

/* Until the program has ended, or closed what it prints to; false at the deadline. A daemon that it
 * leaves behind does not hold us: the program's end is looked for too.
 */
static bool listen_to(int fd, pid_t pid, int *status, char *out, size_t size)
{
	size_t used = 0;
	char drop[256];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n = 0;

		if (poll(&p, 1, 50) > 0) {
			n = used + 1 < size ? read(fd, out + used, size - 1 - used) :
					      read(fd, drop, sizeof(drop));
			if (n > 0 && used + 1 < size)
				used += n;
			out[used] = 0;
		}
		if (n > 0)
			continue;
		if (waitpid(pid, status, p.revents & POLLHUP ? 0 : WNOHANG) == pid)
			return true;
		if (deadline_passed())
			return false;
	}
}

int run(char *const argv[], char *out, size_t size)
{
	int fds[2], status = 0;
	bool ended;
	pid_t pid;

	*out = 0;
	if (pipe2(fds, O_CLOEXEC))
		return 126;
	if (start(argv, fds[1], &pid)) {
		close(fds[0]);
		close(fds[1]);
		return 127;
	}
	close(fds[1]);
	ended = listen_to(fds[0], pid, &status, out, size);
	close(fds[0]);
	if (!ended) {
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
		return 124;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_or_fail(struct job *job, const char *remedy, char *const argv[])
{
	char out[256];
	int rc = run(argv, out, sizeof(out));

	if (!rc)
		return 0;
	if (rc == 127)
		return fail(job, "install it", "there is no program %s", argv[0]);
	if (rc == 124)
		return fail(job, "look for what it waits for", "%s did not end in %d s", argv[0],
			    DEADLINE);
	out[strcspn(out, "\n")] = 0;
	return fail(job, remedy, "%s ended with status %d: %s", argv[0], rc, out);
}
